import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const desiredTasks = 4;
const fewerTasks = 2;
/** A launch in place of a group that cannot be stopped would be connected, and asked for in its turn, within seconds. */
const watchedMs = 40_000;

/**
 * StopTask fails, and the scheduler comes to ask for all that is connected, as Scaler's default policy does. The groups that
 * cannot be stopped serve on: none is launched in their place, the reason is said, and they stop once ECS lets them.
 */
export const stopsFail: Scenario = {
  setup: {
    name: 'stopsFail',
    daemonFlags: ['--max-task-concurrency', '20', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: true,
  },
  async run(testBed) {
    const { emulator, scheduler } = testBed;
    const count = async () => (await aliveTasks(testBed)).length;
    const launched = async () => (await emulator.ledger()).tasks.length;
    scheduler.desiredWorkers = desiredTasks;
    testBed.showWorkers(0);
    const daemon = testBed.start();
    const allRun = async () => (await count()) === desiredTasks;
    await eventually(`${desiredTasks} tasks run`, 30_000, allRun, daemon);
    await sleep(3000);

    await emulator.setFaults([{ operation: 'StopTask', do: 'error500Before' }]);
    scheduler.desiredWorkers = fewerTasks;
    const stopsAreTried = async () => ((await emulator.ledger()).calls.StopTask ?? 0) >= 4;
    await eventually('StopTask is tried and fails', 60_000, stopsAreTried, daemon);
    const until = performance.now() + watchedMs;
    while (performance.now() < until) {
      scheduler.desiredWorkers = await count();
      await sleep(500);
    }
    testBed.check(
      (await launched()) === desiredTasks,
      `${await launched()} tasks were ever launched while StopTask failed for two of ${desiredTasks}`,
    );
    const log = await testBed.readLog();
    testBed.check(/StopTask fails for groups/.test(log), 'it is said why nothing is launched');

    scheduler.desiredWorkers = fewerTasks;
    await sleep(2000);
    await emulator.setFaults([]);
    const fewerRun = async () => (await count()) === fewerTasks;
    await eventually('the others stop', 40_000, fewerRun, daemon).then(
      () => testBed.check(true, `${fewerTasks} tasks run on once StopTask is accepted`),
      (error: Error) => testBed.check(false, error.message),
    );
    scheduler.desiredWorkers = desiredTasks;
    await eventually('what is asked for then is launched', 30_000, allRun, daemon).then(
      () => testBed.check(true, `${desiredTasks} tasks run when more are asked for then`),
      (error: Error) => testBed.check(false, error.message),
    );
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    testBed.check((await count()) === 0, 'no task is left');
  },
};
