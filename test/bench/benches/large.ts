import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
async function untilKnown(
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

/** A large fleet: its launch, what it costs while nothing happens, and restarts with and without its journal. */
export const large: Bench = {
  name: 'large',
  what: '10,000 groups, AWS answers after 250 ms, quotas lifted',
  rounds: 1,
  originalRounds: 0,
  rows: [
    { id: 'large.launch', what: 'until all are created', unit: 's', goal: 6, limit: '2.5 s' },
    { id: 'large.cpu', what: 'CPU time of the launch', unit: 's', goal: 4 },
    {
      id: 'large.silence',
      what: 'longest pause between heartbeats meanwhile',
      unit: 's',
      goal: 2.1,
    },
    { id: 'large.memory', what: 'resident memory, all running', unit: 'MB', goal: 180 },
    {
      id: 'large.steady',
      what: 'of a core while nothing happens, with the monitor stream',
      unit: '%',
      goal: 3,
    },
    {
      id: 'large.intact',
      what: 'kill -9, journal intact: until all tasks are described',
      unit: 's',
      goal: 2,
      limit: '5 s of reads',
    },
    {
      id: 'large.lost',
      what: 'kill -9, journal lost: until all tasks are described',
      unit: 's',
      goal: 20,
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
    await scheduler.show({ ask: 'list', taskIds: tasks.map(({ taskId }) => taskId), each: 1 });
    await untilCalm(manager.pid);
    await sleep(20_000);
    const steady = cpuMeter(manager.pid);
    await sleep(steadyMs);
    const percent = (100 * steady()) / (steadyMs / 1000);
    const memory = residentMb(manager.pid);
    await manager.kill();
    const second = begin();
    const intact = await untilKnown(emulator, second, all / 100);
    await untilCalm(second.pid);
    await second.kill();
    for (const name of readdirSync(stateDir, { recursive: true, encoding: 'utf8' }))
      if (/(^|\/)journal$/.test(name)) rmSync(join(stateDir, name));
    const again = begin();
    const lost = await untilKnown(emulator, again, all / 100);
    return {
      'large.launch': (Math.max(...tasks.map(({ createdAt }) => createdAt)) - at) / 1000,
      'large.cpu': cpu,
      'large.silence': silence / 1000,
      'large.memory': memory,
      'large.steady': percent,
      'large.intact': intact,
      'large.lost': lost,
    };
  },
};
