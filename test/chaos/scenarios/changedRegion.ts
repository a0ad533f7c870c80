import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const regionOf = ({ taskArn }: { taskArn: string }) => taskArn.split(':')[3];

/** The setting aws_region changes while tasks run: those of the earlier region stay ours, count, and are stopped where they run. */
export const changedRegion: Scenario = {
  setup: {
    name: 'changedRegion',
    daemonFlags: ['--max-task-concurrency', '9', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: false,
    env: { SCALER_AWS_REGION: 'us-east-1' },
  },
  async run(testBed) {
    const { scheduler, state } = testBed;
    const expectTasks = (count: number) =>
      eventually(`${count} tasks`, 30_000, async () => {
        const owned = state.ledger().groups().length;
        return owned === count && (await aliveTasks(testBed)).length === count;
      });
    scheduler.desiredWorkers = 2;
    let daemon = testBed.start();
    await expectTasks(2);
    await testBed.kill(daemon);

    scheduler.desiredWorkers = 3;
    daemon = testBed.start({ SCALER_AWS_REGION: 'eu-west-1' });
    await expectTasks(3);
    await sleep(15_000);
    const regions = (await aliveTasks(testBed)).map(regionOf).sort();
    testBed.check(
      `${regions}` === 'eu-west-1,us-east-1,us-east-1',
      `one task was launched in the new region, and both of the earlier one are kept (${regions})`,
    );
    testBed.check(
      (await testBed.ownTasks()).length === 3,
      `${(await testBed.ownTasks()).length} tasks were launched in total`,
    );
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left in either region');
  },
};
