import { writeSync } from 'node:fs';
import { openJournal } from '../../../src/store/journal.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { launch } from '../../src/store/samples.ts';

/** Appends until the system takes no more; says what was acknowledged, what failed how, and what the ledger holds. */
const journal = await openJournal(process.argv[2] as string, silentLog);
const acknowledged: string[] = [];
let failure = null;
for (let i = 0; i < 10_000 && !failure; i += 1)
  try {
    await journal.append(launch(`l${i}`));
    acknowledged.push(`l${i}`);
  } catch (error) {
    failure = error as { kind: string; message: string };
  }
writeSync(
  1,
  JSON.stringify({
    acknowledged,
    kind: failure?.kind,
    message: failure?.message,
    open: journal.ledger.openLaunches().map(({ label }) => label),
    healthy: journal.healthy(),
  }),
);
await journal.close();
