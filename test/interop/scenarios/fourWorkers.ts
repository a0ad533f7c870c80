import { startClient } from '../client.ts';
import { checkScaleDown, startDeployment, waitForResults } from '../deployment.ts';
import { defaultSetup, MAX_TASKS } from '../manager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** More than one worker in a Fargate task: what is wanted and who is to go are told in other units than tasks. */
export async function fourWorkers(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context, { ...defaultSetup, cpu: 4 });
  const client = await startClient(context, deployment.scheduler, {
    count: EXPECTED_RESULTS,
    sleep: 1,
  });
  const results = await waitForResults(context, client, deployment);
  const { length: started } = await deployment.emulator.ledger();
  // Schedulers that start one by one go on asking while workers boot, up to the cap.
  context.check(
    started <= MAX_TASKS,
    `nothing was stopped that was needed again (${started} tasks of 4 workers)`,
  );
  return checkScaleDown(context, deployment, results);
}
