import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const desiredTasks = 5;

/** 500 after RunTask was carried out, kill -9, the token expired, the journal two hours old: adopted, not bought again. */
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
    testBed.check(open.length === 1, `killed with ${open.length} launch open`);
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
    testBed.check(calls.RunTask === 1, `${calls.RunTask} RunTask`);
    testBed.check(tasks.length === desiredTasks, `${tasks.length} tasks of ${desiredTasks} wanted`);
    testBed.check(await adopted(), `all are the daemon's (${state.ledger().groups().length})`);
    testBed.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask`);
    await testBed.stop(second, 70_000);
  },
};
