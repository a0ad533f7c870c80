import { expect, it } from 'vitest';
import { createLimiter } from '../../../src/aws/limiter.ts';
import { createTurns } from '../../../src/aws/turns.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { virtualClock } from './virtualClock.ts';

const scarce = { burst: 1, perSecond: 1 };

function world() {
  const clock = virtualClock();
  const limiter = createLimiter(clock, { modify: scarce, launch: scarce });
  const turns = createTurns(limiter, clock, silentLog);
  const signal = () => new AbortController().signal;
  /** Keeps when it was granted, ms from the beginning. */
  const from = clock.now();
  const granted: number[] = [];
  const noted = (promise: Promise<unknown>) =>
    promise.then(
      () => granted.push(clock.now() - from),
      () => granted.push(-1),
    );
  return { clock, turns, signal, granted, noted };
}

it('a call with a reserved turn waits for no other', async () => {
  const { clock, turns, signal, granted, noted } = world();
  void noted(turns.reserve('RunTask', 'a', signal()));
  void noted(turns.reserve('RunTask', 'b', signal()));
  await clock.pass(1000);
  expect(granted).toEqual([0, 1000]);
  const mine = signal();
  turns.use('b', mine);
  void noted(turns.take('RunTask', mine));
  void noted(turns.take('RunTask', signal()));
  await clock.pass(1000);
  expect(granted).toEqual([0, 1000, 1000, 2000]);
});

it('a turn serves one call: the next attempt under the same signal waits again', async () => {
  const { clock, turns, signal, granted, noted } = world();
  const mine = signal();
  await turns.reserve('RunTask', 'a', mine);
  turns.use('a', mine);
  void noted(turns.take('RunTask', mine));
  void noted(turns.take('RunTask', mine));
  await clock.pass(1000);
  expect(granted).toEqual([0, 1000]);
});

it('turns that are not used within a second are given back, so that they keep no other call', async () => {
  const { clock, turns, signal, granted, noted } = world();
  for (let n = 0; n < 45; n++) void noted(turns.reserve('StopTask', `${n}`, signal()));
  await clock.pass(60_000);
  // Forty calls of a kind may be under way at once.
  expect(granted).toHaveLength(45);
});

it('a reservation that is given up rejects, and leaves its place', async () => {
  const { clock, turns, signal, granted, noted } = world();
  const given = new AbortController();
  await turns.reserve('RunTask', 'a', signal());
  void noted(turns.reserve('RunTask', 'b', given.signal));
  given.abort();
  void noted(turns.reserve('RunTask', 'c', signal()));
  await clock.pass(1000);
  expect(granted).toEqual([-1, 1000]);
});
