import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { residentMb } from '../process.ts';
import { unlimited, untilCalm } from '../stage.ts';

/** Memory of a manager that has nothing to do, and of one with a thousand groups. */
export const footprint: Bench = {
  name: 'footprint',
  what: 'resident memory, AWS answers at once',
  rounds: 1,
  originalRounds: 1,
  rows: [
    {
      id: 'footprint.idle',
      what: 'nothing is desired',
      unit: 'MB',
      goal: 70,
      limit: 'Node itself',
    },
    { id: 'footprint.running', what: '1,000 groups run', unit: 'MB', goal: 95 },
  ],
  async run(stage, { groups, nodeArgs }) {
    const all = groups ?? 1000;
    const emulator = await stage.emulator();
    const scheduler = await stage.scheduler();
    const args = stage.side.name === 'ours' ? unlimited : [];
    const manager = stage.manager({ emulator, scheduler, args, nodeArgs });
    await scheduler.waitFor('heartbeat');
    await sleep(5000);
    const idle = residentMb(manager.pid);
    await scheduler.want(all, true);
    const { tasks } = await emulator.until(
      'all are created',
      (ledger) => ledger.tasks.length >= all,
    );
    await scheduler.show({ ask: 'list', taskIds: tasks.map(({ taskId }) => taskId), each: 1 });
    await untilCalm(manager.pid);
    await sleep(20_000);
    return { 'footprint.idle': idle, 'footprint.running': residentMb(manager.pid) };
  },
};
