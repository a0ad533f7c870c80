import { startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { isAlive } from '../emulatorClient.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/**
 * All Fargate tasks stop in the middle of the work, while the manager is at its cap. A scheduler that counts groups
 * still counts the stopped ones; the daemon must bring it to request new ones.
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
  // Stopped in order, not killed: a scheduler detects silent workers only after 60 s.
  for (const { taskArn } of stoppedTasks) await emulator.applyFault(taskArn, { maintenance: {} });
  context.log(`     ${stoppedTasks.length} tasks stop`);
  return checkScaleDown(context, deployment, await waitForResults(context, client, deployment));
}
