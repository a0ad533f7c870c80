import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { alive } from '../world.ts';

/** What Scaler's documentation tells people to allow: no ListTasks, no DescribeTasks, no TagResource. */
const rights = [
  ...['ecs:CreateCluster', 'ecs:DescribeClusters', 'ecs:RegisterTaskDefinition'],
  ...['ecs:DescribeTaskDefinition', 'ecs:RunTask', 'ecs:StopTask'],
  ...['iam:CreateRole', 'iam:AttachRolePolicy', 'iam:GetRole', 'iam:PassRole'],
];

const wanted = 3;

/** Two minutes without the right to look, and a deadline of 20 s: nothing is stopped or bought on a guess. */
export const seedRights: Scenario = {
  setup: {
    name: 'seedRights',
    daemonFlags: ['--max-task-concurrency', '6', '--start-deadline', '20', '--settle-seconds', '1'],
    emulatorFlags: ['--allow-actions', rights.join()],
    monitored: false,
  },
  async play(world) {
    const { cloud, scheduler, state } = world;
    scheduler.wanted = wanted;
    let daemon = world.start();
    await sleep(60_000);
    await world.kill(daemon);
    daemon = world.start();
    await sleep(60_000);

    const { calls, executed, tasks } = await cloud.ledger();
    world.check(executed.RunTask === 1 && calls.RunTask === 1, `${calls.RunTask} launch`);
    world.check(tasks.length === wanted, `${tasks.length} tasks of ${wanted} wanted`);
    world.check((await alive(world)).length === wanted, 'all of them run');
    world.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask`);
    world.check(state.ledger().groups().length === wanted, 'and the journal knows them');
    world.check(
      /"event":"inventory.denied"/.test(await world.log()),
      'the log says that it may not look',
    );
    const end = await world.stop(daemon, 70_000);
    const left = (await alive(world)).length;
    world.check(left === 0, `SIGTERM stops what the journal knows (${left} left)`);
    world.check(end.code === 0, `and ends with status 0 (${JSON.stringify(end)})`);

    daemon = world.start();
    await eventually('the next start launches anew', 30_000, async () => {
      return (await alive(world)).length === wanted;
    }).then(
      () => world.check(true, 'the next start launches anew'),
      (error: Error) => world.check(false, error.message),
    );
    await world.stop(daemon, 70_000);
  },
};
