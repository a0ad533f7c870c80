import { readFileSync } from 'node:fs';
import { type Client, finish, isSchedulerAlive } from './client.ts';
import { type Emulator, isAlive, type LedgerTask, startEmulator } from './emulatorClient.ts';
import { type ManagerSetup, startManager, usualSetup } from './manager.ts';
import { type Monitor, startMonitor } from './monitor.ts';
import { nativeManagerId } from './nativeManager.ts';
import { compareReleases } from './options.ts';
import type { Running } from './processes.ts';
import type { Outcome } from './report.ts';
import { type Scheduler, startScheduler } from './scheduler.ts';
import type { Stage } from './stage.ts';

export interface World {
  scheduler: Scheduler;
  emulator: Emulator;
  monitor: Monitor;
  manager: Running;
}

const SCALE_DOWN_MS = 60_000;
const STOP_MS = 30_000;

/** The usual set: one scheduler, one emulator, one manager between them, and an ear at the monitor stream. */
export async function openWorld(stage: Stage, setup: ManagerSetup = usualSetup): Promise<World> {
  const scheduler = await startScheduler(stage);
  const monitor = await startMonitor(stage, scheduler);
  const emulator = await startEmulator(stage);
  const manager = await startManager(stage, scheduler, emulator, setup);
  return { scheduler, emulator, monitor, manager };
}

export const running = async (emulator: Emulator): Promise<LedgerTask[]> =>
  (await emulator.ledger()).filter((task) => task.lastStatus === 'RUNNING');

export const finishIn = (stage: Stage, client: Client, world: World): Promise<number> =>
  finish(stage, client, [world.manager, world.scheduler.process, world.emulator.process]);

/** The work is done: the fleet must go down by the scheduler's wish, and only then the manager by ours. */
export async function settle(
  stage: Stage,
  { scheduler, emulator, monitor, manager }: World,
  results: number,
  owned: (task: LedgerTask) => boolean = () => true,
  limitMs = SCALE_DOWN_MS,
): Promise<Outcome> {
  const ours = async () => (await emulator.ledger()).filter(owned);
  await stage.comes('the ECS tasks go down to zero', limitMs, async () =>
    (await ours()).every((task) => !isAlive(task)),
  );
  const tasks = await ours();
  if (compareReleases(stage.options.scaler, '1.24.0') >= 0) checkWorkerIds(stage, monitor, tasks);
  const schedulerAlive = await isSchedulerAlive(stage, scheduler);
  stage.check(schedulerAlive, 'the scheduler is alive');
  if (stage.options.manager === 'ours')
    stage.check(
      /"online.listening".*"monitor.state"/.test(readFileSync(manager.logFile, 'utf8')),
      'our daemon listens to the monitor stream',
    );
  await stopManager(stage, manager);
  return {
    results,
    groupsStarted: tasks.length,
    ecsTasksLeft: tasks.filter(isAlive).length,
    schedulerAlive,
    ...(stage.options.manager === 'ours' && { found: foundBy(manager) }),
  };
}

/** The last thing the daemon's log says about whom it talks to. */
function foundBy({ logFile }: Running): Outcome['found'] {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const last = lines.findLast((line) => line.includes('"scheduler.identified"'));
  if (!last) return null;
  const { transport, generation } = JSON.parse(last);
  return { transport, generation };
}

export async function stopManager(stage: Stage, manager: Running): Promise<void> {
  const early = manager.end;
  stage.check(early === null, `${manager.name} runs to the end (${JSON.stringify(early)})`);
  const end = await stage.processes.stop(manager, STOP_MS);
  stage.check(!end.forced && end.code === 0, `${manager.name} ends by SIGTERM with status 0`);
}

/** A bill can be explained only if each worker names the Fargate task it runs in. */
function checkWorkerIds(stage: Stage, monitor: Monitor, tasks: LedgerTask[]): void {
  const natives = monitor.managers.get(nativeManagerId);
  const ids = [...monitor.workers.keys()].filter((id) => !natives?.has(id));
  const strangers = ids.filter((id) => !tasks.some((task) => id.includes(task.taskId)));
  stage.check(ids.length > 0, `workers were seen in the monitor stream (${ids.length})`);
  stage.check(
    strangers.length === 0,
    `every worker id names its Fargate task${strangers.length ? `; not: ${strangers.join(', ')}` : ''}`,
  );
}

/** Emulator, scheduler and storage go; nothing that any of them started may stay. */
export async function closeStage(stage: Stage): Promise<void> {
  for (const process of [...stage.processes.all].reverse())
    if (!process.end) await stage.processes.stop(process, 10_000);
  const gone = await stage.comes('no process is left', 5000, () => stage.leftovers().length === 0);
  if (!gone) for (const { pid, command } of stage.leftovers()) stage.log(`     ${pid} ${command}`);
}
