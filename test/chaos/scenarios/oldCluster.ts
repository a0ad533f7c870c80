import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks, type TestBed } from '../testBed.ts';

const isIn = (cluster: string, { taskArn }: { taskArn: string }) =>
  taskArn.includes(`/${cluster}/`);

/** The setting ecs_cluster changes, and AWS refuses to describe what still runs in the old cluster. The tasks of the new one are still observed. */
export const oldCluster: Scenario = {
  setup: {
    name: 'oldCluster',
    daemonFlags: ['--max-task-concurrency', '9', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: false,
  },
  async run(testBed) {
    const { proxy, scheduler, state, emulator } = testBed;
    scheduler.desiredWorkers = 2;
    let daemon = testBed.start();
    await expectTasks(testBed, 2);
    await testBed.kill(daemon);

    proxy.replaceAnswer = (operation, answer, { body }) => {
      if (operation !== 'DescribeTasks' || JSON.parse(body).cluster !== 'scaler-cluster')
        return answer;
      const error = { __type: 'ClusterNotFoundException', message: 'Cluster not found.' };
      return { status: 400, body: Buffer.from(JSON.stringify(error)) };
    };
    scheduler.desiredWorkers = 4;
    daemon = testBed.start({ SCALER_ECS_CLUSTER: 'second' });
    await expectTasks(testBed, 4);
    const alive = await aliveTasks(testBed);
    const inOld = alive.filter((task) => isIn('scaler-cluster', task));
    const inNew = alive.filter((task) => isIn('second', task));
    testBed.check(inOld.length === 2 && inNew.length === 2, 'two tasks run in each cluster');

    const ended = inNew[0]?.taskArn ?? '';
    await emulator.applyFault(ended, 'exit');
    const isNoticed = () => state.ledger().owner(ended) === undefined;
    const noticed = 'a task that died in the new cluster is noticed';
    await eventually(noticed, 20_000, isNoticed, daemon)
      .then(() => testBed.check(true, noticed))
      .catch((error: Error) => testBed.check(false, error.message));
    await sleep(20_000);
    const groups = state.ledger().groups();
    testBed.check(
      groups.filter((group) => isIn('scaler-cluster', group)).length === 2,
      'the tasks of the old cluster are still ours',
    );
    const log = await testBed.readLog();
    // What repeats is in the log of debugging only.
    const reported = /"level":"warn".*"event":"describeTasks.(partial|failed)"/g;
    const lines = log.match(reported)?.length ?? 0;
    testBed.check(lines > 0 && lines < 6, `the missing cluster is reported ${lines} times`);
    testBed.check(/\(cluster scaler-cluster\)/.test(log), 'by its name');

    proxy.replaceAnswer = null;
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left in either cluster');
  },
};

async function expectTasks(testBed: TestBed, count: number): Promise<void> {
  await eventually(`${count} tasks`, 30_000, async () => {
    const owned = testBed.state.ledger().groups().length;
    return owned === count && (await aliveTasks(testBed)).length === count;
  });
}
