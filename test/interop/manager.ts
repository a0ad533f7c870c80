import { join } from 'node:path';
import { command, type Emulator } from './emulatorClient.ts';
import type { ProcessHandle } from './processes.ts';
import type { ScenarioContext } from './scenarioContext.ts';
import { networkBackend, type Scheduler } from './scheduler.ts';

export interface ManagerSetup {
  /** Names its log; its state directory is `state-<name>`, so the same name again is a restart. */
  name: string;
  managerId: string;
  capabilities: string | null;
  /** The workers' release where it is not the scheduler's. */
  workers?: string;
  /** Workers in a Fargate task. */
  cpu?: number;
  /** At SIGTERM it waits for an idle moment of its tasks; a word for our daemon only. */
  drainSeconds?: number;
  /** Words for our daemon only. */
  extraArguments?: string[];
}

export const defaultSetup: ManagerSetup = {
  name: 'manager',
  managerId: 'wm-ecs',
  capabilities: null,
};

/** What every scenario allows at most; with one worker a task it is the cap of both meanings of the flag. */
export const MAX_TASKS = 4;

/** The daemon as a user starts it; or, to compare, the Python manager of the release with the same flags. */
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
  }: ManagerSetup = defaultSetup,
): Promise<ProcessHandle> {
  const isOurs = context.options.manager === 'ours';
  const flags = [
    isOurs ? scheduler.managerAddress : scheduler.address,
    ...['--worker-manager-id', managerId],
    ...['--worker-scheduler-address', scheduler.address],
    ...['--object-storage-address', scheduler.storageAddress],
    ...['--ecs-subnets', 'subnet-1'],
    // What any user has to say; all else our daemon finds out.
    ...['--ecs-python-requirements', `opengris-scaler==${workers}`],
    ...['--ecs-task-cpu', String(cpu)],
    ...['--ecs-task-memory', String(2 * cpu)],
    ...['--max-task-concurrency', String(MAX_TASKS)],
    ...(capabilities ? ['--per-worker-capabilities', capabilities] : []),
  ];
  const stateDir = await context.subdirectory(`state-${name}`);
  const daemonArguments = [
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
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
}

/** Without a chance to say good-bye. */
export async function killManager(context: ScenarioContext, manager: ProcessHandle): Promise<void> {
  context.processes.signal(manager, 'SIGKILL');
  await manager.ended;
}
