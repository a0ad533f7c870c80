import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { taskIdOf } from '../../machines/shared/ids.ts';
import { fleetOwnershipTag, ownershipTag } from '../../src/aws/launch/ownershipTag.ts';
import { fleetStateName, stateName } from '../../src/config/statePaths.ts';
import type { WorkerStatus } from '../../src/demo/monitorMessage.ts';
import type { LedgerTask } from '../../src/emulator/ledger.ts';
import { type ProcessExit, Processes, type ProcessHandle, tail } from '../interop/processes.ts';
import { processesMentioning } from '../interop/procfs.ts';
import { traceExpectation } from '../support/logTrace.ts';
import { type EmulatorProcess, isAlive, program, startEmulator } from './emulator.ts';
import { eventually } from './eventually.ts';
import { type AwsProxy, startProxy } from './proxy.ts';
import { type ScriptedScheduler, startScheduler } from './scheduler.ts';
import { openState, type StateFiles } from './stateFiles.ts';

export const managerId = 'chaos';

export interface TestBedSetup {
  name: string;
  /** Flags of `scaler-ecs run` beyond the common ones. */
  daemonFlags: string[];
  emulatorFlags?: string[];
  hasMonitor: boolean;
  fleetId?: string;
  /** Environment of the daemon, beyond the common variables. */
  env?: Record<string, string>;
}

/** A scheduler, the emulator behind a proxy, and the daemon, which can be started repeatedly. */
export interface TestBed {
  name: string;
  dir: string;
  processes: Processes;
  emulator: EmulatorProcess;
  proxy: AwsProxy;
  scheduler: ScriptedScheduler;
  state: StateFiles;
  /** The ownership tag (startedBy) of the daemon's Fargate tasks. */
  ownershipTag: string;
  /** The expectations of failed checks. */
  failedChecks: string[];
  check(passed: boolean, expectation: string): void;
  print(text: string): void;
  /** `env`: variables of this one process, beyond those of the setup. `address`: of another scheduler. */
  start(env?: Record<string, string>, address?: string): ProcessHandle;
  /** Sends SIGKILL. */
  kill(daemon: ProcessHandle): Promise<void>;
  /** Sends SIGTERM, and SIGKILL after `limitMs`. */
  stop(daemon: ProcessHandle, limitMs: number): Promise<ProcessExit>;
  readLog(): Promise<string>;
  /** From now on the monitor stream shows one worker of each living task, with so many Scaler tasks. */
  showWorkers(tasks: number): void;
  ownTasks(): Promise<LedgerTask[]>;
  close(): Promise<void>;
}

const openTestBeds = new Set<TestBed>();

/** Kills all processes of all test beds, when the harness itself gets a signal. */
export async function killTestBeds(): Promise<void> {
  await Promise.all([...openTestBeds].map(({ processes }) => processes.killAll()));
}

export const print = (text: string): void => void process.stderr.write(`${text}\n`);

export async function openTestBed(setup: TestBedSetup): Promise<TestBed> {
  const { name, daemonFlags, emulatorFlags = [], hasMonitor, fleetId, env } = setup;
  const dir = await mkdtemp(join(tmpdir(), 'se-chaos-'));
  const processes = new Processes(dir);
  const emulator = await startEmulator(processes, dir, emulatorFlags);
  const proxy = await startProxy(emulator.url);
  const scheduler = await startScheduler({ monitored: hasMonitor });
  const stateRoot = join(dir, 'state');
  const startedAt = performance.now();
  let showing: NodeJS.Timeout | undefined;
  const flags = [
    ...['--worker-manager-id', managerId, '--state-dir', stateRoot],
    ...(fleetId === undefined ? [] : ['--fleet-id', fleetId]),
    ...['--ecs-subnets', 'subnet-1', '--ecs-task-cpu', '1', '--ecs-task-memory', '2'],
    ...['--heartbeat-interval-seconds', '1', '--scale-down-cooldown-seconds', '0', ...daemonFlags],
  ];
  const testBed: TestBed = {
    name,
    dir,
    processes,
    emulator,
    proxy,
    scheduler,
    state: openState(
      join(
        stateRoot,
        fleetId === undefined ? stateName(managerId, scheduler.address) : fleetStateName(fleetId),
      ),
    ),
    ownershipTag:
      fleetId === undefined
        ? ownershipTag(managerId, scheduler.address)
        : fleetOwnershipTag(fleetId),
    failedChecks: [],
    check(passed, expectation) {
      if (!passed) testBed.failedChecks.push(expectation);
      testBed.print(`${passed ? 'ok  ' : 'FAIL'} ${expectation}`);
    },
    print(text) {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
      print(`${seconds} ${name} ${text}`);
    },
    start: (ownEnv = {}, address = scheduler.address) =>
      processes.start({
        name: 'daemon',
        command: process.execPath,
        args: [program, 'run', address, ...flags],
        cwd: dir,
        env: {
          AWS_ENDPOINT_URL: proxy.url,
          AWS_ACCESS_KEY_ID: emulator.accessKey,
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_CONFIG_FILE: '/dev/null',
          AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
          AWS_EC2_METADATA_DISABLED: 'true',
          // The states of all actors are in the log, and are held against the machines at the end.
          SCALER_LOGGING_LEVEL: 'DEBUG',
          ...env,
          ...ownEnv,
        },
      }),
    async kill(daemon) {
      processes.signal(daemon, 'SIGKILL');
      await daemon.ended;
    },
    async stop(daemon, limitMs) {
      const early = daemon.exit;
      if (early) testBed.check(false, `the daemon has not exited early (${JSON.stringify(early)})`);
      return processes.stop(daemon, limitMs);
    },
    readLog: () => readFile(join(dir, 'daemon.log'), 'utf8').catch(() => ''),
    showWorkers(tasks) {
      clearInterval(showing);
      showing = setInterval(async () => {
        const alive = await aliveTasks(testBed).catch(() => []);
        scheduler.workers = alive.map((task) => workerOf(task, tasks));
      }, 500);
    },
    ownTasks: async () =>
      (await emulator.ledger()).tasks.filter(({ startedBy }) => startedBy === testBed.ownershipTag),
    async close() {
      clearInterval(showing);
      testBed.state.close();
      scheduler.close();
      for (const running of [...processes.all].reverse())
        if (!running.exit) await processes.stop(running, 10_000);
      proxy.close();
      await eventually('no process is left', 5000, () => processesMentioning([dir]).length === 0)
        .then(() => testBed.check(true, 'no process is left'))
        .catch(() => testBed.check(false, 'no process is left'));
      await processes.killAll();
      testBed.check(...traceExpectation(dir));
      openTestBeds.delete(testBed);
      if (testBed.failedChecks.length === 0) rmSync(dir, { recursive: true, force: true });
      else print(`--- ${name}, all logs in ${dir}\n${tail(join(dir, 'daemon.log'), 30)}`);
    },
  };
  openTestBeds.add(testBed);
  return testBed;
}

/** The daemon's tasks whose desiredStatus is RUNNING, from the emulator's ledger. */
export const aliveTasks = async (testBed: TestBed): Promise<LedgerTask[]> =>
  (await testBed.ownTasks()).filter(isAlive);

/** The first worker of a task, with so many Scaler tasks, as the monitor stream shows it. */
export const workerOf = ({ taskArn }: LedgerTask, tasks: number): WorkerStatus => ({
  workerId: `Worker|ECS-${taskIdOf(taskArn)}|0`,
  ...{ managerId, tasks },
});
