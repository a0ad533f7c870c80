import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { alive } from '../world.ts';

const wanted = 10;

/** RunTask is carried out and answered 20 s later, twice, while the sweep runs every 2 s: nobody is doubled or stopped. */
export const lateAnswer: Scenario = {
  setup: {
    name: 'lateAnswer',
    daemonFlags: ['--max-task-concurrency', '20', '--sweep-seconds', '2', '--settle-seconds', '1'],
    monitored: false,
  },
  async play(world) {
    const { cloud, scheduler, state } = world;
    const rule = { operation: 'RunTask', when: { times: 2 }, do: { answerAfterMs: 20_000 } };
    await cloud.faults([rule]);
    scheduler.wanted = wanted;
    const daemon = world.start();
    const bought = async () => (await world.ours()).length === wanted;
    await eventually('RunTask is carried out', 15_000, bought, daemon);
    const listedBefore = (await cloud.ledger()).calls.ListTasks ?? 0;
    await eventually(
      'the launch is settled',
      60_000,
      () => state.ledger().openLaunches().length === 0 && state.ledger().groups().length > 0,
      daemon,
    );
    const swept = ((await cloud.ledger()).calls.ListTasks ?? 0) - listedBefore;
    world.check(swept >= 10, `the sweep ran while the launch was open (${swept} times)`);
    await sleep(6000);

    const groups = state.ledger().groups();
    const arns = new Set(groups.map(({ taskArn }) => taskArn));
    world.check(groups.length === wanted, `${groups.length} groups of ${wanted} wanted`);
    world.check(arns.size === wanted, `${arns.size} ARNs`);
    world.check((await alive(world)).length === wanted, `${wanted} tasks run`);
    const { calls, tasks } = await cloud.ledger();
    world.check(tasks.length === wanted, `${tasks.length} tasks were ever bought`);
    world.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask`);
    await world.stop(daemon, 70_000);
  },
};
