import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const desiredTasks = 4;
const graceSeconds = 3;

/** The daemon is suspended (SIGSTOP) for longer than --scheduler-grace. It must not take that time for silence of the scheduler. */
export const frozen: Scenario = {
  setup: {
    name: 'frozen',
    daemonFlags: [
      ...['--scheduler-grace', String(graceSeconds), '--settle-seconds', '1'],
      ...['--max-task-concurrency', String(desiredTasks)],
    ],
    hasMonitor: false,
  },
  async run(testBed) {
    const { emulator, scheduler, processes } = testBed;
    scheduler.desiredWorkers = desiredTasks;
    const daemon = testBed.start();
    const running = async () =>
      (await aliveTasks(testBed)).filter(({ lastStatus }) => lastStatus === 'RUNNING').length ===
      desiredTasks;
    await eventually('all tasks run', 30_000, running, daemon);
    await sleep(3000);
    processes.signal(daemon, 'SIGSTOP');
    await sleep(5 * graceSeconds * 1000);
    const { heartbeats } = scheduler;
    processes.signal(daemon, 'SIGCONT');
    await eventually(
      'heartbeats arrive again',
      20_000,
      () => scheduler.heartbeats > heartbeats + 1,
    );
    await sleep(5000);
    const { calls, tasks } = await emulator.ledger();
    testBed.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask calls`);
    testBed.check(tasks.length === desiredTasks, `${tasks.length} tasks were launched in total`);
    await testBed.stop(daemon, 70_000);
  },
};
