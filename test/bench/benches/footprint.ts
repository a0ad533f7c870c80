import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { residentMb } from '../process.ts';
import { unlimited, untilCalm } from '../stage.ts';

/** Memory of a manager that has nothing to do, and of one with a thousand groups. */
export const footprint: Bench = {
  name: 'footprint',
  what: 'resident memory, AWS answers at once',
  rows: [
    {
      id: 'footprint.idle',
      what: 'nothing is desired',
      unit: 'MB',
      goal: 70,
      why: 'Node itself has 43 MB, and 11 MB more of its binary are read by what the program uses; the heap is 16 MB after a garbage collection: compiled code 6, source text 2.5, objects of the AWS SDK, XState and the settings; the rest is the young generation (Node.js 26, 2026-11-28). Node.js 20 needed 74 MB',
      limit: 'Node itself',
    },
    {
      id: 'footprint.running',
      what: '1,000 groups run',
      unit: 'MB',
      goal: 95,
      why: "garbage that V8 does not collect yet, in a young generation of up to 67 MB with Node.js 26 (with Node.js 20 34 MB, and 145 MB in all). With node's --initial-old-space-size=16 --max-semi-space-size=4 it is 139 MB with Node.js 26 (with Node.js 20 103) and costs no more CPU time (2026-11-28). V8 takes these flags when Node starts; deploy/Dockerfile and deploy/systemd give them, and this row runs the command without them",
    },
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
    await scheduler.desire(all, true);
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
