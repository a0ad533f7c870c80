import { startClient } from '../client.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, settle } from '../world.ts';

/** While the third task boots, the queue shrinks and the scheduler asks for the two that it knows: the third survives. */
export async function bootingSurvives(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator } = world;
  await emulator.faults([
    { operation: 'RunTask', when: { nth: 3, times: 1 }, do: { startDelayMs: 15_000 } },
  ]);
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 0.8 });
  const third = async () => (await emulator.ledger())[2];
  await stage.until('a third task is bought', 60_000, third, [world.manager]);
  await stage.until('the third task runs', 30_000, async () => {
    const task = await third();
    return task?.lastStatus === 'RUNNING' || task?.desiredStatus === 'STOPPED';
  });
  const task = await third();
  stage.check(
    task?.lastStatus === 'RUNNING' && task.stopCalls === 0,
    'the third task was left to boot while fewer were asked for',
  );
  return settle(stage, world, await finishIn(stage, client, world));
}
