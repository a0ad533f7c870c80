import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownershipTag } from '../../src/aws/launch/ownershipTag.ts';
import { stateName } from '../../src/config/stateDir.ts';
import type { LedgerTask } from '../../src/emulator/ledger.ts';
import { type Ended, Processes, type Running, tail } from '../interop/processes.ts';
import { processesMentioning } from '../interop/procfs.ts';
import { type Cloud, isAlive, program, startCloud } from './cloud.ts';
import { eventually } from './eventually.ts';
import { openState, type StateOnDisk } from './journal.ts';
import { type AwsProxy, startProxy } from './proxy.ts';
import { type FickleScheduler, startScheduler } from './scheduler.ts';

export const managerId = 'chaos';

export interface WorldSetup {
  name: string;
  /** Of `scaler-ecs run`, beyond those every world needs. */
  daemonFlags: string[];
  emulatorFlags?: string[];
  monitored: boolean;
  /** Of the daemon's process. */
  env?: Record<string, string>;
}

/** A scheduler, an AWS, what stands between them and the daemon, and the daemon itself, again and again. */
export interface World {
  name: string;
  dir: string;
  processes: Processes;
  cloud: Cloud;
  proxy: AwsProxy;
  scheduler: FickleScheduler;
  state: StateOnDisk;
  /** The mark of our Fargate tasks. */
  mark: string;
  /** Promises that were not kept. */
  broken: string[];
  check(kept: boolean, promise: string): void;
  note(text: string): void;
  /** `env`: of this one process, beyond that of the set-up. */
  start(env?: Record<string, string>): Running;
  /** kill -9. */
  kill(daemon: Running): Promise<void>;
  /** SIGTERM. */
  stop(daemon: Running, limitMs: number): Promise<Ended>;
  log(): Promise<string>;
  ours(): Promise<LedgerTask[]>;
  close(): Promise<void>;
}

const openWorlds = new Set<World>();

/** For the end by a signal. */
export const endWorlds = async (): Promise<void> => {
  await Promise.all([...openWorlds].map(({ processes }) => processes.killAll()));
};

export const say = (text: string): void => void process.stderr.write(`${text}\n`);

export async function openWorld(setup: WorldSetup): Promise<World> {
  const { name, daemonFlags, emulatorFlags = [], monitored, env } = setup;
  const dir = await mkdtemp(join(tmpdir(), 'se-chaos-'));
  const processes = new Processes(dir);
  const cloud = await startCloud(processes, dir, emulatorFlags);
  const proxy = await startProxy(cloud.url);
  const scheduler = await startScheduler({ monitored });
  const stateRoot = join(dir, 'state');
  const begun = performance.now();
  const flags = [
    ...['run', scheduler.address, '--worker-manager-id', managerId, '--state-dir', stateRoot],
    ...['--ecs-subnets', 'subnet-1', '--ecs-task-cpu', '1', '--ecs-task-memory', '2'],
    ...['--heartbeat-interval-seconds', '1', ...daemonFlags],
  ];
  const world: World = {
    name,
    dir,
    processes,
    cloud,
    proxy,
    scheduler,
    state: openState(join(stateRoot, stateName(managerId, scheduler.address))),
    mark: ownershipTag(managerId, scheduler.address),
    broken: [],
    check(kept, promise) {
      if (!kept) world.broken.push(promise);
      world.note(`${kept ? 'ok  ' : 'FAIL'} ${promise}`);
    },
    note(text) {
      const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(6);
      say(`${seconds} ${name} ${text}`);
    },
    start: (own = {}) =>
      processes.start({
        name: 'daemon',
        command: process.execPath,
        args: [program, ...flags],
        cwd: dir,
        env: {
          AWS_ENDPOINT_URL: proxy.url,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_CONFIG_FILE: '/dev/null',
          AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
          AWS_EC2_METADATA_DISABLED: 'true',
          ...env,
          ...own,
        },
      }),
    async kill(daemon) {
      processes.signal(daemon, 'SIGKILL');
      await daemon.ended;
    },
    async stop(daemon, limitMs) {
      const early = daemon.end;
      if (early) world.check(false, `the daemon runs to the end (${JSON.stringify(early)})`);
      return processes.stop(daemon, limitMs);
    },
    log: () => readFile(join(dir, 'daemon.log'), 'utf8').catch(() => ''),
    ours: async () =>
      (await cloud.ledger()).tasks.filter(({ startedBy }) => startedBy === world.mark),
    async close() {
      world.state.close();
      scheduler.close();
      for (const running of [...processes.all].reverse())
        if (!running.end) await processes.stop(running, 10_000);
      proxy.close();
      await eventually('no process is left', 5000, () => processesMentioning([dir]).length === 0)
        .then(() => world.check(true, 'no process is left'))
        .catch(() => world.check(false, 'no process is left'));
      await processes.killAll();
      openWorlds.delete(world);
      if (world.broken.length === 0) rmSync(dir, { recursive: true, force: true });
      else say(`--- ${name}, all in ${dir}\n${tail(join(dir, 'daemon.log'), 30)}`);
    },
  };
  openWorlds.add(world);
  return world;
}

/** Those of ours that cost money, in the emulator's own books. */
export const alive = async (world: World): Promise<LedgerTask[]> =>
  (await world.ours()).filter(isAlive);
