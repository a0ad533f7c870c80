import { join } from 'node:path';
import { command, type Emulator } from './emulatorClient.ts';
import type { ProcessHandle } from './processes.ts';
import type { ScenarioContext } from './scenarioContext.ts';
import { networkBackend, type Scheduler } from './scheduler.ts';

export interface ManagerSetup {
  /** Name of its log; its state directory is `state-<name>`, so starting the same name again is a restart. */
  name: string;
  managerId: string;
  capabilities: string | null;
  /** Release of the workers, if it differs from the scheduler's. */
  workers?: string;
  /** vCPUs per Fargate task, which is the number of its workers. */
  cpu?: number;
  /** --scale-down-cooldown-seconds, only for our daemon; left out: long enough for one to be seen, and no longer. */
  cooldownSeconds?: number;
  /** --max-task-concurrency. */
  maxTasks?: number;
  /** --drain-timeout: how long it waits at SIGTERM for its tasks to become idle. Only for our daemon. */
  drainSeconds?: number;
  /** Further arguments, only for our daemon. */
  extraArguments?: string[];
  /** Tasks that the scheduler may queue at one worker; left out: as usual. */
  queueSize?: number;
}

export const defaultSetup: ManagerSetup = {
  name: 'manager',
  managerId: 'wm-ecs',
  capabilities: null,
};

/** --max-task-concurrency of every scenario. With one worker per task, both meanings of the flag give the same cap. */
export const MAX_TASKS = 4;

/** Starts the daemon with a user's flags, or with --manager original the release's Python manager with the same flags. */
export async function startManager(
  context: ScenarioContext,
  scheduler: Scheduler,
  emulator: Emulator,
  {
    name,
    managerId,
    capabilities,
    drainSeconds,
    extraArguments: more = [],
    workers = context.options.scaler,
    cpu = 1,
    maxTasks = MAX_TASKS,
    cooldownSeconds = 3,
    queueSize,
  }: ManagerSetup = defaultSetup,
): Promise<ProcessHandle> {
  const isOurs = context.options.manager === 'ours';
  const flags = [
    isOurs ? scheduler.managerAddress : scheduler.address,
    ...['--worker-manager-id', managerId],
    ...['--worker-scheduler-address', scheduler.address],
    ...['--object-storage-address', scheduler.storageAddress],
    ...['--ecs-subnets', 'subnet-1'],
    // The release of the workers is required; the daemon detects release and transport of the scheduler.
    ...['--ecs-python-requirements', `opengris-scaler==${workers}`],
    ...['--ecs-task-cpu', String(cpu)],
    ...['--ecs-task-memory', String(2 * cpu)],
    ...['--max-task-concurrency', String(maxTasks)],
    ...(capabilities ? ['--per-worker-capabilities', capabilities] : []),
    ...(queueSize === undefined ? [] : ['--per-worker-task-queue-size', String(queueSize)]),
  ];
  const stateDir = await context.subdirectory(`state-${name}`);
  const daemonArguments = [
    // Scenarios look for states of groups and of the monitor, which are routine.
    ...['--logging-level', 'DEBUG'],
    ...['--scale-down-cooldown-seconds', String(cooldownSeconds)],
    ...scheduler.managerFlags,
    ...['--state-dir', stateDir],
    ...(drainSeconds === undefined ? [] : ['--drain-timeout', String(drainSeconds)]),
    ...more,
  ];
  const program = isOurs
    ? { command: process.execPath, args: [command, 'run', ...flags, ...daemonArguments] }
    : {
        command: join(context.venv.bin, 'scaler_worker_manager'),
        args: ['aws_raw_ecs', ...flags],
      };
  return context.processes.start({
    name,
    ...program,
    cwd: stateDir,
    env: {
      ...(isOurs ? {} : networkBackend(context)),
      AWS_ENDPOINT_URL: emulator.url,
      AWS_ACCESS_KEY_ID: emulator.accessKey,
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
}

/** Sends SIGKILL, so that the manager cannot disconnect. */
export async function killManager(context: ScenarioContext, manager: ProcessHandle): Promise<void> {
  context.processes.signal(manager, 'SIGKILL');
  await manager.ended;
}
