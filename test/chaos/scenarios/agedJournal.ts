import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const desiredTasks = 5;

/** RunTask is executed but answered with status 500, the daemon is killed, the client token expires and the journal is two hours old: the restarted daemon adopts the tasks and launches none. */
export const agedJournal: Scenario = {
  setup: {
    name: 'agedJournal',
    daemonFlags: ['--max-task-concurrency', '10', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: false,
  },
  async run(testBed) {
    const { emulator, proxy, scheduler, state, processes } = testBed;
    await emulator.setFaults([{ operation: 'RunTask', do: 'error500After' }]);
    scheduler.desiredWorkers = desiredTasks;
    const first = testBed.start();
    proxy.onCall = ({ operation, stage: moment }) => {
      if (operation === 'RunTask' && moment === 'answered') processes.signal(first, 'SIGKILL');
      return false;
    };
    await first.ended;
    proxy.onCall = null;
    const open = state.ledger().openLaunches();
    testBed.check(open.length === 1, `killed with ${open.length} open launch`);
    state.makeOlder(2 * 3_600_000);
    await emulator.setFaults([{ operation: '*', when: { times: 1 }, do: 'forgetTokens' }]);

    const second = testBed.start();
    const adopted = async () => {
      const owned = new Set(
        state
          .ledger()
          .groups()
          .map(({ taskArn }) => taskArn),
      );
      return (await aliveTasks(testBed)).every(({ taskArn }) => owned.has(taskArn));
    };
    await eventually('every task is adopted', 30_000, adopted, second);
    await sleep(15_000);
    const { calls, tasks } = await emulator.ledger();
    testBed.check(calls.RunTask === 1, `${calls.RunTask} RunTask calls`);
    testBed.check(
      tasks.length === desiredTasks,
      `${tasks.length} tasks of ${desiredTasks} desired`,
    );
    testBed.check(
      await adopted(),
      `the journal contains all tasks (${state.ledger().groups().length})`,
    );
    testBed.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask calls`);
    await testBed.stop(second, 70_000);
  },
};
