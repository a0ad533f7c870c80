import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

/** What Scaler's documentation tells people to allow: no ListTasks, no DescribeTasks, no TagResource. */
const allowedActions = [
  ...['ecs:CreateCluster', 'ecs:DescribeClusters', 'ecs:RegisterTaskDefinition'],
  ...['ecs:DescribeTaskDefinition', 'ecs:RunTask', 'ecs:StopTask'],
  ...['iam:CreateRole', 'iam:AttachRolePolicy', 'iam:GetRole', 'iam:PassRole'],
];

const desiredTasks = 3;

/** Two minutes without the right to look, and a deadline of 20 s: nothing is stopped or bought on a guess. */
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
    testBed.check(executed.RunTask === 1 && calls.RunTask === 1, `${calls.RunTask} launch`);
    testBed.check(tasks.length === desiredTasks, `${tasks.length} tasks of ${desiredTasks} wanted`);
    testBed.check((await aliveTasks(testBed)).length === desiredTasks, 'all of them run');
    testBed.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask`);
    testBed.check(state.ledger().groups().length === desiredTasks, 'and the journal knows them');
    testBed.check(
      /"blind":true/.test(await testBed.readLog()),
      'the log says that it may not look',
    );
    const end = await testBed.stop(daemon, 70_000);
    const remaining = (await aliveTasks(testBed)).length;
    testBed.check(remaining === 0, `SIGTERM stops what the journal knows (${remaining} left)`);
    testBed.check(end.code === 0, `and ends with status 0 (${JSON.stringify(end)})`);

    daemon = testBed.start();
    await eventually('the next start launches anew', 30_000, async () => {
      return (await aliveTasks(testBed)).length === desiredTasks;
    }).then(
      () => testBed.check(true, 'the next start launches anew'),
      (error: Error) => testBed.check(false, error.message),
    );
    await testBed.stop(daemon, 70_000);
  },
};
