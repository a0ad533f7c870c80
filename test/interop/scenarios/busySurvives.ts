import { startClient } from '../client.ts';
import { isAlive } from '../emulatorClient.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle } from '../world.ts';

/** One task is long, the others are soon done: the fleet shrinks around the worker that is busy. */
export async function busySurvives(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator } = world;
  const client = await startClient(stage, scheduler, {
    count: WANTED_RESULTS,
    sleep: 0.4,
    first: 60,
  });
  await stage.until('two tasks run', 60_000, async () => (await running(emulator)).length >= 2, [
    world.manager,
  ]);
  const alive = async () => (await emulator.ledger()).filter(isAlive);
  await stage.until('one task is left', 60_000, async () => (await alive()).length === 1);
  stage.check(client.process.end === null, 'the long task still runs when the others have gone');
  const [survivor] = await alive();
  const results = await finishIn(stage, client, world);
  const tasks = await emulator.ledger();
  const busy = tasks.find(({ taskArn }) => taskArn === survivor?.taskArn);
  stage.check(busy !== undefined, 'the busy task was kept');
  stage.check(
    tasks.filter(({ stopCalls }) => stopCalls > 0).length >= tasks.length - 1,
    'the idle ones were',
  );
  return settle(stage, world, results);
}
