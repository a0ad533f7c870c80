import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../shared/clock.ts';
import { type DaemonProcess, startDaemon } from './daemonProcess.ts';
import { type Scheduler, startScheduler } from './scheduler.ts';
import { DemoStory } from './story.ts';
import { installWorkerProgram } from './workerProgram.ts';

/** An emulated AWS. Its Fargate tasks are processes with `taskPath` on their PATH. */
export interface EmulatedAws {
  url: string;
  /** The access key id that its calls need. */
  accessKey: string;
  tasksStarted(): number;
  tasksRemaining(): number;
  /** Kills the remaining tasks. */
  close(): Promise<void>;
}

export interface DemoOptions {
  tasks: number;
  /** How to start this program: node, its options and the script. */
  program: readonly string[];
  startAws(taskPath: string): Promise<EmulatedAws>;
  /** Called before the daemon starts, to show the demo. */
  onStart(stage: DemoView): void;
  /** Abort: stop the daemon in order, then return. */
  stop: AbortSignal;
  /** Abort: kill the daemon at once. */
  kill: AbortSignal;
}

/** The live data that a display shows. */
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
  /** Why the demo did not finish, in one line; null when it finished or was stopped by `stop`. */
  failure: string | null;
}

export const workersPerGroup = 2;
export const maxGroups = 4;
/** Time limit of the demo on a busy machine, in ms: a fixed part and a part per task. */
const timeLimitMs = 120_000;
const timeLimitPerTaskMs = 2000;
/** Limit for stopping the daemon, in ms; its own --stop-timeout is 10 s. */
const stopTimeLimitMs = 20_000;

/** Runs the scheduler, the emulated AWS and the daemon until all tasks are done and all groups are stopped. Rejects when the scheduler or AWS cannot start. */
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
      accessKey: aws.accessKey,
      folder: join(folder, 'state'),
      workersPerGroup,
      maxGroups,
      onLine: (line) => story.onLogLine(line),
    });
    const finished = () =>
      counts().completed === tasks && story.desiredGroups === 0 && !story.hasActiveGroups;
    const limitMs = timeLimitMs + tasks * timeLimitPerTaskMs;
    const failure = await waitUntilFinished(finished, daemon, stop, limitMs);
    if (stop.aborted) story.addSentence('Interrupted.');
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
    ? '1 task waits in the scheduler: to square a number. There is no worker yet.'
    : `${tasks} tasks wait in the scheduler: to square a number each. There is no worker yet.`;

/** Waits until the demo has finished or is stopped (null), or returns the reason why it cannot finish. */
async function waitUntilFinished(
  finished: () => boolean,
  daemon: DaemonProcess,
  stop: AbortSignal,
  limitMs: number,
): Promise<string | null> {
  const deadline = now() + limitMs;
  while (!finished() && !stop.aborted) {
    const lastProblem = daemon.lastProblem() || 'nothing';
    if (daemon.exitDescription() !== null)
      return `the daemon ended ${daemon.exitDescription()}; its last message was: ${lastProblem}`;
    if (now() > deadline)
      return `not finished after ${Math.round(limitMs / 1000)} s; the daemon's last message was: ${lastProblem}`;
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
  story.addSentence('The demo stops the daemon (SIGTERM).');
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
