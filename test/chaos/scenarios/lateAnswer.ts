import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const desiredTasks = 10;

/** RunTask is executed at once but answered 20 s later, twice, while inventories run every 2 s: no task is launched twice or stopped. */
export const lateAnswer: Scenario = {
  setup: {
    name: 'lateAnswer',
    daemonFlags: ['--max-task-concurrency', '20', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: false,
  },
  async run(testBed) {
    const { emulator, scheduler, state } = testBed;
    const rule = { operation: 'RunTask', when: { times: 2 }, do: { answerAfterMs: 20_000 } };
    await emulator.setFaults([rule]);
    scheduler.desiredWorkers = desiredTasks;
    const daemon = testBed.start();
    const allStarted = async () => (await testBed.ownTasks()).length === desiredTasks;
    await eventually('RunTask has been executed', 15_000, allStarted, daemon);
    const listedBefore = (await emulator.ledger()).calls.ListTasks ?? 0;
    await eventually(
      'the launch is done',
      60_000,
      () => state.ledger().openLaunches().length === 0 && state.ledger().groups().length > 0,
      daemon,
    );
    const inventories = ((await emulator.ledger()).calls.ListTasks ?? 0) - listedBefore;
    testBed.check(
      inventories >= 10,
      `inventories ran while the launch was open (${inventories} times)`,
    );
    await sleep(6000);

    const groups = state.ledger().groups();
    const arns = new Set(groups.map(({ taskArn }) => taskArn));
    testBed.check(
      groups.length === desiredTasks,
      `${groups.length} groups of ${desiredTasks} desired`,
    );
    testBed.check(arns.size === desiredTasks, `${arns.size} ARNs`);
    testBed.check((await aliveTasks(testBed)).length === desiredTasks, `${desiredTasks} tasks run`);
    const { calls, tasks } = await emulator.ledger();
    testBed.check(tasks.length === desiredTasks, `${tasks.length} tasks were launched in total`);
    testBed.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask calls`);
    await testBed.stop(daemon, 70_000);
  },
};
