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
}

interface Ended {
  /** From the command to the last StopTask, s. */
  seconds: number;
  /** CPU time of the manager from the command until it is at rest, s. */
  cpu: number;
  /** Of StopTask. */
  calls: number;
}

/** A scheduler desires none of many tasks any more, and all of them are idle. */
export async function endAll(
  stage: Stage,
  { groups, args, nodeArgs, latencyMs }: Ending,
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
  await sleep(5000);
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
    };
  }
}

/** All tasks are idle, and none is desired any more. */
export const shrink: Bench = {
  name: 'shrink',
  what: '1,000 idle tasks to none, AWS answers after 250 ms',
  originalRounds: 1,
  rows: [
    {
      id: 'shrink.time',
      what: 'until the last StopTask',
      unit: 's',
      goal: 23,
      limit: '22.5 s',
      why: 'AWS allows 100 StopTask at once and then 40 a second: the last of 1,000 leaves 22.5 s after the first',
    },
    { id: 'shrink.calls', what: 'StopTask calls', unit: 'calls', goal: 1000 },
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
