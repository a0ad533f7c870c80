import { startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { startMonitor } from '../monitor.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { startSchedulerProcess } from '../scheduler.ts';

/** A launch in progress when the connection breaks may complete this much later. */
const IN_FLIGHT_MS = 1500;
/** Over YMQ the workers exit with their scheduler: longer than the daemon needs to detect that and to act. */
const SHORTEST_OUTAGE_S = 9;
const LONGEST_OUTAGE_S = 180;
/** Time for the other steps: a longer --deadline-seconds gives a longer outage. */
const OTHER_STEPS_S = 171;

/** The scheduler is killed in mid-run and restarts at the same address without its state. */
export async function schedulerRestart(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator } = deployment;
  // Few and short tasks: over ZeroMQ the workers outlive the scheduler and first finish its tasks.
  const first = await startClient(context, scheduler, { count: 60, sleep: 0.4 });
  await context.waitFor(
    'two tasks run',
    60_000,
    async () => (await runningTasks(emulator)).length >= 2,
    [deployment.manager],
  );

  await context.processes.kill(scheduler.process);
  await context.processes.stop(first.process, 0);
  await context.processes.stop(deployment.monitor.process, 0);
  await context.sleep(IN_FLIGHT_MS);
  const launchedBefore = (await emulator.ledger()).length;
  const outage = Math.max(SHORTEST_OUTAGE_S, context.options.deadlineSeconds - OTHER_STEPS_S);
  const seconds = Math.min(LONGEST_OUTAGE_S, outage);
  await context.sleep(seconds * 1000);
  const { length: launchedAfter } = await emulator.ledger();
  context.check(
    launchedAfter === launchedBefore,
    `nothing is launched without a scheduler in ${seconds} s (${launchedAfter - launchedBefore})`,
  );

  scheduler.process = await startSchedulerProcess(context, scheduler, 'scheduler');
  const earlierWorkers = deployment.monitor.workers;
  deployment.monitor = await startMonitor(context, scheduler);
  for (const [id, capabilities] of earlierWorkers) deployment.monitor.workers.set(id, capabilities);
  const second = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 0.3 });
  return checkScaleDown(context, deployment, await waitForResults(context, second, deployment));
}
