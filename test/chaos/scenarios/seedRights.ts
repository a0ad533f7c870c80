import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

/** The permissions in Scaler's documentation: without ListTasks, DescribeTasks and TagResource. */
const allowedActions = [
  ...['ecs:CreateCluster', 'ecs:DescribeClusters', 'ecs:RegisterTaskDefinition'],
  ...['ecs:DescribeTaskDefinition', 'ecs:RunTask', 'ecs:StopTask'],
  ...['iam:CreateRole', 'iam:AttachRolePolicy', 'iam:GetRole', 'iam:PassRole'],
];

const desiredTasks = 3;

/** Two minutes without permission for DescribeTasks and ListTasks, with a start deadline of 20 s: no task is stopped or launched by assumption. */
export const seedRights: Scenario = {
  setup: {
    name: 'seedRights',
    daemonFlags: ['--max-task-concurrency', '6', '--start-deadline', '20', '--settle-seconds', '1'],
    emulatorFlags: ['--allow-actions', allowedActions.join()],
    hasMonitor: false,
  },
  async run(testBed) {
    const { emulator, scheduler, state } = testBed;
    scheduler.desiredWorkers = desiredTasks;
    let daemon = testBed.start();
    await sleep(60_000);
    await testBed.kill(daemon);
    daemon = testBed.start();
    await sleep(60_000);

    const { calls, executed, tasks } = await emulator.ledger();
    testBed.check(executed.RunTask === 1 && calls.RunTask === 1, `${calls.RunTask} RunTask calls`);
    testBed.check(
      tasks.length === desiredTasks,
      `${tasks.length} tasks of ${desiredTasks} desired`,
    );
    testBed.check((await aliveTasks(testBed)).length === desiredTasks, 'all tasks run');
    testBed.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask calls`);
    testBed.check(
      state.ledger().groups().length === desiredTasks,
      'the journal contains all groups',
    );
    testBed.check(
      /"event":"inventory.denied"/.test(await testBed.readLog()),
      'the log says that DescribeTasks is denied',
    );
    const end = await testBed.stop(daemon, 70_000);
    const remaining = (await aliveTasks(testBed)).length;
    testBed.check(remaining === 0, `SIGTERM stops the groups of the journal (${remaining} left)`);
    testBed.check(end.code === 0, `the daemon exits with status 0 (${JSON.stringify(end)})`);

    daemon = testBed.start();
    await eventually('the next start launches new tasks', 30_000, async () => {
      return (await aliveTasks(testBed)).length === desiredTasks;
    }).then(
      () => testBed.check(true, 'the next start launches new tasks'),
      (error: Error) => testBed.check(false, error.message),
    );
    await testBed.stop(daemon, 70_000);
  },
};
