import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { alive, type World } from '../world.ts';

const inCluster = (name: string, { taskArn }: { taskArn: string }) => taskArn.includes(`/${name}/`);

/** The setting ecs_cluster changes, and AWS refuses to describe what still runs in the old cluster: the rest is looked at. */
export const oldCluster: Scenario = {
  setup: {
    name: 'oldCluster',
    daemonFlags: ['--max-task-concurrency', '9', '--sweep-seconds', '2', '--settle-seconds', '1'],
    monitored: false,
  },
  async play(world) {
    const { proxy, scheduler, state, cloud } = world;
    scheduler.wanted = 2;
    let daemon = world.start();
    await reach(world, 2);
    await world.kill(daemon);

    proxy.bend = (operation, answer, { body }) => {
      if (operation !== 'DescribeTasks' || JSON.parse(body).cluster !== 'scaler-cluster')
        return answer;
      const error = { __type: 'ClusterNotFoundException', message: 'Cluster not found.' };
      return { status: 400, body: Buffer.from(JSON.stringify(error)) };
    };
    scheduler.wanted = 4;
    daemon = world.start({ SCALER_ECS_CLUSTER: 'second' });
    await reach(world, 4);
    const [old, young] = ['scaler-cluster', 'second'].map(async (name) =>
      (await alive(world)).filter((task) => inCluster(name, task)),
    );
    world.check(
      (await old)?.length === 2 && (await young)?.length === 2,
      'two tasks in each cluster',
    );
    const [victim] = (await young) ?? [];
    await cloud.strike(victim?.taskArn ?? '', 'exit');
    const isNoticed = () => state.ledger().owner(victim?.taskArn ?? '') === undefined;
    await eventually('a task that died in the new cluster is noticed', 20_000, isNoticed, daemon)
      .then(() => world.check(true, 'a task that died in the new cluster is noticed'))
      .catch((error: Error) => world.check(false, error.message));
    await sleep(20_000);
    const groups = state.ledger().groups();
    world.check(
      groups.filter((group) => inCluster('scaler-cluster', group)).length === 2,
      'the tasks of the old cluster are not given up',
    );
    const lines =
      (await world.log()).match(/"event":"describeTasks.(partial|failed)"/g)?.length ?? 0;
    world.check(lines > 0 && lines < 6, `the missing cluster is reported ${lines} times`);
    world.check(/\(cluster scaler-cluster\)/.test(await world.log()), 'by its name');

    proxy.bend = null;
    const { code } = await world.stop(daemon, 70_000);
    world.check(code === 0, `SIGTERM ends it with status ${code}`);
    world.check((await alive(world)).length === 0, 'and stops the tasks of both clusters');
  },
};

async function reach(world: World, count: number): Promise<void> {
  await eventually(`${count} tasks`, 30_000, async () => {
    const owned = world.state.ledger().groups().length;
    return owned === count && (await alive(world)).length === count;
  });
}
