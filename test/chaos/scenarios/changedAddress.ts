import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { startScheduler } from '../scheduler.ts';
import { aliveTasks } from '../testBed.ts';

/**
 * The scheduler moves to another address while the tasks of a fleet with a fleet id run, and the daemon is killed: the
 * next start keeps them, by its journal; a start that has lost the journal takes them over.
 */
export const changedAddress: Scenario = {
  setup: {
    name: 'changedAddress',
    daemonFlags: ['--max-task-concurrency', '4', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: false,
    fleetId: 'moving',
  },
  async run(testBed) {
    const { scheduler, state } = testBed;
    const expectFour = () =>
      eventually('4 tasks, all owned', 30_000, async () => {
        const alive = (await aliveTasks(testBed)).map(({ taskArn }) => taskArn);
        const owned = new Set(
          state
            .ledger()
            .groups()
            .map(({ taskArn }) => taskArn),
        );
        return alive.length === 4 && owned.size === 4 && alive.every((arn) => owned.has(arn));
      });
    scheduler.desiredWorkers = 4;
    let daemon = testBed.start();
    await expectFour();
    await testBed.kill(daemon);

    const moved = [
      await startScheduler({ monitored: false }),
      await startScheduler({ monitored: false }),
    ];
    try {
      for (const [index, other] of moved.entries()) {
        if (index > 0) state.remove();
        other.desiredWorkers = 4;
        daemon = testBed.start({}, other.address);
        await eventually('the scheduler is heard', 30_000, () => other.heartbeats > 2);
        await expectFour();
        await sleep(6000);
        await expectFour();
        const launched = (await testBed.ownTasks()).length;
        testBed.check(launched === 4, `${launched} tasks were launched in total`);
        if (index === 0) await testBed.kill(daemon);
      }
      testBed.check(
        !(await testBed.readLog()).includes('orphan.leftToOtherScheduler'),
        'no task is taken for that of another scheduler',
      );
      const { code } = await testBed.stop(daemon, 70_000);
      testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
      testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left');
    } finally {
      for (const other of moved) other.close();
    }
  },
};
