import { readFileSync } from 'node:fs';
import { type Client, isSchedulerAlive, waitForClient } from './client.ts';
import { type Emulator, isAlive, type LedgerTask, startEmulator } from './emulatorClient.ts';
import { defaultSetup, type ManagerSetup, startManager } from './manager.ts';
import { type Monitor, startMonitor } from './monitor.ts';
import { nativeManagerId } from './nativeManager.ts';
import { compareReleases } from './options.ts';
import type { Outcome } from './outcome.ts';
import type { ProcessHandle } from './processes.ts';
import type { ScenarioContext } from './scenarioContext.ts';
import { type Scheduler, startScheduler } from './scheduler.ts';

export interface Deployment {
  scheduler: Scheduler;
  emulator: Emulator;
  monitor: Monitor;
  manager: ProcessHandle;
}

const SCALE_DOWN_MS = 60_000;
const STOP_MS = 30_000;

/** Starts a scheduler, an emulator, a manager, and a client of the monitor stream. */
export async function startDeployment(
  context: ScenarioContext,
  setup: ManagerSetup = defaultSetup,
): Promise<Deployment> {
  const scheduler = await startScheduler(context);
  const monitor = await startMonitor(context, scheduler);
  const emulator = await startEmulator(context);
  const manager = await startManager(context, scheduler, emulator, setup);
  return { scheduler, emulator, monitor, manager };
}

export const runningTasks = async (emulator: Emulator): Promise<LedgerTask[]> =>
  (await emulator.ledger()).filter((task) => task.lastStatus === 'RUNNING');

export const waitForResults = (
  context: ScenarioContext,
  client: Client,
  deployment: Deployment,
): Promise<number> =>
  waitForClient(context, client, [
    deployment.manager,
    deployment.scheduler.process,
    deployment.emulator.process,
  ]);

/** After the last result: checks that the scheduler scales the Fargate tasks down to zero, then stops the manager and returns the outcome. */
export async function checkScaleDown(
  context: ScenarioContext,
  { scheduler, emulator, monitor, manager }: Deployment,
  results: number,
  isOwned: (task: LedgerTask) => boolean = () => true,
  limitMs = SCALE_DOWN_MS,
): Promise<Outcome> {
  const ownTasks = async () => (await emulator.ledger()).filter(isOwned);
  await context.checkWithin('the Fargate tasks scale down to zero', limitMs, async () =>
    (await ownTasks()).every((task) => !isAlive(task)),
  );
  const tasks = await ownTasks();
  if (compareReleases(context.options.scaler, '1.24.0') >= 0)
    checkWorkerIds(context, monitor, tasks);
  const schedulerAlive = await isSchedulerAlive(context, scheduler);
  context.check(schedulerAlive, 'the scheduler is alive');
  if (context.options.manager === 'ours')
    context.check(
      /"online\.listening\..*"monitor\.stateChanged"/.test(readFileSync(manager.logFile, 'utf8')),
      'the daemon has subscribed to the monitor stream',
    );
  await stopManager(context, manager);
  return {
    results,
    groupsStarted: tasks.length,
    ecsTasksLeft: tasks.filter(isAlive).length,
    schedulerAlive,
    ...(context.options.manager === 'ours' && { found: detectedScheduler(manager) }),
  };
}

/** Transport and protocol generation of the scheduler, from the last such line of the daemon's log. */
function detectedScheduler({ logFile }: ProcessHandle): Outcome['found'] {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const last = lines.findLast((line) => line.includes('"scheduler.identified"'));
  if (!last) return null;
  const { transport, generation } = JSON.parse(last);
  return { transport, generation };
}

export async function stopManager(
  context: ScenarioContext,
  manager: ProcessHandle,
  status = 0,
): Promise<void> {
  const earlyExit = manager.exit;
  context.check(
    earlyExit === null,
    `${manager.name} has not exited early (${JSON.stringify(earlyExit)})`,
  );
  const end = await context.processes.stop(manager, STOP_MS);
  context.check(
    !end.forced && end.code === status,
    `${manager.name} exits with status ${status} on SIGTERM`,
  );
}

/** Checks that each worker id contains the id of a Fargate task, so that the cost of workers can be attributed. */
function checkWorkerIds(context: ScenarioContext, monitor: Monitor, tasks: LedgerTask[]): void {
  const natives = monitor.managers.get(nativeManagerId);
  const ids = [...monitor.workers.keys()].filter((id) => !natives?.has(id));
  const unmatchedIds = ids.filter((id) => !tasks.some((task) => id.includes(task.taskId)));
  context.check(ids.length > 0, `the monitor stream has shown workers (${ids.length})`);
  context.check(
    unmatchedIds.length === 0,
    `every worker id contains the id of its Fargate task${unmatchedIds.length ? `; not: ${unmatchedIds.join(', ')}` : ''}`,
  );
}

/** Stops the remaining processes in reverse order of start, and checks that none of their children is left. */
export async function stopAllProcesses(context: ScenarioContext): Promise<void> {
  for (const process of [...context.processes.all].reverse())
    if (!process.exit) await context.processes.stop(process, 10_000);
  const allEnded = await context.checkWithin(
    'no process is left',
    5000,
    () => context.remainingProcesses().length === 0,
  );
  if (!allEnded)
    for (const { pid, command } of context.remainingProcesses())
      context.log(`     ${pid} ${command}`);
}
