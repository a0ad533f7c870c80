import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerView } from '../../src/emulator/ledger.ts';
import { epochMs, startChild } from './child.ts';
import type { MonitorEvent, MonitorRequest } from './monitorStream.ts';
import { cpuSeconds, watchShare } from './process.ts';
import type { SchedulerEvent, SchedulerRequest } from './scheduler.ts';

/**
 * Whose worker manager is measured: ours, or the Python manager of a release in a virtual environment. `program`: the
 * path of another build of ours than that in dist.
 */
export type Side =
  | { name: 'ours'; program?: string | undefined }
  | { name: string; release: string; bin: string };

const program = new URL('../../dist/cli/start.cjs', import.meta.url).pathname;
const probe = new URL('./probe.mjs', import.meta.url).pathname;

/** The caller's environment without settings of AWS, Scaler and Node. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(AWS|SCALER|NODE_OPTIONS)/.test(name),
  );
  return Object.fromEntries(kept);
}

/** A process of a bench. */
export interface Running {
  pid: number;
  startedAt: number;
  exited: Promise<unknown>;
  kill(): Promise<void>;
}

function start(command: string, args: string[], env: NodeJS.ProcessEnv, stdio: 'pipe' | number) {
  const startedAt = epochMs();
  const output = stdio === 'pipe' ? 'ignore' : stdio;
  const child = spawn(command, args, { stdio: ['ignore', stdio, output], env });
  const exited = once(child, 'exit');
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await exited;
  };
  return { child, pid: child.pid ?? 0, startedAt, exited, kill };
}

export interface EmulatorOptions {
  latencyMs?: number;
  quotas?: boolean;
}

export interface BenchEmulator extends Running {
  url: string;
  accessKey: string;
  ledger(): Promise<LedgerView>;
  /** Resolves to the ledger once it passes the test; rejects after `limitMs`. */
  until(
    what: string,
    passes: (ledger: LedgerView) => boolean,
    limitMs?: number,
  ): Promise<LedgerView>;
}

export interface ManagerOptions {
  emulator: Pick<BenchEmulator, 'url' | 'accessKey'>;
  scheduler: Pick<BenchScheduler, 'address'>;
  /** Instead of the emulator's own address. */
  url?: string;
  args?: string[];
  nodeArgs?: string[];
  workersPerTask?: number;
  stateDir?: string;
  /** Measure delays of the event loop and the heap. `heap`: only that, at no cost while it is not asked for. */
  isProbed?: boolean | 'heap';
}

export interface ProbeReport {
  loopDelayMs: number;
  ownDelayMs: number;
  heapMb: number;
}

export interface BenchManager extends Running {
  logFile: string;
  stateDir: string;
  /** Sends SIGTERM and waits for the end. */
  terminate(): Promise<void>;
  /** What the probe has seen since the last call. */
  probe(): Promise<ProbeReport>;
}

export type BenchScheduler = Awaited<ReturnType<Stage['scheduler']>>;

/** Flags that lift the launch quota, so that the program itself is measured. */
export const unlimited = [
  ...['--launch-burst', '100000', '--launch-rate', '100000'],
  ...['--ecs-call-burst', '100000', '--ecs-call-rate', '100000', '--ecs-connections', '250'],
];

/** The processes and folders of one measurement; everything is removed at its end. */
export class Stage {
  readonly #open: (() => Promise<void> | void)[] = [];
  readonly side: Side;
  /**
   * Of a core, for the emulator in its busiest quarter of a second, %. Below 100 it has waited for its callers; what
   * the bench itself asks it is included.
   */
  emulatorShare = 0;

  constructor(side: Side) {
    this.side = side;
  }

