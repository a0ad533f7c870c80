import { readFileSync } from 'node:fs';
import { startClient } from '../client.ts';
import { startEmulator } from '../emulatorClient.ts';
import { startManager, usualSetup } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import { compareReleases } from '../options.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import { startScheduler } from '../scheduler.ts';
import type { Stage } from '../stage.ts';
import { finishIn, settle, stopManager } from '../world.ts';

/** Workers of the other side of the renumbering: they would storm the scheduler, so nothing is launched. */
export async function otherWorkers(stage: Stage): Promise<Outcome> {
  const other = compareReleases(stage.options.scaler, '2.7.0') < 0 ? '2.9.0' : '2.6.0';
  const scheduler = await startScheduler(stage);
  const monitor = await startMonitor(stage, scheduler);
  const emulator = await startEmulator(stage);
  const wrong = await startManager(stage, scheduler, emulator, {
    ...usualSetup,
    name: 'manager-wrong',
    workers: other,
  });
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 0.3 });
  await stage.comes('it is said that these workers cannot serve', 20_000, () =>
    readFileSync(wrong.logFile, 'utf8').includes('workers.incompatible'),
  );
  await stage.pause(15_000);
  stage.check((await emulator.ledger()).length === 0, 'nothing was launched');
  stage.check(monitor.identities.has(usualSetup.managerId), 'heartbeats go on');
  await stopManager(stage, wrong);
  const manager = await startManager(stage, scheduler, emulator);
  const world = { scheduler, emulator, monitor, manager };
  return settle(stage, world, await finishIn(stage, client, world));
}
