import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { cpuMeter, type Stage, untilCalm } from '../stage.ts';

/** The original needs a quarter of a second for each call: a tenth of the tasks show how long all would take. */
export const shareOfOriginal = 10;

interface Ending {
  groups: number;
  /** For our manager. */
  args: string[];
  nodeArgs: string[];
  latencyMs: number;
  /** For so long it is measured what the fleet costs while nothing happens, ms. Left out: not at all. */
  steadyMs?: number;
}

interface Ended {
  /** From the command to the last StopTask, s. */
  seconds: number;
  /** CPU time of the manager from the command until it is at rest, s. */
  cpu: number;
  /** Of StopTask. */
  calls: number;
  /** CPU time of a core before, while nothing happened, %; not measured: NaN. */
  steady: number;
}

/** So long after its launch, once it is at rest, a fleet is taken to be as it stays, ms. */
const settledMs = 10_000;

/** A scheduler desires none of many tasks any more, and all of them are idle. */
export async function endAll(
  stage: Stage,
  { groups, args, nodeArgs, latencyMs, steadyMs = 0 }: Ending,
): Promise<Ended> {
  const emulator = await stage.emulator({ latencyMs });
  const scheduler = await stage.scheduler({ workers: groups });
  const cooldown = stage.side.name === 'ours' ? ['--scale-down-cooldown-seconds', '0'] : [];
  const manager = stage.manager({ emulator, scheduler, args: [...args, ...cooldown], nodeArgs });
  const { tasks } = await emulator.until(
    'all run',
    (ledger) => ledger.tasks.filter((task) => task.lastStatus === 'RUNNING').length >= groups,
  );
  const show = (ids: string[]) => scheduler.show({ ask: 'list', taskIds: ids, each: 1 });
  await show(tasks.map(({ taskId }) => taskId));
  await untilCalm(manager.pid);
  await sleep(steadyMs > 0 ? settledMs : 5000);
  const steadyCpu = cpuMeter(manager.pid);
  await sleep(steadyMs);
  const steady = steadyMs > 0 ? steadyCpu() / (steadyMs / 100_000) : Number.NaN;
  const cpu = cpuMeter(manager.pid);
  const at = await scheduler.command(0);
  for (;;) {
    const ledger = await emulator.ledger();
    const alive = ledger.tasks.filter((task) => task.desiredStatus !== 'STOPPED');
    await show(alive.map(({ taskId }) => taskId));
    if (alive.length > 0) {
      await sleep(500);
      continue;
    }
    // Until the manager has seen that they have stopped.
    await sleep(5000);
    await untilCalm(manager.pid);
    const stoppedAt = ledger.tasks.flatMap(({ stoppingAt }) => stoppingAt ?? []);
    return {
      seconds: (Math.max(...stoppedAt) - at) / 1000,
      cpu: cpu(),
      calls: ledger.calls.StopTask ?? 0,
      steady,
    };
  }
}

/** All tasks are idle, and none is desired any more. */
export const shrink: Bench = {
  name: 'shrink',
  what: '1,000 idle tasks to none, AWS answers after 250 ms',
  rows: [
    {
      id: 'shrink.time',
      what: 'until the last StopTask',
      unit: 's',
      goal: 23,
      limit: '22.5 s',
      why: 'the last of 1,000 StopTask may leave 22.5 s after the first, as AWS allows 100 at once and then 40 a second; what is more than that is our CPU time, from the command to the first of them and to the last',
    },
    {
      ...{ id: 'shrink.calls', what: 'StopTask calls', unit: 'calls', goal: 1000, limit: '1,000' },
      why: 'calls that AWS throttled or did not answer, sent again',
    },
  ],
  async run(stage, { groups, nodeArgs }) {
    const isOurs = stage.side.name === 'ours';
    const share = isOurs ? 1 : shareOfOriginal;
    // AWS's own rate for StopTask, which is the limit of this row.
    const args = isOurs ? ['--launch-burst', '100000', '--launch-rate', '100000'] : [];
    const all = (groups ?? 1000) / share;
    const told = await endAll(stage, { groups: all, args, nodeArgs, latencyMs: 250 });
    return { 'shrink.time': told.seconds * share, 'shrink.calls': told.calls * share };
  },
};
