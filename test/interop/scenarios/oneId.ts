import { readFileSync } from 'node:fs';
import { isSchedulerAlive, startClient, waitForClient } from '../client.ts';
import { checkScaleDown, startDeployment, stopManager, waitForResults } from '../deployment.ts';
import { isAlive, startEmulator } from '../emulatorClient.ts';
import { defaultSetup, MAX_TASKS, startManager } from '../manager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** Time limit for the takeover: a scheduler removes a silent manager after 10 s. */
const TAKEOVER_LIMIT_MS = 30_000;
const SECOND_JOB = 20;

/**
 * Two managers with the same manager id, each in its own account. The scheduler silently ignores the second one while
 * the first is connected. The second one must log a warning, launch nothing, and take over after the first has stopped.
 */
export async function oneId(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, monitor } = deployment;
  const first = await context.waitFor(
    'the scheduler has registered the first manager',
    20_000,
    () => monitor.identities.get(defaultSetup.managerId),
  );
  const account = await startEmulator(context, 'emulator-second');
  const second = await startManager(context, scheduler, account, {
    ...defaultSetup,
    name: 'manager-second',
  });
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 1 });
  await context.checkWithin('the second manager warns of another manager with its id', 30_000, () =>
    readFileSync(second.logFile, 'utf8')
      .split('\n')
      .some((line) => /"level":"warn".*"event":"session.unresponsive"/.test(line)),
  );
  const results = await waitForResults(context, client, deployment);
  const { length: launched } = await deployment.emulator.ledger();
  context.check(launched <= MAX_TASKS, `the first manager kept to its cap (${launched})`);
  const { length: secondTasks } = await account.ledger();
  context.check(secondTasks === 0, `the second manager launched nothing (${secondTasks})`);
  context.check(
    monitor.identities.get(defaultSetup.managerId) === first,
    'the scheduler kept the first manager',
  );
  const outcome = await checkScaleDown(context, deployment, results);

  await context.checkWithin(
    'the scheduler accepts the second manager after the first has stopped',
    TAKEOVER_LIMIT_MS,
    () => {
      const identity = monitor.identities.get(defaultSetup.managerId);
      return identity !== undefined && identity !== first;
    },
  );
  const requiredProcesses = [second, scheduler.process, account.process];
  const job = await startClient(context, scheduler, { count: SECOND_JOB, sleep: 0.4 });
  const correct = await waitForClient(context, job, requiredProcesses);
  context.check(
    correct === SECOND_JOB,
    `the second manager runs the tasks (${correct} of ${SECOND_JOB} correct)`,
  );
  await context.checkWithin(
    'the tasks of the second manager scale down to zero',
    60_000,
    async () => !(await account.ledger()).some(isAlive),
  );
  await stopManager(context, second);
  return { ...outcome, schedulerAlive: await isSchedulerAlive(context, scheduler) };
}
