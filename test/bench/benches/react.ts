import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { unlimited } from '../stage.ts';
import { quantile } from '../statistics.ts';

/** One task more is commanded, again and again. */
export const react: Bench = {
  name: 'react',
  what: 'one task more: the command is written to the socket until RunTask reaches the emulator, which answers at once',
  originalRounds: 1,
  rows: [
    {
      id: 'react.p50',
      what: 'median',
      unit: 'ms',
      goal: 2,
      why: 'a launch is on disk before it is sent: 0.7 ms (write 0.2, fdatasync 0.4, a look whether the file is in its place 0.1); the rest is CPU time, of which the actors have 44 %, the SDK, which signs the request, 18 % and the journal 11 %',
    },
    {
      id: 'react.p99',
      what: '99 of 100 within',
      unit: 'ms',
      goal: 6,
      why: 'the slowest are the first ten of the hundred, with twice the CPU time in all parts: code that has run only a few times. Garbage collection and waiting have no part in them',
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
      const at = await scheduler.want(workers, true);
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
