import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** Less than the minute after which a scheduler notices by itself that a worker is silent. */
const maxDurationMs = 45_000;
const distributeMs = 4000;

/**
 * One busy Fargate task is stopped in order and another is killed, as for want of memory: that one cannot say
 * goodbye, and its work must be done elsewhere all the same without a minute's wait.
 */
export async function killedTasks(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator, manager } = deployment;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 1.5 });
  await context.waitFor(
    'three tasks run',
    60_000,
    async () => (await runningTasks(emulator)).length >= 3,
    [manager],
  );
  const reportedDeadWorkers = () =>
    readFileSync(manager.logFile, 'utf8').split('toldOfDeadWorker').length - 1;
  const areConnected = () => deployment.monitor.connected.length >= 3;
  await context.waitFor('their workers are connected', 60_000, areConnected, [manager]);
  // Killed with bytes on the way to it, it would stop some schedulers altogether: the work must have been shared out.
  await sleep(distributeMs);
  const [stopped, killed] = (await runningTasks(emulator)).map(({ taskArn }) => taskArn);
  const killedAt = performance.now();
  await emulator.applyFault(killed ?? '', { oom: {} });
  await context.waitFor('the scheduler is told', 20_000, () => reportedDeadWorkers() > 0, [
    manager,
  ]);
  await emulator.applyFault(stopped ?? '', { maintenance: {} });
  context.log('     one task was killed, and one is told to stop');
  const results = await waitForResults(context, client, deployment);
  const tookMs = Math.round(performance.now() - killedAt);
  context.check(tookMs < maxDurationMs, `all work was done ${tookMs} ms later`);
  context.check(
    reportedDeadWorkers() === 1,
    `the scheduler was told of one dead worker (${reportedDeadWorkers()})`,
  );
  return checkScaleDown(context, deployment, results);
}
