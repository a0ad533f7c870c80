import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const desiredTasks = 8;
const cluster = 'scaler-cluster';

/** A task that ECS denies is given up after 60 s, ms; a cohort is looked at every few seconds. */
const noticedMs = 80_000;

/** A person stops all tasks and deletes the cluster. The daemon makes it again and launches as many as before. */
export const deletedCluster: Scenario = {
  setup: {
    name: 'deletedCluster',
    daemonFlags: ['--max-task-concurrency', '20', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: true,
  },
  async run(testBed) {
    const { emulator, scheduler, state } = testBed;
    testBed.showWorkers(1);
    scheduler.desiredWorkers = desiredTasks;
    const daemon = testBed.start();
    const isWhole = async () =>
      (await aliveTasks(testBed)).length === desiredTasks &&
      state.ledger().groups().length === desiredTasks;
    await eventually('the tasks are launched', 30_000, isWhole, daemon);
    // Workers that were never shown make their end a failed start.
    await eventually(
      'their workers are shown',
      10_000,
      () => scheduler.workers?.length === desiredTasks,
    );
    await sleep(3000);
    const before = (await aliveTasks(testBed)).map(({ taskArn }) => taskArn);

    for (const task of before) await emulator.call('StopTask', { cluster, task });
    const isDeleted = () =>
      emulator.call('DeleteCluster', { cluster }).then(
        () => true,
        () => false,
      );
    await eventually('the cluster is deleted', 180_000, isDeleted, daemon);
    const startedAt = performance.now();
    const isBack = async () => {
      const alive = await aliveTasks(testBed);
      const ours = new Set(
        state
          .ledger()
          .groups()
          .map(({ taskArn }) => taskArn),
      );
      return (
        alive.length === desiredTasks &&
        ours.size === desiredTasks &&
        alive.every(({ taskArn }) => ours.has(taskArn) && !before.includes(taskArn))
      );
    };
    await eventually('as many tasks run in a new cluster', noticedMs, isBack, daemon).then(
      () =>
        testBed.check(
          true,
          `${desiredTasks} tasks run in a new cluster after ${Math.round((performance.now() - startedAt) / 1000)} s`,
        ),
      (error: Error) => testBed.check(false, error.message),
    );
    const { tasks } = await emulator.ledger();
    testBed.check(
      tasks.length === 2 * desiredTasks,
      `${tasks.length} tasks were launched in total, ${2 * desiredTasks} are right`,
    );
    const log = await testBed.readLog();
    testBed.check(log.includes(cluster), 'the log names the cluster');
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left');
  },
};
