import { readFileSync } from 'node:fs';
import { startClient } from '../client.ts';
import { checkScaleDown, startDeployment, waitForResults } from '../deployment.ts';
import { defaultSetup } from '../manager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { isDeclarative } from '../scheduler.ts';

/** The default policy settles at ten tasks for each worker. */
const neededTasks = EXPECTED_RESULTS / 10;
const bootMs = 8000;

/**
 * The scheduler asks for one worker more than are connected; the fleet grows at once to the size at which it stops
 * asking, and the scheduler does not shrink what has grown. Schedulers that start workers one by one get one at a time.
 */
export async function lookAhead(context: ScenarioContext): Promise<Outcome> {
  const setup = { ...defaultSetup, maxTasks: 2 * neededTasks };
  const deployment = await startDeployment(context, setup);
  const { scheduler, emulator, manager } = deployment;
  await emulator.setFaults([{ operation: 'RunTask', do: { startDelayMs: bootMs } }]);
  await context.waitFor('the daemon hears the monitor stream', 30_000, () =>
    readFileSync(manager.logFile, 'utf8').includes('"online.listening.'),
  );
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 1 });
  const launched = async () => (await emulator.ledger()).length;
  await context.waitFor('the first task is launched', 60_000, launched, [manager]);
  if (isDeclarative(context.options.scaler)) {
    await context.checkWithin(
      `all ${neededTasks} tasks that the work needs are launched before the first one runs`,
      bootMs - 2000,
      async () => (await launched()) === neededTasks,
    );
    context.check(
      readFileSync(manager.logFile, 'utf8').includes(`work needs ${neededTasks}`),
      'the log has the number that the scheduler asks and the number that the work needs',
    );
  }
  const results = await waitForResults(context, client, deployment);
  const tasks = await emulator.ledger();
  const most = isDeclarative(context.options.scaler) ? neededTasks : 2 * neededTasks;
  context.check(
    tasks.length <= most,
    `no task was launched in the place of one that the scheduler gave up (${tasks.length})`,
  );
  return checkScaleDown(context, deployment, results);
}
