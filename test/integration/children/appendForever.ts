import { writeSync } from 'node:fs';
import { openJournal } from '../../../src/store/journal.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { launch } from '../../src/store/samples.ts';

/** Appends launches without end; writes a label to stdout when its append was acknowledged. */
const main = async (dir: string, prefix: string): Promise<void> => {
  // Small, so that compactions happen all the time too.
  const journal = await openJournal(dir, silentLog, { smallest: 4_096 });
  for (let i = 0; ; i += 8)
    await Promise.all(
      Array.from({ length: 8 }, async (_, j) => {
        const label = `${prefix}-${i + j}`;
        await journal.append(launch(label));
        writeSync(1, `${label}\n`);
      }),
    );
};

await main(process.argv[2] as string, process.argv[3] as string);
