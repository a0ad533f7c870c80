import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Row } from '../bench.ts';
import { cpuSeconds } from '../process.ts';
import type { Stage } from '../stage.ts';

/** Of a start with AWS answering after 250 ms, and of one with AWS answering at once. */
const latenciesMs = [250, 0] as const;

/** The rows of a latency of AWS. */
const rowIds = (latencyMs: number) => {
  const suffix = latencyMs === 0 ? 'AtOnce' : '';
  return {
    heartbeat: `start.heartbeat${suffix}`,
    cpu: `start.cpu${suffix}`,
    firstTask: `start.firstTask${suffix}`,
    again: `start.again${suffix}`,
  };
};

const readsProgram =
  'Node itself needs 0.06 s; the rest is reading, compiling and running 0.7 MB of program and checking the settings. Where NODE_COMPILE_CACHE names a directory, Node.js 22 and newer keep there what they have compiled: in a run of 2026-11-28 with Node.js 26 a sixth less; the program does not call module.enableCompileCache() by itself: the state directory is known only after the settings are read, and the default is a directory for temporary files';

const settledRow: Row = {
  id: 'start.settled',
  what: 'AWS answers after 250 ms: process start to first RunTask, first start, in a cluster that exists',
  unit: 's',
  goal: 11.5,
  limit: '10 s',
  why: 'settle_seconds, 10 s, and what start.again needs',
};

function rowsOf(latencyMs: number): Row[] {
  const ids = rowIds(latencyMs);
  const answers = latencyMs === 0 ? 'AWS answers at once' : `AWS answers after ${latencyMs} ms`;
  const isSlow = latencyMs > 0;
  return [
    {
      ...{ id: ids.heartbeat, what: `${answers}: process start to first heartbeat`, unit: 's' },
      ...{ goal: 0.2, limit: 'Node itself', why: readsProgram },
    },
    {
      ...{ id: ids.cpu, what: `${answers}: CPU time until then`, unit: 's' },
      ...{ goal: 0.2, why: `see ${ids.heartbeat}` },
    },
    {
      id: ids.firstTask,
      what: `${answers}: process start to first RunTask, first start, no cluster yet`,
      unit: 's',
      goal: isSlow ? 1.5 : 0.38,
      why: isSlow
        ? 'a first start makes role, cluster and task definition in calls of 250 ms that need each other; start.again is the same without them'
        : `our CPU time: after what ${ids.heartbeat} needs, the clients of the AWS SDK are read and compiled, and role, cluster and task definition are made`,
    },
    {
      id: ids.again,
      what: `${answers}: the same after an orderly end`,
      unit: 's',
      goal: isSlow ? 1.5 : 0.38,
      why: isSlow
        ? 'what start.heartbeat needs, and then calls of 250 ms that need each other'
        : `see ${ids.firstTask}`,
    },
  ];
}

/** Process starts where AWS answers so late: a first one, one after an orderly end, and a first one in that cluster. */
async function startAgainAndAgain(
  stage: Stage,
  latencyMs: number,
  nodeArgs: string[],
): Promise<Record<string, number>> {
  const ids = rowIds(latencyMs);
  const emulator = await stage.emulator({ latencyMs });
  const scheduler = await stage.scheduler({ workers: 1, relayTo: emulator.url });
  const begin = (stateDir: string) =>
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
  const stateDir = stage.folder();
  const manager = begin(stateDir);
  const { at } = await scheduler.waitFor('heartbeat');
  const cpu = cpuSeconds(manager.pid);
  const first = await firstTask(manager.startedAt);
  await sleep(2000);
  const values: Record<string, number> = {
    [ids.heartbeat]: (at - manager.startedAt) / 1000,
    [ids.cpu]: cpu,
    [ids.firstTask]: first,
  };
  // The original keeps nothing that a second start could use.
  if (stage.side.name !== 'ours') return values;
  await manager.terminate();
  const next = begin(stateDir);
  values[ids.again] = await firstTask(next.startedAt);
  // It only waits longer: one latency shows it.
  if (latencyMs === 0) return values;
  await sleep(2000);
  await next.terminate();
  const other = begin(stage.folder());
  values[settledRow.id] = await firstTask(other.startedAt);
  return values;
}

/** From the start of the process to its first heartbeat, and to its first RunTask. */
export const start: Bench = {
  name: 'start',
  what: 'one task is desired from the beginning',
  rows: [...latenciesMs.flatMap(rowsOf), settledRow],
  async run(stage, { nodeArgs }) {
    const values: Record<string, number> = {};
    for (const latencyMs of latenciesMs) {
      Object.assign(values, await startAgainAndAgain(stage, latencyMs, nodeArgs));
      await stage.close();
    }
    return values;
  },
};
