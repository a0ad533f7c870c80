import { startClient } from '../client.ts';
import { checkScaleDown, startDeployment, waitForResults } from '../deployment.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** While the third task starts, the queue shrinks and the scheduler requests only two workers: the third task is not stopped. */
export async function bootingSurvives(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator } = deployment;
  await emulator.setFaults([
    { operation: 'RunTask', when: { nth: 3, times: 1 }, do: { startDelayMs: 15_000 } },
  ]);
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 0.8 });
  const third = async () => (await emulator.ledger())[2];
  await context.waitFor('the third task is launched', 60_000, third, [deployment.manager]);
  await context.waitFor('the third task runs', 30_000, async () => {
    const task = await third();
    return task?.lastStatus === 'RUNNING' || task?.desiredStatus === 'STOPPED';
  });
  const task = await third();
  context.check(
    task?.lastStatus === 'RUNNING' && task.stopCalls === 0,
    'the third task was not stopped while fewer workers were requested',
  );
  return checkScaleDown(context, deployment, await waitForResults(context, client, deployment));
}
