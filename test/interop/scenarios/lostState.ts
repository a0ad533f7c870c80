import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startClient } from '../client.ts';
import { isAlive } from '../emulatorClient.ts';
import { killManager, MAX_TASKS, startManager } from '../manager.ts';
import type { Outcome } from '../report.ts';
import { WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle } from '../world.ts';

/** Longer than the next start needs until it knows of all tasks: it is a stranger to the scheduler for a while. */
const LOOK_AROUND_MS = 30_000;

/** kill -9 in mid-run, and the state directory is gone: the next start knows nothing, and must find and keep all. */
export async function lostState(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator } = world;
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 3.5 });
  await stage.until('two tasks run', 60_000, async () => (await running(emulator)).length >= 2, [
    world.manager,
  ]);
  await killManager(stage, world.manager);
  await rm(join(stage.dir, 'state-manager'), { recursive: true });
  const survivors = (await emulator.ledger()).filter(isAlive).map((task) => task.taskArn);
  world.manager = await startManager(stage, scheduler, emulator);

  await stage.pause(LOOK_AROUND_MS);
  stage.check(client.process.end === null, 'there is still work');
  const tasks = await emulator.ledger();
  const stopped = tasks.filter(
    ({ taskArn, stopCalls }) => survivors.includes(taskArn) && stopCalls > 0,
  );
  stage.check(
    stopped.length === 0,
    `no task was stopped at work (${stopped.length} of ${survivors.length})`,
  );
  const results = await finishIn(stage, client, world);
  const { length: bought } = await emulator.ledger();
  stage.check(bought <= MAX_TASKS, `no task was bought twice (${bought} of ${MAX_TASKS})`);
  return settle(stage, world, results);
}
