import { readFileSync } from 'node:fs';
import { finish, isSchedulerAlive, startClient } from '../client.ts';
import { isAlive, startEmulator } from '../emulatorClient.ts';
import { MAX_TASKS, startManager, usualSetup } from '../manager.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, settle, stopManager } from '../world.ts';

/** A scheduler forgets a manager after ten seconds of silence. */
const HAND_OVER_MS = 30_000;
const SECOND_JOB = 20;

/**
 * Two managers under one name, each in an account of its own: the scheduler ignores the second without a word for as
 * long as the first is there. That one must say so, buy nothing, and take over when the first has gone.
 */
export async function oneId(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, monitor } = world;
  const first = await stage.until('the first manager is known', 20_000, () =>
    monitor.identities.get(usualSetup.managerId),
  );
  const account = await startEmulator(stage, 'emulator-second');
  const second = await startManager(stage, scheduler, account, {
    ...usualSetup,
    name: 'manager-second',
  });
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 1 });
  await stage.comes('the second says loudly that it may not be the only one', 30_000, () =>
    readFileSync(second.logFile, 'utf8')
      .split('\n')
      .some((line) => /"level":"warn".*another manager holds our worker_manager_id/.test(line)),
  );
  const results = await finishIn(stage, client, world);
  const { length: bought } = await world.emulator.ledger();
  stage.check(bought <= MAX_TASKS, `the first kept to its cap (${bought})`);
  const { length: stolen } = await account.ledger();
  stage.check(stolen === 0, `the second bought nothing (${stolen})`);
  stage.check(
    monitor.identities.get(usualSetup.managerId) === first,
    'the scheduler stayed with the first',
  );
  const outcome = await settle(stage, world, results);

  await stage.comes('the second is let in once the first has gone', HAND_OVER_MS, () => {
    const identity = monitor.identities.get(usualSetup.managerId);
    return identity !== undefined && identity !== first;
  });
  const needed = [second, scheduler.process, account.process];
  const job = await startClient(stage, scheduler, { count: SECOND_JOB, sleep: 0.4 });
  const right = await finish(stage, job, needed);
  stage.check(right === SECOND_JOB, `and serves (${right} of ${SECOND_JOB} right)`);
  await stage.comes(
    'its tasks go down to zero, too',
    60_000,
    async () => !(await account.ledger()).some(isAlive),
  );
  await stopManager(stage, second);
  return { ...outcome, schedulerAlive: await isSchedulerAlive(stage, scheduler) };
}