  async close(): Promise<void> {
    for (const close of this.#open.reverse()) await close();
    this.#open.length = 0;
  }

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'se-bench-'));
    this.#open.push(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  async emulator({ latencyMs = 0, quotas = false }: EmulatorOptions = {}): Promise<BenchEmulator> {
    const flags = ['--port', '0', '--hollow', '--start-delay-ms', '300'];
    const { child, ...running } = start(
      process.execPath,
      [
        program,
        'emulator',
        ...flags,
        '--latency-ms',
        `${latencyMs}`,
        ...(quotas ? ['--quotas'] : []),
      ],
      cleanEnvironment(),
      'pipe',
    );
    this.#open.push(running.kill);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, 'line')) as [string];
    const { url, accessKey } = JSON.parse(line) as { url: string; accessKey: string };
    const share = watchShare(running.pid);
    this.#open.push(() => {
      this.emulatorShare = Math.max(this.emulatorShare, share());
    });
    const headers = { authorization: `Bearer ${accessKey}` };
    const ledger = () =>
      new Promise<LedgerView>((resolve, reject) => {
        get(`${url}/_emulator/ledger`, { headers }, (response) => {
          json(response).then((view) => resolve(view as LedgerView), reject);
        }).on('error', reject);
      });
    const until: BenchEmulator['until'] = async (what, passes, limitMs = 300_000) => {
      const endAt = epochMs() + limitMs;
      for (;;) {
        const view = await ledger();
        if (passes(view)) return view;
        if (epochMs() > endAt) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
        // A large ledger costs the emulator time.
        await sleep(view.tasks.length > 2000 ? 500 : 100);
      }
    };
    return { ...running, url, accessKey, ledger, until };
  }

  async scheduler({
    workers = 0,
    relayTo = null,
    isStreamed = true,
  }: {
    workers?: number;
    relayTo?: string | null;
    /** False: nothing listens at the port of the monitor stream before the first `show`. */
    isStreamed?: boolean;
  } = {}) {
    const { side } = this;
    const generation = 'release' in side && side.release >= '2.7' ? 'g4' : 'g3';
    const child = startChild<SchedulerRequest, SchedulerEvent>(
      new URL('./scheduler.ts', import.meta.url),
      { args: [JSON.stringify({ generation, workers, relayTo })] },
    );
    this.#open.push(child.kill);
    const { port, relay } = await child.waitFor('listening');
    const startStream = async () => {
      const started = startChild<MonitorRequest, MonitorEvent>(
        new URL('./monitorStream.ts', import.meta.url),
        { args: [`${port + 2}`] },
      );
      this.#open.push(started.kill);
      await started.waitFor('listening');
      return started;
    };
    let stream = isStreamed ? await startStream() : null;
    let asked = 0;
    type Asked = SchedulerRequest extends infer R
      ? R extends { id: number }
        ? Omit<R, 'id'>
        : never
      : never;
    const ask = (request: Asked) => {
      const id = ++asked;
      child.send({ ...request, id } as SchedulerRequest);
      return child.waitFor('answer', (answer) => answer.id === id);
    };
    return {
      ...child,
      address: `tcp://127.0.0.1:${port}`,
      relay,
      /** How many workers the scheduler desires, from the next heartbeat on or `now`. Resolves to the time. */
      async desire(workers: number, now = false): Promise<number> {
        return (await ask({ ask: 'desire', workers, now })).at;
      },
      /**
       * The same, as both sides act on it: ours at once, the original at the answer to its next heartbeat. Resolves to
       * the time of this command.
       */
      async command(workers: number): Promise<number> {
        const askedAt = await this.desire(workers, side.name === 'ours');
        if (side.name === 'ours') return askedAt;
        return (await child.waitFor('heartbeat', ({ at }) => at > askedAt)).at;
      },
      /** What the monitor stream shows; starts the stream if it does not run yet. Resolves to the time. */
      async show(request: MonitorRequest): Promise<number> {
        stream ??= await startStream();
        stream.send(request);
        return (await stream.waitFor('done')).startedAt;
      },
      /** Times of the heartbeats since the last call. */
      async heartbeats(): Promise<number[]> {
        return (await ask({ ask: 'heartbeats' })).heartbeats ?? [];
      },
    };
  }

  manager(options: ManagerOptions): BenchManager {
    const { emulator, scheduler, url = emulator.url, args = [], nodeArgs = [] } = options;
    const { workersPerTask = 1, isProbed = false } = options;
    const folder = this.folder();
    const stateDir = options.stateDir ?? join(folder, 'state');
    const logFile = join(folder, 'manager.log');
    const probeFile = join(folder, 'probe.json');
    const log = openSync(logFile, 'w');
    const common = [
      ...[scheduler.address, '--worker-manager-id', 'bench', '--ecs-subnets', 'subnet-1'],
      ...['--ecs-task-cpu', `${workersPerTask}`, '--ecs-task-memory', `${2 * workersPerTask}`],
    ];
    const env = {
      ...cleanEnvironment(),
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: emulator.accessKey,
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      BENCH_PROBE: probeFile,
      BENCH_PROBE_OF: isProbed === 'heap' ? 'heap' : 'all',
    };
    const { side } = this;
    const { child, ...running } =
      'release' in side
        ? start(
            join(side.bin, 'scaler_worker_manager'),
            ['aws_raw_ecs', ...common, '--max-task-concurrency', '100000', ...args],
            env,
            log,
          )
        : start(
            process.execPath,
            [
              ...nodeArgs,
              ...(isProbed ? ['--import', probe] : []),
              ...[side.program ?? program, 'run', ...common, '--max-task-concurrency', '-1'],
              ...['--state-dir', stateDir, ...args],
              ...(nodeArgs.length > 0 ? ['--sigterm-policy', 'leave'] : []),
            ],
            env,
            log,
          );
    this.#open.push(async () => {
      // A profile is written at an orderly end.
      if (nodeArgs.length > 0) {
        child.kill('SIGTERM');
        await Promise.race([running.exited, sleep(20_000)]);
      }
      await running.kill();
    });
    return {
      ...running,
      logFile,
      stateDir,
      async terminate() {
        child.kill('SIGTERM');
        await running.exited;
      },
      async probe() {
        rmSync(probeFile, { force: true });
        child.kill('SIGUSR2');
        const endAt = epochMs() + 30_000;
        while (!existsSync(probeFile)) {
          if (epochMs() > endAt) throw new Error('the probe does not answer');
          await sleep(20);
        }
        return JSON.parse(readFileSync(probeFile, 'utf8')) as ProbeReport;
      },
    };
  }
}

