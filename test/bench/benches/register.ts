import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { cpuMeter, longestSilence, type Stage, unlimited, untilCalm } from '../stage.ts';

const perSecond = 2000;
const workersPerTask = 4;

/** s. */
export const silenceGoal = 2.1;

interface Registering {
  tasks: number;
  workersPerTask: number;
  nodeArgs: string[];
  /** The probe costs CPU time itself. */
  isProbed: boolean;
}

export interface Registered {
  /** Longest pause between heartbeats, s. */
  silence: number;
  /** CPU time of the manager, s. */
  cpu: number;
  /** Longest delay of the event loop by own work, ms; without the probe NaN. */
  ownDelayMs: number;
}

/** All workers of tasks that run connect. */
export async function registerAll(
  stage: Stage,
  { tasks, workersPerTask, nodeArgs, isProbed }: Registering,
): Promise<Registered> {
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
  return {
    cpu: cpu(),
    silence: longestSilence(at, await scheduler.heartbeats()) / 1000,
    ownDelayMs: isProbed ? (await manager.probe()).ownDelayMs : Number.NaN,
  };
}

/** Workers of many tasks connect, and the scheduler's monitor stream tells of each. */
export const register: Bench = {
  name: 'register',
  what: '4,000 tasks of 4 workers connect, 2,000 workers a second, one message of the monitor stream each',
  // It does not read the monitor stream.
  originalRounds: 0,
  rows: [
    {
      id: 'register.silence',
      what: 'longest pause between heartbeats',
      unit: 's',
      goal: silenceGoal,
      limit: '2 s',
      why: 'see launch-free.silence',
    },
    {
      id: 'register.cpu',
      what: 'CPU time',
      unit: 's',
      goal: 3,
      why: 'a message of its own for each of 16,000 workers is decoded; what they say is taken in ten times a second',
    },
    {
      id: 'register.loop',
      what: 'longest delay of the event loop, own work (a run of its own, with the probe)',
      unit: 'ms',
      goal: 50,
      why: 'what the monitor stream has told in 100 ms, news of 200 workers, is taken in in one turn of the event loop; a garbage collection in that turn makes it longer',
    },
    {
      ...{ id: 'register.worker', what: 'CPU time a worker', unit: 'ms', goal: 0.2 },
      why: 'register.cpu, divided by 16,000',
    },
    {
      ...{ id: 'register.flat', unit: '', goal: 1.3 },
      why: 'work that each worker costs more where there are more of them',
      what: 'CPU time a worker where each task has one, 20,000 tasks : 1,000',
    },
  ],
  async run(stage, { groups, nodeArgs }) {
    const tasks = groups ?? 4000;
    const all = { tasks, workersPerTask, nodeArgs };
    const told = await registerAll(stage, { ...all, isProbed: false });
    await stage.close();
    const probed = await registerAll(stage, { ...all, isProbed: true });
    /** CPU time a worker where each task has one, ms. */
    const ofOneWorker = async (tasks: number) => {
      await stage.close();
      const one = { tasks, workersPerTask: 1, nodeArgs, isProbed: false };
      return (1000 * (await registerAll(stage, one)).cpu) / tasks;
    };
    const ofFew = await ofOneWorker(tasks / 4);
    const ofMany = await ofOneWorker(5 * tasks);
    return {
      'register.silence': told.silence,
      'register.cpu': told.cpu,
      'register.loop': probed.ownDelayMs,
      'register.worker': (1000 * told.cpu) / (tasks * workersPerTask),
      'register.flat': ofMany / ofFew,
    };
  },
};
