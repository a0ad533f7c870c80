import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { alive } from '../world.ts';

const wanted = 5;

/** 500 after RunTask was carried out, kill -9, the token expired, the journal two hours old: adopted, not bought again. */
export const agedJournal: Scenario = {
  setup: {
    name: 'agedJournal',
    daemonFlags: ['--max-task-concurrency', '10', '--sweep-seconds', '2', '--settle-seconds', '1'],
    monitored: false,
  },
  async play(world) {
    const { cloud, proxy, scheduler, state, processes } = world;
    await cloud.faults([{ operation: 'RunTask', do: 'error500After' }]);
    scheduler.wanted = wanted;
    const first = world.start();
    proxy.watch = ({ operation, moment }) => {
      if (operation === 'RunTask' && moment === 'answered') processes.signal(first, 'SIGKILL');
      return false;
    };
    await first.ended;
    proxy.watch = null;
    const open = state.ledger().openLaunches();
    world.check(open.length === 1, `killed with ${open.length} launch open`);
    state.age(2 * 3_600_000);
    await cloud.faults([{ operation: '*', when: { times: 1 }, do: 'forgetTokens' }]);

    const second = world.start();
    const adopted = async () => {
      const owned = new Set(
        state
          .ledger()
          .groups()
          .map(({ taskArn }) => taskArn),
      );
      return (await alive(world)).every(({ taskArn }) => owned.has(taskArn));
    };
    await eventually('every task is adopted', 30_000, adopted, second);
    await sleep(15_000);
    const { calls, tasks } = await cloud.ledger();
    world.check(calls.RunTask === 1, `${calls.RunTask} RunTask`);
    world.check(tasks.length === wanted, `${tasks.length} tasks of ${wanted} wanted`);
    world.check(await adopted(), `all are the daemon's (${state.ledger().groups().length})`);
    world.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask`);
    await world.stop(second, 70_000);
  },
};
