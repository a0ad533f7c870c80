import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const maxTasks = 2;
const stopDelayMs = 140_000;
/** A stop that takes two minutes is reported, ms. */
const reportedMs = 130_000;

/**
 * ECS shows for minutes that tasks stop. They count under the limit until their containers have ended, not until ECS has
 * cleared them away, and a slow one is reported.
 */
export const slowStops: Scenario = {
  setup: {
    name: 'slowStops',
    daemonFlags: [
      ...['--max-task-concurrency', String(maxTasks), '--sweep-seconds', '2'],
      ...['--settle-seconds', '1'],
    ],
    hasMonitor: true,
  },
  async run(testBed) {
    const { scheduler, emulator } = testBed;
    const launched = async () => (await emulator.ledger()).tasks.length;
    await emulator.setFaults([{ operation: 'RunTask', do: { slowStop: stopDelayMs } }]);
    scheduler.desiredWorkers = maxTasks;
    testBed.showWorkers(0);
    const daemon = testBed.start();
    const allRun = async () => (await aliveTasks(testBed)).length === maxTasks;
    await eventually(`${maxTasks} tasks run`, 30_000, allRun, daemon);
    await emulator.setFaults([]);
    scheduler.desiredWorkers = 0;
    const stops = async () => (await emulator.ledger()).calls.StopTask === maxTasks;
    await eventually('they are told to stop', 60_000, stops, daemon);
    scheduler.desiredWorkers = maxTasks;
    const areReplaced = async () => (await launched()) === 2 * maxTasks;
    await eventually('others are launched once the containers have ended', 30_000, areReplaced);
    const isSaid = async () => /"event":"stopTask.slow"/.test(await testBed.readLog());
    testBed.check(!(await isSaid()), 'long before it is said that the stops take long');
    await eventually('which is said after two minutes', reportedMs, isSaid, daemon);
    const log = await testBed.readLog();
    testBed.check(/on their way out/.test(log), 'and it was said why nothing was launched before');
    testBed.check((await launched()) === 2 * maxTasks, `${await launched()} tasks in all`);
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left');
  },
};
