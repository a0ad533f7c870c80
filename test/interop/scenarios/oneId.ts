import { readFileSync } from 'node:fs';
import { isSchedulerAlive, startClient, waitForClient } from '../client.ts';
import { checkScaleDown, startDeployment, stopManager, waitForResults } from '../deployment.ts';
import { isAlive, startEmulator } from '../emulatorClient.ts';
import { defaultSetup, MAX_TASKS, startManager } from '../manager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** A scheduler forgets a manager after ten seconds of silence. */
const TAKEOVER_LIMIT_MS = 30_000;
const SECOND_JOB = 20;

/**
 * Two managers under one name, each in an account of its own: the scheduler ignores the second without a word for as
 * long as the first is there. That one must say so, buy nothing, and take over when the first has gone.
 */
export async function oneId(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, monitor } = deployment;
  const first = await context.waitFor('the first manager is known', 20_000, () =>
    monitor.identities.get(defaultSetup.managerId),
  );
  const account = await startEmulator(context, 'emulator-second');
  const second = await startManager(context, scheduler, account, {
    ...defaultSetup,
    name: 'manager-second',
  });
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 1 });
  await context.checkWithin('the second says loudly that it may not be the only one', 30_000, () =>
    readFileSync(second.logFile, 'utf8')
      .split('\n')
      .some((line) => /"level":"warn".*another manager holds our worker_manager_id/.test(line)),
  );
  const results = await waitForResults(context, client, deployment);
  const { length: launched } = await deployment.emulator.ledger();
  context.check(launched <= MAX_TASKS, `the first kept to its cap (${launched})`);
  const { length: secondTasks } = await account.ledger();
  context.check(secondTasks === 0, `the second bought nothing (${secondTasks})`);
  context.check(
    monitor.identities.get(defaultSetup.managerId) === first,
    'the scheduler stayed with the first',
  );
  const outcome = await checkScaleDown(context, deployment, results);

  await context.checkWithin(
    'the second is let in once the first has gone',
    TAKEOVER_LIMIT_MS,
    () => {
      const identity = monitor.identities.get(defaultSetup.managerId);
      return identity !== undefined && identity !== first;
    },
  );
  const requiredProcesses = [second, scheduler.process, account.process];
  const job = await startClient(context, scheduler, { count: SECOND_JOB, sleep: 0.4 });
  const correct = await waitForClient(context, job, requiredProcesses);
  context.check(correct === SECOND_JOB, `and serves (${correct} of ${SECOND_JOB} right)`);
  await context.checkWithin(
    'its tasks go down to zero, too',
    60_000,
    async () => !(await account.ledger()).some(isAlive),
  );
  await stopManager(context, second);
  return { ...outcome, schedulerAlive: await isSchedulerAlive(context, scheduler) };
}
