import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Answer } from '../proxy.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks, type TestBed, workerOf } from '../testBed.ts';

const desiredTasks = 3;
const startDeadlineSeconds = 5;

type Described = { taskArn: string; lastStatus: string };
type Change = (tasks: Described[]) => object;

const changed =
  (change: Change) =>
  ({ status, body }: Answer): Answer => {
    const { tasks = [] } = JSON.parse(body.toString());
    return { status, body: Buffer.from(JSON.stringify(change(tasks))) };
  };

const inStatus = (lastStatus: string): Change => {
  return (tasks) => ({ tasks: tasks.map((task) => ({ ...task, lastStatus })), failures: [] });
};

const denied: Change = (tasks) => ({
  tasks: [],
  failures: tasks.map(({ taskArn }) => ({ arn: taskArn, reason: 'MISSING' })),
});

/** What DescribeTasks says of living tasks, and for how long, ms. A list shows them all the while. */
const falsehoods: [name: string, change: Change, ms: number][] = [
  ['that they are missing, for 12 s', denied, 12_000],
  ['that they are missing, for 80 s', denied, 80_000],
  ['PENDING, once', inStatus('PENDING'), 0],
  ['PENDING, for 20 s', inStatus('PENDING'), 20_000],
  ['an unknown status, for 20 s', inStatus('FOO'), 20_000],
];

async function describeFalsely({ proxy }: TestBed, change: Change, ms: number): Promise<number> {
  const until = performance.now() + ms;
  let told = 0;
  proxy.replaceAnswer = (operation, answer) => {
    if (operation !== 'DescribeTasks' || (told > 0 && performance.now() > until)) return answer;
    told++;
    return changed(change)(answer);
  };
  await eventually('tasks are described', 30_000, () => told > 0);
  await sleep(ms + 8000);
  proxy.replaceAnswer = null;
  return told;
}

/** DescribeTasks answers falsely for tasks that live. None is stopped, lost or replaced, with and without a monitor stream. */
export const falseDescriptions: Scenario = {
  setup: {
    name: 'falseDescriptions',
    daemonFlags: [
      ...['--max-task-concurrency', '3', '--sweep-seconds', '2', '--settle-seconds', '1'],
      ...['--start-deadline', String(startDeadlineSeconds)],
    ],
    hasMonitor: true,
  },
  async run(testBed) {
    const { emulator, scheduler } = testBed;
    scheduler.desiredWorkers = desiredTasks;
    const daemon = testBed.start();
    const isRunning = async () => (await aliveTasks(testBed)).length === desiredTasks;
    await eventually('the tasks are launched', 30_000, isRunning, daemon);
    scheduler.workers = (await aliveTasks(testBed)).map((task) => workerOf(task, 2));
    // Older than the deadline of their start.
    await sleep((startDeadlineSeconds + 3) * 1000);
    for (const isShown of [true, false]) {
      if (!isShown) scheduler.workers = null;
      for (const [name, change, ms] of falsehoods) {
        const told = await describeFalsely(testBed, change, ms);
        const { calls, tasks } = await emulator.ledger();
        const stops = calls.StopTask ?? 0;
        const alive = (await aliveTasks(testBed)).length;
        const stream = isShown ? 'with' : 'without';
        testBed.check(
          stops === 0 && alive === desiredTasks && tasks.length === desiredTasks,
          `${told} answers ${name}, ${stream} a stream: ${alive} alive of ${tasks.length} ever launched, ${stops} StopTask calls`,
        );
      }
    }
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left');
  },
};
