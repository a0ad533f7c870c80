import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startClient } from '../client.ts';
import { checkScaleDown, startDeployment, waitForResults } from '../deployment.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** How long each Fargate task lives once it runs, and for how long all this goes on, ms. */
const taskLifetimeMs = 10_000;
const observationMs = 60_000;
/** A hold of 10 s, then one of 20 s: three could be tried in a minute, and all of them were launched one by one. */
const maxLaunches = 4;

/**
 * Every task is killed for want of memory soon after its workers have come to serve. It is not bought anew for ever:
 * after three in a row there are single tries. When it is mended, the work is done.
 */
export async function crashLoop(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator, manager } = deployment;
  await emulator.setFaults([{ operation: 'RunTask', do: { oom: { afterMs: taskLifetimeMs } } }]);
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 2 });
  const held = () =>
    /"kind":"exited".*"event":"launch.heldBack"/.test(readFileSync(manager.logFile, 'utf8'));
  await context.waitFor('launches are held back', 150_000, held, [manager]);
  const before = (await emulator.ledger()).length;
  await sleep(observationMs);
  const launched = (await emulator.ledger()).length - before;
  context.check(launched <= maxLaunches, `after that ${launched} tasks were bought in a minute`);
  await emulator.setFaults([]);
  return checkScaleDown(context, deployment, await waitForResults(context, client, deployment));
}
