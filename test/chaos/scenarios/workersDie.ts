import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks, workerOf } from '../testBed.ts';

const workersPerTask = 2;
const desiredTasks = 2;
const degradedGraceSeconds = 5;

/** One worker of a living task dies for good: another task is launched for it, and the one that lacks it leaves idle. */
export const workersDie: Scenario = {
  setup: {
    name: 'workersDie',
    daemonFlags: [
      ...['--ecs-task-cpu', String(workersPerTask), '--ecs-task-memory', '4'],
      ...['--max-task-concurrency', '8', '--sweep-seconds', '2', '--settle-seconds', '1'],
      ...['--degraded-grace', String(degradedGraceSeconds)],
    ],
    hasMonitor: true,
  },
  async run(testBed) {
    const { scheduler, emulator } = testBed;
    const degraded = new Set<string>();
    const show = async () => {
      const alive = await aliveTasks(testBed);
      scheduler.workers = alive.flatMap((task) => {
        const { workerId, ...worker } = workerOf(task, degraded.has(task.taskArn) ? 0 : 1);
        const count = degraded.has(task.taskArn) ? 1 : workersPerTask;
        return Array.from({ length: count }, (_, i) => ({
          ...worker,
          workerId: `${workerId}${i}`,
        }));
      });
    };
    const showing = setInterval(() => void show().catch(() => undefined), 500);
    try {
      scheduler.desiredWorkers = desiredTasks * workersPerTask;
      const daemon = testBed.start();
      const arns = async () => (await aliveTasks(testBed)).map(({ taskArn }) => taskArn);
      const allRun = async () => (await arns()).length === desiredTasks;
      await eventually(`${desiredTasks} tasks run`, 30_000, allRun, daemon);
      await sleep(5000);
      const [one = ''] = await arns();
      degraded.add(one);
      const isReplaced = async () => (await arns()).length === desiredTasks + 1;
      await eventually('a task is launched for the worker', 40_000, isReplaced, daemon);
      testBed.check((await arns()).includes(one), 'before the one that lacks it leaves');
      const isGone = async () => !(await arns()).includes(one);
      await eventually('the one that lacks it leaves', 40_000, isGone, daemon);
      await sleep(8000);
      const { tasks } = await emulator.ledger();
      testBed.check(
        (await arns()).length === desiredTasks && tasks.length === desiredTasks + 1,
        `${(await arns()).length} tasks serve, of ${tasks.length} that were ever launched`,
      );
      const log = await testBed.readLog();
      testBed.check(/"event":"group.degraded"/.test(log), 'the lack is said');
      const { code } = await testBed.stop(daemon, 70_000);
      testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
      testBed.check((await arns()).length === 0, 'no task is left');
    } finally {
      clearInterval(showing);
    }
  },
};
