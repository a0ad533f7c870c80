import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { unlimited } from '../stage.ts';
import { quantile } from '../statistics.ts';

/** One task more is commanded, again and again. */
export const react: Bench = {
  name: 'react',
  what: 'one task more: the command is written to the socket until RunTask reaches the emulator, which answers at once',
  rows: [
    {
      id: 'react.p50',
      what: 'median',
      unit: 'ms',
      goal: 2,
      why: 'a launch is on disk before it is sent: 0.7 ms in a run of 2026-11-27 (write 0.2, fdatasync 0.4, a stat that shows that the journal still has its name 0.1). The rest is CPU time: V8 itself, which still compiles, 24 %; native functions of Node, mostly writes of socket and file, 24 %; XState 14 %; our part of the call to AWS 8 %; our machines 7 %; the SDK, which signs, 7 %; JavaScript of Node 6 %; garbage collection 6 %; the rest 4 % (shares of a profile of commands 11 to 100, 2026-11-28 at 242248a3, Node.js 26.10.0)',
    },
    {
      id: 'react.p99',
      what: '99 of 100 within',
      unit: 'ms',
      goal: 6,
      why: 'the slowest are the first ten of the hundred: code that has run only a few times. In a profile of these ten V8 itself, which compiles, has 67 % of the time, garbage collection 2 % (2026-11-28 at 242248a3, Node.js 26.10.0)',
    },
  ],
  async run(stage, { groups, nodeArgs }) {
    const samples = groups ?? 100;
    const isOurs = stage.side.name === 'ours';
    const emulator = await stage.emulator();
    const scheduler = await stage.scheduler({ relayTo: emulator.url });
    const args = isOurs ? unlimited : [];
    stage.manager({ emulator, scheduler, url: scheduler.relay ?? emulator.url, args, nodeArgs });
    await scheduler.waitFor('heartbeat');
    await sleep(3000);
    const times: number[] = [];
    // The first one loads what is loaded when it is used.
    for (let workers = 1; workers <= samples + 1; workers++) {
      const at = await scheduler.desire(workers, true);
      const request = await scheduler.waitFor(
        'request',
        ({ operation, at: seenAt }) => operation === 'RunTask' && seenAt >= at,
      );
      if (workers > 1) times.push(request.at - at);
      // Not in step with ticks and heartbeats.
      await sleep(100 + 150 * Math.random());
    }
    return { 'react.p50': quantile(times, 0.5), 'react.p99': quantile(times, 0.99) };
  },
};
