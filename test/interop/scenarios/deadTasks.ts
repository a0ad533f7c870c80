import { startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { isAlive } from '../emulatorClient.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/**
 * All Fargate tasks die in the middle of the work, when there are as many as there may be. A scheduler that
 * counts groups still counts the dead ones, and must be brought to ask for others all the same.
 */
export async function deadTasks(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator } = deployment;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 1.5 });
  await context.waitFor(
    'three tasks run',
    60_000,
    async () => (await runningTasks(emulator)).length >= 3,
    [deployment.manager],
  );
  const stoppedTasks = (await emulator.ledger()).filter(isAlive);
  // Not killed: a scheduler notices only after a minute that workers are silent.
  for (const { taskArn } of stoppedTasks) await emulator.applyFault(taskArn, { maintenance: {} });
  context.log(`     ${stoppedTasks.length} tasks die`);
  return checkScaleDown(context, deployment, await waitForResults(context, client, deployment));
}
