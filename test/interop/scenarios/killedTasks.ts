import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** Less than the 60 s after which a scheduler detects a silent worker by itself. */
const maxDurationMs = 45_000;
const distributeMs = 4000;

/**
 * One busy Fargate task is stopped in order and another is killed, as by the OOM killer. The workers of the killed task
 * cannot disconnect; the daemon reports them, so that their work is reassigned in less than the scheduler's timeout.
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
    readFileSync(manager.logFile, 'utf8').split('"deadWorker.reported"').length - 1;
  const areConnected = () => deployment.monitor.connected.length >= 3;
  await context.waitFor('their workers are connected', 60_000, areConnected, [manager]);
  // Some schedulers crash when a worker is killed while data is in flight to it: wait until the work is distributed.
  await sleep(distributeMs);
  const [stopped, killed] = (await runningTasks(emulator)).map(({ taskArn }) => taskArn);
  const killedAt = performance.now();
  await emulator.applyFault(killed ?? '', { oom: {} });
  await context.waitFor(
    'the daemon reports the dead worker to the scheduler',
    20_000,
    () => reportedDeadWorkers() > 0,
    [manager],
  );
  await emulator.applyFault(stopped ?? '', { maintenance: {} });
  context.log('     one task was killed, and one is being stopped');
  const results = await waitForResults(context, client, deployment);
  const tookMs = Math.round(performance.now() - killedAt);
  context.check(tookMs < maxDurationMs, `all work was finished ${tookMs} ms later`);
  context.check(
    reportedDeadWorkers() === 1,
    `one dead worker was reported to the scheduler (${reportedDeadWorkers()})`,
  );
  return checkScaleDown(context, deployment, results);
}
