import { writeSync } from 'node:fs';
import { openStateDir } from '../../../src/store/stateDir.ts';
import type { StoreFailure } from '../../../src/store/storeFailure.ts';
import { silentLog } from '../../../src/telemetry/log.ts';

/** Says whether the directory became ours, and holds it until stdin ends. */
try {
  const { release } = await openStateDir(process.argv[2] as string, silentLog);
  writeSync(1, 'ours\n');
  process.stdin.on('end', release).resume();
} catch (error) {
  writeSync(1, `${(error as StoreFailure).kind}\n`);
}
