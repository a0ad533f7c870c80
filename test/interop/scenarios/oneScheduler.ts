import { startClient } from '../client.ts';
import { isAlive } from '../emulatorClient.ts';
import { MAX_TASKS, startManager, usualSetup } from '../manager.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle, stopManager } from '../world.ts';

/** Two managers side by side at one scheduler, each under its own name and with tasks of its own. */
export async function oneScheduler(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator } = world;
  const client = await startClient(stage, scheduler, { count: 2 * WANTED_RESULTS, sleep: 1 });
  // The first groups are all of one manager: a scheduler that asks whoever beats for their end asks the wrong one, too.
  await stage.until('two tasks run', 60_000, async () => (await running(emulator)).length >= 2, [
    world.manager,
  ]);
  const other = await startManager(stage, scheduler, emulator, {
    ...usualSetup,
    name: 'manager-other',
    managerId: 'wm-other',
  });
  const results = await finishIn(stage, client, world);
  const tasks = await emulator.ledger();
  const marks = [...new Set(tasks.map(({ startedBy }) => startedBy))];
  const shares = marks.map((mark) => tasks.filter(({ startedBy }) => startedBy === mark).length);
  stage.check(
    marks.length === 2 && shares.every((share) => share <= MAX_TASKS),
    `both took part, and neither beyond its cap (${shares.join(' and ')})`,
  );
  await stage.comes(
    'both fleets go down to zero by the wish of the scheduler',
    60_000,
    async () => !(await emulator.ledger()).some(isAlive),
  );
  await stopManager(stage, other);
  return settle(stage, world, results / 2);
}
