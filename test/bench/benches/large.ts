import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlClient, connectControl } from '../../../src/control/client.ts';
import type { Bench } from '../bench.ts';
import { epochMs } from '../child.ts';
import { residentMb } from '../process.ts';
import {
  type BenchManager,
  cpuMeter,
  longestSilence,
  type Stage,
  unlimited,
  untilCalm,
} from '../stage.ts';

const steadyMs = 30_000;

/** How long until the manager describes the tasks of every group again. */
async function untilDescribed(
  emulator: Awaited<ReturnType<Stage['emulator']>>,
  manager: BenchManager,
  pages: number,
): Promise<number> {
  const { executed } = await emulator.ledger();
  const before = executed.DescribeTasks ?? 0;
  await emulator.until(
    'all tasks are described again',
    (ledger) => (ledger.executed.DescribeTasks ?? 0) - before >= pages,
  );
  return (epochMs() - manager.startedAt) / 1000;
}

/** How long until the manager has a group for each task. */
async function untilKnown({ stateDir, startedAt }: BenchManager, groups: number): Promise<number> {
  const dir = join(stateDir, readdirSync(stateDir)[0] ?? '');
  const connect = (): Promise<ControlClient> =>
    connectControl(dir).catch(() => sleep(20).then(connect));
  const client = await connect();
  try {
    while ((await client.ask('status', {})).fleet.groups.total < groups) await sleep(20);
    return (epochMs() - startedAt) / 1000;
  } finally {
    client.close();
  }
}

/** CPU time of a core once the work that has begun is done, %. */
async function steadyPercent(pid: number): Promise<number> {
  await untilCalm(pid);
  await sleep(20_000);
  const cpu = cpuMeter(pid);
  await sleep(steadyMs);
  return (100 * cpu()) / (steadyMs / 1000);
}

/** A large fleet: its launch, what it costs while nothing happens, and restarts with and without its journal. */
export const large: Bench = {
  name: 'large',
  what: '10,000 groups, AWS answers after 250 ms, quotas lifted',
  originalRounds: 0,
  rows: [
    {
      id: 'large.launch',
      what: 'until all are created',
      unit: 's',
      goal: 6,
      limit: '2.5 s',
      why: 'no limit and no pause holds it back: the event loop is idle for 1 % of it. It is our CPU time (see large.cpu), on two cores shared with the emulator, which needs 2 to 4 s',
    },
    {
      id: 'large.cpu',
      what: 'CPU time of the launch',
      unit: 's',
      goal: 4,
      why: 'XState, which runs an actor for each group, launch and effect, 23 %; the AWS SDK 15 %; garbage collection 14 %; files and HTTP of Node 16 %; our machines 15 %; log, journal and the rest 17 %; no function of ours takes 2 %',
    },
    {
      id: 'large.silence',
      what: 'longest pause between heartbeats meanwhile',
      unit: 's',
      goal: 2.1,
    },
    {
      id: 'large.memory',
      what: 'resident memory, all running',
      unit: 'MB',
      goal: 180,
      why: 'the heap after a garbage collection is 70 MB; the rest is memory of the process that the launch has needed and that is not given back: V8 lets the old generation grow far before it collects it. Node.js 20 needs 286 MB, with --optimize-for-size 156, with --initial-old-space-size=16 --heap-growing-percent=25 203, for 2.5 and 1.4 times the CPU time of the launch and 6 and 3 times that of the steady state',
    },
    {
      id: 'large.steady',
      what: 'of a core while nothing happens, with the monitor stream',
      unit: '%',
      goal: 3,
      why: 'five DescribeTasks a second, so that each of 10,000 tasks is looked at every 20 s, and fewer would break that promise. Of the CPU time garbage collection is 20 %, actors 15 %, the rest mostly the SDK and HTTP; the list of 10,000 workers, once a second, is 4 %',
    },
    {
      id: 'large.blind',
      what: 'of a core while nothing happens, without it',
      unit: '%',
      goal: 3,
      why: 'the same DescribeTasks as with the stream',
    },
    {
      id: 'large.known',
      what: 'kill -9, journal intact: until each task has its group again',
      unit: 's',
      goal: 2,
    },
    {
      id: 'large.intact',
      what: 'kill -9, journal intact: until all tasks are described',
      unit: 's',
      goal: 2,
      limit: '5 s of reads',
      why: 'the monitor stream lists 10,000 workers while 10,000 groups are made again: 10 s of CPU time instead of 6 s without it',
    },
    {
      id: 'large.lost',
      what: 'kill -9, journal lost: until all tasks are described',
      unit: 's',
      goal: 20,
      why: 'ECS may not list yet what was launched in the last 10 s, so the list begins after that; its 100 pages come one after another, 250 ms each: 35 s at least',
    },
  ],
  async run(stage, { groups, nodeArgs }) {
    const all = groups ?? 10_000;
    const emulator = await stage.emulator({ latencyMs: 250 });
    const scheduler = await stage.scheduler();
    const stateDir = stage.folder();
    const begin = () => stage.manager({ emulator, scheduler, stateDir, args: unlimited, nodeArgs });
    const manager = begin();
    await emulator.until('our tasks are listed', ({ calls }) => (calls.ListTasks ?? 0) > 0);
    await sleep(1500);
    await scheduler.heartbeats();
    const launchCpu = cpuMeter(manager.pid);
    const at = await scheduler.want(all, true);
    const { tasks } = await emulator.until(
      'all are created',
      (ledger) => ledger.tasks.length >= all,
    );
    const cpu = launchCpu();
    const silence = longestSilence(at, await scheduler.heartbeats());
    const blind = await steadyPercent(manager.pid);
    await scheduler.show({ ask: 'list', taskIds: tasks.map(({ taskId }) => taskId), each: 1 });
    const steady = await steadyPercent(manager.pid);
    const memory = residentMb(manager.pid);
    await manager.kill();
    const second = begin();
    const [known, intact] = await Promise.all([
      untilKnown(second, all),
      untilDescribed(emulator, second, all / 100),
    ]);
    await untilCalm(second.pid);
    await second.kill();
    for (const name of readdirSync(stateDir, { recursive: true, encoding: 'utf8' }))
      if (/(^|\/)journal$/.test(name)) rmSync(join(stateDir, name));
    const again = begin();
    const lost = await untilDescribed(emulator, again, all / 100);
    return {
      'large.launch': (Math.max(...tasks.map(({ createdAt }) => createdAt)) - at) / 1000,
      'large.cpu': cpu,
      'large.silence': silence / 1000,
      'large.memory': memory,
      'large.steady': steady,
      'large.blind': blind,
      'large.known': known,
      'large.intact': intact,
      'large.lost': lost,
    };
  },
};
