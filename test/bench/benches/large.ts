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
import { cpuWatchMs, silence, silenceWatchMs } from './launch.ts';

const steadyMs = 30_000;
/** The longest pause before our manager connects to the monitor stream again. */
const longestReconnectMs = 15_000;

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
    while ((await client.ask('status', {})).fleet.groups.total < groups) await sleep(50);
    return (epochMs() - startedAt) / 1000;
  } finally {
    client.close();
  }
}

/** CPU time of a core once the work that has begun is done, %. */
async function steadyPercent(pid: number): Promise<number> {
  await untilCalm(pid);
  // The manager has connected to the monitor stream, if there is one, and has its list.
  await sleep(longestReconnectMs + 5000);
  const cpu = cpuMeter(pid);
  await sleep(steadyMs);
  return (100 * cpu()) / (steadyMs / 1000);
}

/** The longest own delay of the event loop while the monitor stream first lists the workers of a fleet at rest, ms. */
async function firstListDelay(stage: Stage, groups: number, nodeArgs: string[]): Promise<number> {
  const emulator = await stage.emulator();
  const scheduler = await stage.scheduler({ workers: groups, isStreamed: false });
  const probed = { args: unlimited, nodeArgs, isProbed: true };
  const manager = stage.manager({ emulator, scheduler, ...probed });
  const { tasks } = await emulator.until(
    'all are created',
    (ledger) => ledger.tasks.length >= groups,
  );
  await sleep(longestReconnectMs);
  await untilCalm(manager.pid);
  await manager.probe();
  await scheduler.show({ ask: 'list', taskIds: tasks.map(({ taskId }) => taskId), each: 1 });
  await sleep(longestReconnectMs + 2000);
  return (await manager.probe()).ownDelayMs;
}

/** A large fleet: its launch, what it costs while nothing happens, and restarts with and without its journal. */
export const large: Bench = {
  name: 'large',
  what: '10,000 groups, AWS answers after 250 ms, quotas lifted',
  // 10,000 launches.
  originalRounds: 0,
  rows: [
    {
      id: 'large.launch',
      what: 'until all are created',
      unit: 's',
      goal: 6,
      limit: '0.875 s',
      why: 'no limit and no pause holds it back: it is our CPU time (see large.cpu), on two cores that are shared with the emulator and the stand-in scheduler. The limit: 1,000 RunTask over the 250 connections of this bench are four rounds of 0.25 s, and the emulator creates tasks after half of the last one',
    },
    {
      id: 'large.cpu',
      what: 'CPU time of the launch, until 2 s after the last creation',
      unit: 's',
      goal: 4,
      why: 'XState, which runs an actor for each group, launch and effect, 19 %; garbage collection 18 %; our machines 12 %; native functions of Node, mostly writes of sockets and files, 12 %; JavaScript of Node 10 %; the AWS SDK 8 %; our part of the calls to AWS 8 %; log, journal, wiring and compiling the rest; no function of ours has more than 4 % (shares of a profile of 2026-11-28 at 242248a3, Node.js 26.10.0)',
    },
    { id: 'large.silence', ...silence },
    {
      id: 'large.memory',
      what: 'resident memory, all running',
      unit: 'MB',
      goal: 180,
      why: 'memory that the launch has needed and that V8 does not give back: the heap after a garbage collection is 70 MB. Node.js 20 needed 286 MB; with --optimize-for-size 156, for 2.5 times the CPU time of the launch and 6 times that of the steady state; with --initial-old-space-size=16 --heap-growing-percent=25 203, for 1.4 times and 3 times (single runs of 2026-11-27)',
    },
    {
      id: 'large.steady',
      what: 'of a core while nothing happens, with the monitor stream',
      unit: '%',
      goal: 3,
      why: 'five DescribeTasks a second, so that each of 10,000 tasks is looked at within 20 s, and the list of all our tasks, 100 ListTasks, every 100 s. In a profile of 2026-11-28 at 242248a3, Node.js 26.10.0, where that list came every 30 s and was read six times, matching it with the tasks that are known had 33 % of the CPU time, and calls to AWS, the SDK and HTTP about a third; the monitor stream, which lists 10,000 workers once a second, had 8 to 11 %',
    },
    {
      id: 'large.blind',
      what: 'of a core while nothing happens, where nothing listens at the port of the monitor stream',
      unit: '%',
      goal: 3,
      why: 'the same calls as with the stream, see large.steady',
    },
    {
      id: 'large.list',
      what: 'longest delay of the event loop, own work, around the first list of all workers (a run of its own, with the probe)',
      unit: 'ms',
      goal: 50,
      why: 'the message that lists 10,000 workers is decoded, matched with the tasks and compared with what was known in one turn of the event loop',
    },
    {
      id: 'large.known',
      what: 'kill -9, journal intact: until each task has its group again',
      unit: 's',
      goal: 2,
      why: 'the program starts (see start.heartbeat) and reads a journal of 10,000 groups, each of which becomes an actor again',
    },
    {
      id: 'large.intact',
      what: 'kill -9, journal intact: until all tasks are described',
      unit: 's',
      goal: 5,
      limit: '5 s of reads',
      why: 'our own pacing: after a start at most 25 cohorts of a hundred tasks are described at each tick of one second (`firstPollsPerTick` in src/daemon/managerSettings.ts), so 100 cohorts take 4 ticks; before the first one the program starts and reads its journal (see large.known)',
    },
    {
      id: 'large.lost',
      what: 'kill -9, journal lost: until each task has its group again',
      unit: 's',
      goal: 20,
      why: 'ECS may not list yet what was launched in the last 10 s, so the list begins after that; its 100 pages come one after another, 250 ms each: 35 s at least',
    },
  ],
  async run(stage, { groups, nodeArgs }) {
    const all = groups ?? 10_000;
    const emulator = await stage.emulator({ latencyMs: 250 });
    const scheduler = await stage.scheduler({ isStreamed: false });
    const stateDir = stage.folder();
    const begin = () => stage.manager({ emulator, scheduler, stateDir, args: unlimited, nodeArgs });
    const manager = begin();
    await emulator.until('our tasks are listed', ({ calls }) => (calls.ListTasks ?? 0) > 0);
    await sleep(1500);
    const lastHeartbeat = (await scheduler.heartbeats()).at(-1);
    const launchCpu = cpuMeter(manager.pid);
    const at = await scheduler.desire(all, true);
    const { tasks } = await emulator.until(
      'all are created',
      (ledger) => ledger.tasks.length >= all,
    );
    await sleep(cpuWatchMs);
    const cpu = launchCpu();
    await sleep(silenceWatchMs - cpuWatchMs);
    const silentMs = longestSilence(lastHeartbeat ?? at, await scheduler.heartbeats());
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
    const lost = await untilKnown(again, all);
    await stage.close();
    const listDelayMs = await firstListDelay(stage, all, nodeArgs);
    return {
      'large.launch': (Math.max(...tasks.map(({ createdAt }) => createdAt)) - at) / 1000,
      'large.cpu': cpu,
      'large.silence': silentMs / 1000,
      'large.memory': memory,
      'large.steady': steady,
      'large.blind': blind,
      'large.list': listDelayMs,
      'large.known': known,
      'large.intact': intact,
      'large.lost': lost,
    };
  },
};
