import { startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { isAlive } from '../emulatorClient.ts';
import { defaultSetup } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import type { Outcome } from '../outcome.ts';
import { EXPECTED_RESULTS } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { startSchedulerProcess } from '../scheduler.ts';

/** Longer than the start deadline, after which the daemon stops a task without visible workers. */
const WORK_SECONDS = 70;

/**
 * The scheduler is killed and restarts without its state. Its work then is too much to stop workers that have
 * reconnected, and too little to start more. The oldest release does not recognise these workers as groups of the
 * manager, so it never requests their shutdown. The daemon must not stop them while they work, and must stop them later.
 */
export async function forgottenGroups(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context, {
    ...defaultSetup,
    extraArguments: ['--start-deadline', '15'],
  });
  const { scheduler, emulator } = deployment;
  const first = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 0.4 });
  await context.waitFor(
    'two tasks run',
    60_000,
    async () => (await runningTasks(emulator)).length >= 2,
    [deployment.manager],
  );
  await context.processes.kill(scheduler.process);
  await context.processes.stop(first.process, 0);
  await context.processes.stop(deployment.monitor.process, 0);
  await context.sleep(2000);

  scheduler.process = await startSchedulerProcess(context, scheduler, 'scheduler');
  const earlierWorkers = deployment.monitor.workers;
  deployment.monitor = await startMonitor(context, scheduler);
  for (const [id, capabilities] of earlierWorkers) deployment.monitor.workers.set(id, capabilities);
  const before = (await emulator.ledger()).filter(isAlive);
  // Over YMQ the workers exit with their scheduler.
  if (context.options.transport === 'zmq')
    await context.waitFor(
      'the workers reconnect to their scheduler',
      60_000,
      () => deployment.monitor.connected.length >= before.length,
    );
  context.log(`     ${before.length} tasks, ${deployment.monitor.connected.length} workers`);
  const jobs = Math.max(4, 2 * before.length);
  const second = await startClient(context, scheduler, {
    count: jobs,
    sleep: WORK_SECONDS / 2 + 5,
  });
  await context.sleep(WORK_SECONDS * 1000);
  context.check(second.process.exit === null, `the work is not finished after ${WORK_SECONDS} s`);
  const ids = new Set(before.map(({ taskArn }) => taskArn));
  const tasks = (await emulator.ledger()).filter(({ taskArn }) => ids.has(taskArn));
  const stopped = tasks.filter(({ stopCalls }) => stopCalls > 0).length;
  context.check(
    stopped === 0,
    `no task was stopped while it worked (${stopped} of ${tasks.length})`,
  );
  const results = await waitForResults(context, second, deployment);
  context.check(results === jobs, `all results are correct (${results} of ${jobs})`);
  return checkScaleDown(context, deployment, results === jobs ? EXPECTED_RESULTS : 0);
}
