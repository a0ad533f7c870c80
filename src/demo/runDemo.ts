import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../shared/clock.ts';
import { type DaemonProcess, startDaemon } from './daemonProcess.ts';
import { type Scheduler, startScheduler } from './scheduler.ts';
import { Story } from './story.ts';
import { installWorkerProgram } from './workerProgram.ts';

/** An emulated AWS whose Fargate tasks are processes with `taskPath` on their PATH. */
export interface Cloud {
  url: string;
  tasksStarted(): number;
  tasksLeft(): number;
  /** Ends whatever is left. */
  close(): Promise<void>;
}

export interface DemoOptions {
  tasks: number;
  /** How to start this very program: node, its options and the script. */
  program: readonly string[];
  startCloud(taskPath: string): Promise<Cloud>;
  /** Called when there is something to see, before the first thing happens. */
  show(stage: Stage): void;
  /** Aborted: stop everything in order, and come back. */
  stop: AbortSignal;
  /** Aborted: at once. */
  kill: AbortSignal;
}

/** What a spectator may look at while the demo runs. */
export interface Stage {
  story: Story;
  tasks: Scheduler['counts'];
  seconds(): number;
}

export interface DemoResult {
  tasksSubmitted: number;
  tasksCompleted: number;
  groupsStarted: number;
  ecsTasksLeft: number;
}

export interface DemoEnd {
  result: DemoResult;
  /** Why it did not come to its end, in one line; null when it did or was told to stop. */
  trouble: string | null;
}

export const workersPerGroup = 2;
export const mostGroups = 4;
/** Beyond what its tasks take: so long may a demo last on a machine that has much else to do, ms. */
const patienceMs = 120_000;
const patienceForTaskMs = 2000;
/** The daemon's own limit for stopping everything is 10 s. */
const stopPatienceMs = 20_000;

/** Tasks, a scheduler, the daemon, an emulated AWS: from the first wish for a worker to the last stopped group. */
export async function runDemo(options: DemoOptions): Promise<DemoEnd> {
  const { tasks, stop, kill } = options;
  const startedAt = now();
  const seconds = () => (now() - startedAt) / 1000;
  const story = new Story(workersPerGroup, seconds);
  const folder = mkdtempSync(join(tmpdir(), 'scaler-ecs-demo-'));
  let scheduler: Scheduler | undefined;
  let cloud: Cloud | undefined;
  let daemon: DaemonProcess | undefined;
  try {
    const taskPath = join(folder, 'bin');
    installWorkerProgram(taskPath);
    scheduler = await startScheduler(tasks, (news) => story.watch(news));
    const { counts } = scheduler;
    cloud = await options.startCloud(taskPath);
    options.show({ story, tasks: counts, seconds });
    story.say(waiting(tasks));
    daemon = startDaemon({
      program: options.program,
      scheduler: scheduler.address,
      endpoint: cloud.url,
      folder: join(folder, 'state'),
      workersPerGroup,
      mostGroups,
      onLine: (line) => story.read(line),
    });
    const finished = () => counts().completed === tasks && story.wanted === 0 && !story.moving;
    const limitMs = patienceMs + tasks * patienceForTaskMs;
    const trouble = await troubleUntil(finished, daemon, stop, limitMs);
    if (stop.aborted) story.say('You have asked for the end.');
    await stopDaemon(daemon, story, kill);
    const result = {
      tasksSubmitted: tasks,
      tasksCompleted: counts().completed,
      groupsStarted: cloud.tasksStarted(),
      ecsTasksLeft: cloud.tasksLeft(),
    };
    return { result, trouble };
  } finally {
    daemon?.kill();
    await Promise.all([daemon?.ended, cloud?.close()]);
    scheduler?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const waiting = (tasks: number): string =>
  tasks === 1
    ? '1 task, a number to be squared, waits in the scheduler; there is no worker yet.'
    : `${tasks} tasks, numbers to be squared, wait in the scheduler; there is no worker yet.`;

/** Waits for the end, or for an order to stop; resolves to what came in between. */
async function troubleUntil(
  finished: () => boolean,
  daemon: DaemonProcess,
  stop: AbortSignal,
  limitMs: number,
): Promise<string | null> {
  const deadline = now() + limitMs;
  while (!finished() && !stop.aborted) {
    const lastWords = daemon.lastWords() || 'nothing';
    if (daemon.end() !== null)
      return `the daemon ended ${daemon.end()}; its last complaint was: ${lastWords}`;
    if (now() > deadline)
      return `not done after ${Math.round(limitMs / 1000)} s; the daemon's last complaint was: ${lastWords}`;
    await sleep(50);
  }
  return null;
}

async function stopDaemon(daemon: DaemonProcess, story: Story, kill: AbortSignal): Promise<void> {
  if (daemon.end() !== null) return;
  story.say('The daemon is told to end (SIGTERM).');
  daemon.stop();
  const patience = new AbortController();
  const late = sleep(stopPatienceMs, undefined, {
    signal: AbortSignal.any([patience.signal, kill]),
  }).catch(() => {});
  await Promise.race([daemon.ended, late]);
  patience.abort();
  if (daemon.end() === null) daemon.kill();
  await daemon.ended;
  story.say(`The daemon has ended ${daemon.end()}.`);
}
