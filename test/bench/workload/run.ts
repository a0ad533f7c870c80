import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LedgerTask } from '../../../src/emulator/ledger.ts';
import { startEmulator } from '../../interop/emulatorClient.ts';
import { defaultSetup, startManager } from '../../interop/manager.ts';
import type { Options } from '../../interop/options.ts';
import { ScenarioContext } from '../../interop/scenarioContext.ts';
import { networkBackend, startScheduler } from '../../interop/scheduler.ts';
import { ensureVenv, type Venv } from '../../interop/venv.ts';

/** A load, as it is submitted. */
export interface Load {
  name: string;
  what: string;
  tasks: number;
  sleepSeconds: number;
  bursts: number;
  everySeconds: number;
  workersPerTask: number;
  /** The most Fargate tasks at one time. */
  cap: number;
  bootSeconds: number;
}

export type Side = 'ours' | 'ours without look-ahead' | 'original';

export interface Measured {
  load: string;
  side: Side;
  scaler: string;
  bootSeconds: number;
  results: number;
  /** From each burst to its last result. */
  seconds: number[];
  /** Boot, and the work shared by the workers of all tasks that are allowed, in seconds. */
  ideal: number;
  /** From the first RunTask to the last of the first burst, seconds; null: nothing was launched. */
  requestedWithin: number | null;
  launches: number;
  mostAtOnce: number;
  taskSeconds: number;
  /** Tasks of the client that began and did not end; and that began more than once. */
  cutOff: number;
  recomputed: number;
  /** Beside the other sides, which have used the same processors; left out: alone. */
  together?: true;
}

const program = new URL('client.py', import.meta.url).pathname;
const settleMs = 150_000;
const runLimitMs = 20 * 60_000;

export const idealOf = ({ tasks, sleepSeconds, workersPerTask, cap, bootSeconds }: Load): number =>
  bootSeconds + Math.ceil(tasks / (cap * workersPerTask)) * sleepSeconds;

/** Installs the release, and what the original needs besides. */
export const prepare = (
  scaler: string,
  cache: string,
  note: (line: string) => void,
): Promise<Venv> => ensureVenv(cache, scaler, ['boto3'], null, note);

/** One load with one manager, at a real scheduler, with the emulator in the place of AWS. */
export async function runLoad(
  load: Load,
  side: Side,
  scaler: string,
  cache: string,
  note: (line: string) => void,
): Promise<Measured> {
  const options: Options = {
    ...{ scaler, transport: 'ymq', addressScheme: 'tcp', addressHost: '127.0.0.1' },
    ...{ scenario: 'work', json: true, manager: side === 'original' ? 'original' : 'ours' },
    ...{ python: null, deadlineSeconds: runLimitMs / 1000, keep: false },
  };
  const venv = await prepare(scaler, cache, note);
  const dir = await mkdtemp(join(tmpdir(), 'se-bench-work-'));
  const deadline = AbortSignal.timeout(runLimitMs);
  const context = new ScenarioContext(options, venv, dir, note, deadline);
  try {
    return await measure(context, load, side);
  } finally {
    context.cleanUp();
    await context.processes.killAll();
    for (const { pid } of context.remainingProcesses()) tryKill(pid);
    await rm(dir, { recursive: true, force: true });
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function measure(context: ScenarioContext, load: Load, side: Side): Promise<Measured> {
  const scheduler = await startScheduler(context);
  const emulator = await startEmulator(context);
  await emulator.setFaults([
    { operation: 'RunTask', do: { startDelayMs: load.bootSeconds * 1000 } },
  ]);
  const manager = await startManager(context, scheduler, emulator, {
    ...defaultSetup,
    cpu: load.workersPerTask,
    // The original counts workers.
    maxTasks: side === 'original' ? load.cap * load.workersPerTask : load.cap,
    cooldownSeconds: 30,
    extraArguments: side === 'ours without look-ahead' ? ['--scale-ahead', 'off'] : [],
  });
  await context.sleep(3000);
  const record = join(context.dir, 'record');
  const lines: string[] = [];
  const client = context.processes.start({
    name: 'client',
    command: context.venv.python,
    args: [
      ...[program, scheduler.address, '--record', record],
      ...['--tasks', `${load.tasks}`, '--sleep', `${load.sleepSeconds}`],
      ...['--bursts', `${load.bursts}`, '--every', `${load.everySeconds}`],
    ],
    cwd: context.dir,
    env: networkBackend(context),
    onLine: (line) => lines.push(line),
  });
  await context.waitFor('the client has its results', runLimitMs, () => client.exit, [
    manager,
    scheduler.process,
  ]);
  const { seconds, results } = JSON.parse(lines.at(-1) ?? '{"seconds":[],"results":0}');
  const ledger = async () => (await emulator.ledger()) as unknown as LedgerTask[];
  await context
    .waitFor('the fleet is gone', settleMs, async () =>
      (await ledger()).every(({ stoppedAt }) => stoppedAt !== null),
    )
    .catch(() => {});
  const tasks = await ledger();
  const created = tasks.map(({ createdAt }) => createdAt).sort((a, b) => a - b);
  const [first = 0] = created;
  const ofFirstBurst = created.filter((at) => at - first < (seconds[0] ?? 0) * 1000);
  const began = wordsIn(record, 'begin');
  const now = Date.now();
  return {
    ...{ load: load.name, side, scaler: context.options.scaler, bootSeconds: load.bootSeconds },
    ...{ results, seconds, ideal: idealOf(load) },
    requestedWithin: created.length === 0 ? null : ((ofFirstBurst.at(-1) ?? first) - first) / 1000,
    launches: tasks.length,
    mostAtOnce: mostAtOnce(tasks),
    taskSeconds: Math.round(
      tasks.reduce((sum, { createdAt, stoppedAt }) => sum + (stoppedAt ?? now) - createdAt, 0) /
        1000,
    ),
    cutOff: began.length - wordsIn(record, 'end').length,
    recomputed: began.length - new Set(began).size,
  };
}

function wordsIn(path: string, word: string): string[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length));
}

function mostAtOnce(tasks: readonly LedgerTask[]): number {
  const changes = tasks.flatMap(({ createdAt, stoppedAt }) => [
    [createdAt, 1] as const,
    [stoppedAt ?? Number.POSITIVE_INFINITY, -1] as const,
  ]);
  let now = 0;
  let most = 0;
  for (const [, by] of changes.sort(([a], [b]) => a - b)) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}
