import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.ts';
import { Failure } from '../failure.ts';
import { type DaemonProcess, startDaemon } from './daemonProcess.ts';
import { type Scheduler, startScheduler } from './scheduler.ts';
import { Story } from './story.ts';
import { installWorkerProgram } from './workerProgram.ts';

/** The demo did not come to its end; one line says why. */
export class DemoFailure extends Failure {
  readonly kind = 'demo';
}

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

export const workersPerGroup = 2;
export const mostGroups = 4;
/** Beyond what its tasks take: so long may a demo last on a machine that has much else to do, ms. */
const patienceMs = 120_000;
const patienceForTaskMs = 2000;
/** The daemon's own limit for stopping everything is 10 s. */
const stopPatienceMs = 20_000;

/** Tasks, a scheduler, the daemon, an emulated AWS: from the first wish for a worker to the last stopped group. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
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
    story.say(`${tasks} tasks wait in the scheduler; there is no worker yet.`);
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
    await until(finished, daemon, stop, patienceMs + tasks * patienceForTaskMs);
    await stopDaemon(daemon, story, kill);
    return {
      tasksSubmitted: tasks,
      tasksCompleted: counts().completed,
      groupsStarted: cloud.tasksStarted(),
      ecsTasksLeft: cloud.tasksLeft(),
    };
  } finally {
    daemon?.kill();
    await Promise.all([daemon?.ended, cloud?.close()]);
    scheduler?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns, too, when it is told to stop. */
async function until(
  finished: () => boolean,
  daemon: DaemonProcess,
  stop: AbortSignal,
  limitMs: number,
): Promise<void> {
  const deadline = now() + limitMs;
  while (!finished() && !stop.aborted) {
    if (daemon.end() !== null)
      throw new DemoFailure(`the daemon ended ${daemon.end()}: ${daemon.lastWords()}`);
    if (now() > deadline)
      throw new DemoFailure(
        `not done within ${Math.round(limitMs / 1000)} s; the daemon's last complaint: ${daemon.lastWords() || 'none'}`,
      );
    await sleep(50);
  }
}

async function stopDaemon(daemon: DaemonProcess, story: Story, kill: AbortSignal): Promise<void> {
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
