import { startClient } from '../client.ts';
import { MAX_TASKS } from '../manager.ts';
import type { Outcome } from '../report.ts';
import { WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, settle } from '../world.ts';

/** The quick start of the page, whole: scale up, compute, scale down. */
export async function squares(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const client = await startClient(stage, world.scheduler, { count: WANTED_RESULTS, sleep: 0.3 });
  const results = await finishIn(stage, client, world);
  const { length: started } = await world.emulator.ledger();
  stage.check(
    started >= 2 && started <= MAX_TASKS,
    `the fleet grew with the queue and kept the cap (${started} of ${MAX_TASKS})`,
  );
  return settle(stage, world, results);
}
