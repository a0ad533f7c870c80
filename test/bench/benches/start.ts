import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { cpuSeconds } from '../process.ts';

/** From the start of the process to its first heartbeat, and to its first RunTask. */
export const start: Bench = {
  name: 'start',
  what: 'one task is desired from the beginning; AWS answers after 250 ms',
  rows: [
    {
      id: 'start.heartbeat',
      what: 'process start to first heartbeat',
      unit: 's',
      goal: 0.2,
      limit: 'Node itself',
      why: 'Node itself needs 0.06 s; the rest is reading, compiling and running 0.7 MB of program and checking the settings; with the directory of NODE_COMPILE_CACHE, in which Node.js 22 and newer keep what they have compiled, it is a sixth less',
    },
    {
      id: 'start.cpu',
      what: 'CPU time until then',
      unit: 's',
      goal: 0.2,
      why: 'see start.heartbeat',
    },
    {
      id: 'start.firstTask',
      what: 'process start to first RunTask, first start, no cluster yet',
      unit: 's',
      goal: 1.5,
      why: 'a first start makes role, cluster and task definition in calls of 250 ms that need each other; start.again is the same without them',
    },
    { id: 'start.again', what: 'the same after an orderly end', unit: 's', goal: 1.5 },
  ],
  async run(stage, { nodeArgs }) {
    const emulator = await stage.emulator({ latencyMs: 250 });
    const scheduler = await stage.scheduler({ workers: 1, relayTo: emulator.url });
    const stateDir = stage.folder();
    const begin = () =>
      stage.manager({
        emulator,
        scheduler,
        url: scheduler.relay ?? emulator.url,
        stateDir,
        nodeArgs,
      });
    const firstTask = async (after: number) => {
      const { at } = await scheduler.waitFor(
        'request',
        ({ operation, at }) => operation === 'RunTask' && at > after,
      );
      return (at - after) / 1000;
    };
    const manager = begin();
    const { at } = await scheduler.waitFor('heartbeat');
    const cpu = cpuSeconds(manager.pid);
    const first = await firstTask(manager.startedAt);
    await sleep(2000);
    const values = {
      'start.heartbeat': (at - manager.startedAt) / 1000,
      'start.cpu': cpu,
      'start.firstTask': first,
    };
    // The original keeps nothing that a second start could use.
    if (stage.side.name !== 'ours') return values;
    await manager.terminate();
    const next = begin();
    return { ...values, 'start.again': await firstTask(next.startedAt) };
  },
};