/** CPU time that a process uses between this call and that of the returned function, s. */
export function cpuMeter(pid: number): () => number {
  const before = cpuSeconds(pid);
  return () => cpuSeconds(pid) - before;
}

/** CPU time that a manager uses from SIGTERM until it has ended, s, to a fiftieth. */
export async function cpuOfEnd(manager: BenchManager): Promise<number> {
  const before = cpuSeconds(manager.pid);
  let last = before;
  const timer = setInterval(() => {
    try {
      last = cpuSeconds(manager.pid);
    } catch {
      // It has ended.
    }
  }, 20);
  await manager.terminate();
  clearInterval(timer);
  return last - before;
}

/** The longest pause between heartbeats from a moment to now, ms. */
export function longestSilence(
  from: number,
  heartbeats: readonly number[],
  to = epochMs(),
): number {
  const times = [from, ...heartbeats.filter((at) => at > from && at < to), to];
  return Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? at)));
}

/** Waits until a process uses less than a third of a core over a second. Returns when that second began. */
export async function untilCalm(pid: number, limitMs = 180_000): Promise<number> {
  const endAt = epochMs() + limitMs;
  for (;;) {
    const meter = cpuMeter(pid);
    const at = epochMs();
    await sleep(1000);
    if (meter() < 0.33) return at;
    if (at > endAt) throw new Error('the manager does not come to rest');
  }
}
