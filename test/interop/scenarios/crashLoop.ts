import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startClient } from '../client.ts';
import { checkScaleDown, startDeployment, waitForResults } from '../deployment.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** Lifetime of each Fargate task after RUNNING, and the observed period, ms. */
const taskLifetimeMs = 10_000;
const observationMs = 60_000;
/** The breaker opens for 10 s, then for 20 s, so at most three probes fit into a minute; plus one for timing. */
const maxLaunches = 4;

/**
 * Every task is killed by the OOM killer soon after its workers have registered. After three such tasks in a row the
 * breaker opens and only single probes are launched. After the fault is removed, the work is completed.
 */
export async function crashLoop(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator, manager } = deployment;
  await emulator.setFaults([{ operation: 'RunTask', do: { oom: { afterMs: taskLifetimeMs } } }]);
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 2 });
  const held = () =>
    /"kind":"exited".*"event":"breaker.opened"/.test(readFileSync(manager.logFile, 'utf8'));
  await context.waitFor('the breaker opens', 150_000, held, [manager]);
  const before = (await emulator.ledger()).length;
  await sleep(observationMs);
  const launched = (await emulator.ledger()).length - before;
  context.check(launched <= maxLaunches, `after that ${launched} tasks were launched in a minute`);
  await emulator.setFaults([]);
  return checkScaleDown(context, deployment, await waitForResults(context, client, deployment));
}
