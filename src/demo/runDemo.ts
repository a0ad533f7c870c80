import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../shared/clock.ts';
import { type DaemonProcess, startDaemon } from './daemonProcess.ts';
import { type Scheduler, startScheduler } from './scheduler.ts';
import { DemoStory } from './story.ts';
import { installWorkerProgram } from './workerProgram.ts';

/** An emulated AWS whose Fargate tasks are processes with `taskPath` on their PATH. */
export interface EmulatedAws {
  url: string;
  tasksStarted(): number;
  tasksRemaining(): number;
  /** Ends whatever is left. */
  close(): Promise<void>;
}

export interface DemoOptions {
  tasks: number;
  /** How to start this very program: node, its options and the script. */
  program: readonly string[];
  startAws(taskPath: string): Promise<EmulatedAws>;
  /** Called when there is something to see, before the first thing happens. */
  onStart(stage: DemoView): void;
  /** Aborted: stop everything in order, and come back. */
  stop: AbortSignal;
  /** Aborted: at once. */
  kill: AbortSignal;
}

/** What a spectator may look at while the demo runs. */
export interface DemoView {
  story: DemoStory;
  tasks: Scheduler['counts'];
  seconds(): number;
}

export interface DemoResult {
  tasksSubmitted: number;
  tasksCompleted: number;
  groupsStarted: number;
  ecsTasksLeft: number;
}

export interface DemoOutcome {
  result: DemoResult;
  /** Why it did not come to its end, in one line; null when it did or was told to stop. */
  failure: string | null;
}

export const workersPerGroup = 2;
export const maxGroups = 4;
/** Beyond what its tasks take: so long may a demo last on a machine that has much else to do, ms. */
const timeLimitMs = 120_000;
const timeLimitPerTaskMs = 2000;
/** The daemon's own limit for stopping everything is 10 s. */
const stopTimeLimitMs = 20_000;

/** Tasks, a scheduler, the daemon, an emulated AWS: from the first wish for a worker to the last stopped group. */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const { tasks, stop, kill } = options;
  const startedAt = now();
  const seconds = () => (now() - startedAt) / 1000;
  const story = new DemoStory(workersPerGroup, seconds);
  const folder = mkdtempSync(join(tmpdir(), 'scaler-ecs-demo-'));
  let scheduler: Scheduler | undefined;
  let aws: EmulatedAws | undefined;
  let daemon: DaemonProcess | undefined;
  try {
    const taskPath = join(folder, 'bin');
    installWorkerProgram(taskPath);
    scheduler = await startScheduler(tasks, (event) => story.onSchedulerEvent(event));
    const { counts } = scheduler;
    aws = await options.startAws(taskPath);
    options.onStart({ story, tasks: counts, seconds });
    story.addSentence(initialSentence(tasks));
    daemon = startDaemon({
      program: options.program,
      scheduler: scheduler.address,
      endpoint: aws.url,
      folder: join(folder, 'state'),
      workersPerGroup,
      maxGroups,
      onLine: (line) => story.onLogLine(line),
    });
    const finished = () =>
      counts().completed === tasks && story.desiredGroups === 0 && !story.hasActiveGroups;
    const limitMs = timeLimitMs + tasks * timeLimitPerTaskMs;
    const failure = await waitUntilFinished(finished, daemon, stop, limitMs);
    if (stop.aborted) story.addSentence('You have asked for the end.');
    await stopDaemon(daemon, story, kill);
    const result = {
      tasksSubmitted: tasks,
      tasksCompleted: counts().completed,
      groupsStarted: aws.tasksStarted(),
      ecsTasksLeft: aws.tasksRemaining(),
    };
    return { result, failure };
  } finally {
    daemon?.kill();
    await Promise.all([daemon?.ended, aws?.close()]);
    scheduler?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const initialSentence = (tasks: number): string =>
  tasks === 1
    ? '1 task, a number to be squared, waits in the scheduler; there is no worker yet.'
    : `${tasks} tasks, numbers to be squared, wait in the scheduler; there is no worker yet.`;

/** Waits for the end, or for an order to stop; resolves to what came in between. */
async function waitUntilFinished(
  finished: () => boolean,
  daemon: DaemonProcess,
  stop: AbortSignal,
  limitMs: number,
): Promise<string | null> {
  const deadline = now() + limitMs;
  while (!finished() && !stop.aborted) {
    const lastWords = daemon.lastProblem() || 'nothing';
    if (daemon.exitDescription() !== null)
      return `the daemon ended ${daemon.exitDescription()}; its last complaint was: ${lastWords}`;
    if (now() > deadline)
      return `not done after ${Math.round(limitMs / 1000)} s; the daemon's last complaint was: ${lastWords}`;
    await sleep(50);
  }
  return null;
}

async function stopDaemon(
  daemon: DaemonProcess,
  story: DemoStory,
  kill: AbortSignal,
): Promise<void> {
  if (daemon.exitDescription() !== null) return;
  story.addSentence('The daemon is told to end (SIGTERM).');
  daemon.stop();
  const timeout = new AbortController();
  const timeLimit = sleep(stopTimeLimitMs, undefined, {
    signal: AbortSignal.any([timeout.signal, kill]),
  }).catch(() => {});
  await Promise.race([daemon.ended, timeLimit]);
  timeout.abort();
  if (daemon.exitDescription() === null) daemon.kill();
  await daemon.ended;
  story.addSentence(`The daemon has ended ${daemon.exitDescription()}.`);
}
