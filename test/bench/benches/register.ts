import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { cpuMeter, longestSilence, unlimited, untilCalm } from '../stage.ts';

const workersPerTask = 4;
const perSecond = 2000;

/** Workers of many tasks connect, and the scheduler's monitor stream tells of each. */
export const register: Bench = {
  name: 'register',
  what: '4,000 tasks of 4 workers connect, 2,000 workers a second, one message of the monitor stream each',
  originalRounds: 0,
  rows: [
    {
      id: 'register.silence',
      what: 'longest pause between heartbeats',
      unit: 's',
      goal: 2.1,
      limit: '2 s',
    },
    {
      id: 'register.cpu',
      what: 'CPU time',
      unit: 's',
      goal: 3,
      why: '2.2 to 2.8 s in four runs before, when the machine was faster',
    },
    {
      id: 'register.loop',
      what: 'longest delay of the event loop, own work',
      unit: 'ms',
      goal: 50,
      why: 'what the monitor stream has told in 100 ms, news of 200 workers, is taken in at once, which a garbage collection or a waiting process makes longer',
    },
    { id: 'register.worker', what: 'CPU time a worker', unit: 'ms', goal: 0.2 },
  ],
  async run(stage, { groups, nodeArgs, isProbed = true }) {
    const tasks = groups ?? 4000;
    const emulator = await stage.emulator();
    const scheduler = await stage.scheduler({ workers: tasks * workersPerTask });
    const manager = stage.manager({
      ...{ emulator, scheduler, workersPerTask, nodeArgs, isProbed },
      args: [...unlimited, '--settle-seconds', '1'],
    });
    const { tasks: running } = await emulator.until(
      'all tasks run',
      (ledger) => ledger.tasks.filter((task) => task.lastStatus === 'RUNNING').length >= tasks,
    );
    await untilCalm(manager.pid);
    await sleep(1000);
    if (isProbed) await manager.probe();
    await scheduler.heartbeats();
    const cpu = cpuMeter(manager.pid);
    const at = await scheduler.show({
      ask: 'connect',
      taskIds: running.map(({ taskId }) => taskId),
      each: workersPerTask,
      perSecond,
    });
    await untilCalm(manager.pid);
    const seconds = cpu();
    const silence = longestSilence(at, await scheduler.heartbeats());
    return {
      'register.silence': silence / 1000,
      'register.cpu': seconds,
      ...(isProbed && { 'register.loop': (await manager.probe()).ownDelayMs }),
      'register.worker': (1000 * seconds) / (tasks * workersPerTask),
    };
  },
};
