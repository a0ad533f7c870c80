import { startClient } from '../client.ts';
import { checkScaleDown, startDeployment, waitForResults } from '../deployment.ts';
import { defaultSetup, MAX_TASKS } from '../manager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** Four workers per Fargate task: the scheduler counts workers, the daemon launches and stops tasks. */
export async function fourWorkers(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context, { ...defaultSetup, cpu: 4 });
  const client = await startClient(context, deployment.scheduler, {
    count: EXPECTED_RESULTS,
    sleep: 1,
  });
  const results = await waitForResults(context, client, deployment);
  const { length: started } = await deployment.emulator.ledger();
  // Schedulers that start workers one by one keep requesting while workers start, up to the cap.
  context.check(
    started <= MAX_TASKS,
    `no task was stopped that was needed again (${started} tasks of 4 workers)`,
  );
  return checkScaleDown(context, deployment, results);
}
