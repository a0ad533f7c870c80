import { startClient } from '../client.ts';
import { MAX_TASKS, usualSetup } from '../manager.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, settle } from '../world.ts';

/** More than one worker in a Fargate task: what is wanted and who is to go are told in other units than tasks. */
export async function fourWorkers(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage, { ...usualSetup, cpu: 4 });
  const client = await startClient(stage, world.scheduler, { count: WANTED_RESULTS, sleep: 1 });
  const results = await finishIn(stage, client, world);
  const { length: started } = await world.emulator.ledger();
  // Schedulers that start one by one go on asking while workers boot, up to the cap.
  stage.check(
    started <= MAX_TASKS,
    `nothing was stopped that was needed again (${started} tasks of 4 workers)`,
  );
  return settle(stage, world, results);
}
