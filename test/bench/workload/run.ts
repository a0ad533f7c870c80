import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerTask } from '../../../src/emulator/ledger.ts';
import { startEmulator } from '../../interop/emulatorClient.ts';
import { defaultSetup, startManager } from '../../interop/manager.ts';
import type { ScenarioContext } from '../../interop/scenarioContext.ts';
import { networkBackend, startScheduler } from '../../interop/scheduler.ts';
import { withScaler } from '../realScheduler.ts';

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
  /** `--per-worker-task-queue-size` of the workers of both managers. */
  queue: number;
  /** `tasks_per_worker` of ours. */
  tasksPerWorker: number;
}

export type Side = 'ours' | 'ours without look-ahead' | 'original';

export interface Measured {
  load: string;
  side: Side;
  scaler: string;
  bootSeconds: number;
  queue: number;
  tasksPerWorker: number;
  results: number;
  /** Why the client did not get its results; left out: it did. */
  trouble?: string[];
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

/** One load with one manager, at a real scheduler, with the emulator in the place of AWS. */
export const runLoad = (
  load: Load,
  side: Side,
  scaler: string,
  note: (line: string) => void,
): Promise<Measured> =>
  withScaler(
    { scaler, manager: side === 'original' ? side : 'ours', limitMs: runLimitMs, note },
    (context) => measure(context, load, side),
  );

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
    queueSize: load.queue,
    extraArguments:
      side === 'ours without look-ahead'
        ? ['--scale-ahead', 'off']
        : ['--tasks-per-worker', `${load.tasksPerWorker}`],
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
  const trouble: string[] = [];
  await context
    .waitFor('the client has its results', runLimitMs, () => client.exit, [
      manager,
      scheduler.process,
    ])
    .catch(({ message }: Error) => void trouble.push(message));
  if (client.exit !== null && client.exit.code !== 0)
    trouble.push(`the client failed: ${lastLine(client.logFile)}`);
  const { seconds = [], results = 0 } = JSON.parse(lines.at(-1) ?? '{}');
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
    ...{ queue: load.queue, tasksPerWorker: load.tasksPerWorker },
    ...{ results, seconds, ideal: idealOf(load) },
    ...(trouble.length > 0 && { trouble }),
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

const lastLine = (path: string): string =>
  readFileSync(path, 'utf8').trimEnd().split('\n').at(-1) ?? '';

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
