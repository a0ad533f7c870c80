import { startClient } from '../client.ts';
import { isAlive } from '../emulatorClient.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle } from '../world.ts';

/**
 * All Fargate tasks die in the middle of the work, when there are as many as there may be. A scheduler that
 * counts groups still counts the dead ones, and must be brought to ask for others all the same.
 */
export async function deadTasks(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator } = world;
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 1.5 });
  await stage.until('three tasks run', 60_000, async () => (await running(emulator)).length >= 3, [
    world.manager,
  ]);
  const dying = (await emulator.ledger()).filter(isAlive);
  // Not killed: a scheduler notices only after a minute that workers are silent.
  for (const { taskArn } of dying) await emulator.strike(taskArn, { maintenance: {} });
  stage.log(`     ${dying.length} tasks die`);
  return settle(stage, world, await finishIn(stage, client, world));
}
