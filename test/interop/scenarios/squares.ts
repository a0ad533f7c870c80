import { startClient } from '../client.ts';
import { checkScaleDown, startDeployment, waitForResults } from '../deployment.ts';
import { MAX_TASKS } from '../manager.ts';
import type { Outcome } from '../outcome.ts';
import { EXPECTED_RESULTS } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** The quick start of Scaler's documentation: scale up, compute 50 squares, scale down. */
export async function squares(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const client = await startClient(context, deployment.scheduler, {
    count: EXPECTED_RESULTS,
    sleep: 0.3,
  });
  const results = await waitForResults(context, client, deployment);
  const { length: started } = await deployment.emulator.ledger();
  context.check(
    started >= 2 && started <= MAX_TASKS,
    `the fleet grew with the queue up to its cap (${started} of ${MAX_TASKS})`,
  );
  return checkScaleDown(context, deployment, results);
}
