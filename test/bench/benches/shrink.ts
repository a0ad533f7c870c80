import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { untilCalm } from '../stage.ts';

/** All tasks are idle, and none is desired any more. */
export const shrink: Bench = {
  name: 'shrink',
  what: '1,000 idle tasks to none, AWS answers after 250 ms',
  originalRounds: 0,
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
    const all = groups ?? 1000;
    const emulator = await stage.emulator({ latencyMs: 250 });
    const scheduler = await stage.scheduler({ workers: all });
    // AWS's own rate for StopTask, which is the limit of this row.
    const args = [
      ...['--launch-burst', '100000', '--launch-rate', '100000'],
      ...['--scale-down-cooldown-seconds', '0'],
    ];
    const manager = stage.manager({ emulator, scheduler, args, nodeArgs });
    const { tasks } = await emulator.until(
      'all run',
      (ledger) => ledger.tasks.filter((task) => task.lastStatus === 'RUNNING').length >= all,
    );
    const show = (ids: string[]) => scheduler.show({ ask: 'list', taskIds: ids, each: 1 });
    await show(tasks.map(({ taskId }) => taskId));
    await untilCalm(manager.pid);
    await sleep(5000);
    const at = await scheduler.want(0, true);
    for (;;) {
      const ledger = await emulator.ledger();
      const alive = ledger.tasks.filter((task) => task.desiredStatus !== 'STOPPED');
      await show(alive.map(({ taskId }) => taskId));
      const stoppedAt = ledger.tasks.flatMap(({ stoppingAt }) => stoppingAt ?? []);
      if (alive.length === 0)
        return {
          'shrink.time': (Math.max(...stoppedAt) - at) / 1000,
          'shrink.calls': ledger.calls.StopTask ?? 0,
        };
      await sleep(500);
    }
  },
};
