import { startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { isAlive } from '../emulatorClient.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** One task is long, the others are short: the scale-down keeps the busy worker. */
export async function busySurvives(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator } = deployment;
  const client = await startClient(context, scheduler, {
    count: EXPECTED_RESULTS,
    sleep: 0.4,
    first: 60,
  });
  await context.waitFor(
    'two tasks run',
    60_000,
    async () => (await runningTasks(emulator)).length >= 2,
    [deployment.manager],
  );
  const alive = async () => (await emulator.ledger()).filter(isAlive);
  await context.waitFor(
    'one Fargate task is running',
    60_000,
    async () => (await alive()).length === 1,
  );
  context.check(
    client.process.exit === null,
    'the long task still runs when the other Fargate tasks have stopped',
  );
  const [remainingTask] = await alive();
  const results = await waitForResults(context, client, deployment);
  const tasks = await emulator.ledger();
  const busy = tasks.find(({ taskArn }) => taskArn === remainingTask?.taskArn);
  context.check(busy !== undefined, 'the busy Fargate task was kept');
  context.check(
    tasks.filter(({ stopCalls }) => stopCalls > 0).length >= tasks.length - 1,
    'the idle Fargate tasks were stopped',
  );
  return checkScaleDown(context, deployment, results);
}
