import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const desiredTasks = 2;

/**
 * The scheduler ends when a worker is killed, as some releases do over YMQ: its address refuses connections from then on.
 * The log names the task whose end it may have been.
 */
export const schedulerEnds: Scenario = {
  setup: {
    name: 'schedulerEnds',
    daemonFlags: ['--max-task-concurrency', '3', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: true,
  },
  async run(testBed) {
    const { scheduler, emulator } = testBed;
    scheduler.desiredWorkers = desiredTasks;
    testBed.showWorkers(1);
    const daemon = testBed.start();
    const allRun = async () => (await aliveTasks(testBed)).length === desiredTasks;
    await eventually(`${desiredTasks} tasks run`, 30_000, allRun, daemon);
    await sleep(4000);
    const [killed] = await aliveTasks(testBed);
    const taskArn = killed?.taskArn ?? '';
    await emulator.applyFault(taskArn, 'exit');
    scheduler.close();
    const line = /"task":"([^"]+)".*"event":"scheduler.endedWithTask"/;
    const isSaid = async () => line.test(await testBed.readLog());
    await eventually('the end of the scheduler is said', 40_000, isSaid, daemon);
    const named = line.exec(await testBed.readLog())?.[1] ?? '';
    testBed.check(taskArn.endsWith(named), 'with the task that ended beside it');
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left');
  },
};
