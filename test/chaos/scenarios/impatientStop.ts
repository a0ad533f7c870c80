import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const desiredTasks = 3;

/** SIGTERM while every worker is at work: the tasks are waited for and that is said; a second SIGTERM stops them at once. */
export const impatientStop: Scenario = {
  setup: {
    name: 'impatientStop',
    daemonFlags: ['--max-task-concurrency', '9', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: true,
  },
  async run(testBed) {
    const { scheduler, processes, emulator } = testBed;
    testBed.showWorkers(1);
    scheduler.desiredWorkers = desiredTasks;
    const daemon = testBed.start();
    const allRun = async () => (await aliveTasks(testBed)).length === desiredTasks;
    await eventually(`${desiredTasks} tasks run`, 30_000, allRun, daemon);
    await sleep(6000);

    processes.signal(daemon, 'SIGTERM');
    await sleep(5000);
    testBed.check(
      ((await emulator.ledger()).calls.StopTask ?? 0) === 0,
      'no task at work is stopped in the first seconds',
    );
    const log = await testBed.readLog();
    testBed.check(
      /"idleSeconds":\d+.*"event":"daemon.stopPending"/.test(log),
      'it is said what is waited for',
    );
    const askedAt = performance.now();
    const { code } = await processes.stop(daemon, 20_000);
    const seconds = (performance.now() - askedAt) / 1000;
    testBed.check(
      code === 0 && seconds < 15,
      `a second SIGTERM ends it with status ${code} after ${seconds.toFixed(1)} s`,
    );
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left');
  },
};
