import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCancellationHold } from '../../../src/daemon/cancellationHold.ts';
import { setTime } from '../../../src/shared/clock.ts';

let time: number;
let hold: ReturnType<typeof createCancellationHold>;
beforeEach(() => {
  time = 1000;
  setTime(() => time);
  hold = createCancellationHold();
});
afterEach(() => setTime(null));

const canceling = (count: number) =>
  hold.keepLoads({ a: { workers: 1, tasks: count, canceling: count } });
const { signal } = new AbortController();
/** Whether a stop goes ahead, having been given the time to. */
const goes = (taskId: string) => {
  let gone = false;
  void hold.waitUntilSettled(taskId, signal).then(() => {
    gone = true;
  });
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return gone;
  };
};

describe('a stop', () => {
  it('goes ahead at once where nothing is being cancelled', async () => {
    canceling(0);
    await hold.waitUntilSettled('a', signal);
  });

  it('waits until nothing is being cancelled there', async () => {
    canceling(2);
    const gone = goes('a');
    expect(await gone()).toBe(false);
    canceling(1);
    expect(await gone()).toBe(false);
    canceling(0);
    expect(await gone()).toBe(true);
  });

  it('of another task does not wait', async () => {
    canceling(1);
    await hold.waitUntilSettled('b', signal);
  });

  it('waits half a minute at most, though it is asked for again meanwhile', async () => {
    canceling(1);
    const first = new AbortController();
    const given = hold.waitUntilSettled('a', first.signal).catch(() => 'given up');
    time += 20_000;
    first.abort();
    expect(await given).toBe('given up');
    const gone = goes('a');
    time += 9_999;
    expect(await gone()).toBe(false);
    time += 1;
    expect(await gone()).toBe(true);
  });

  it('waits for nothing when the monitor stream has ended', async () => {
    canceling(1);
    hold.keepLoads(null);
    await hold.waitUntilSettled('a', signal);
  });
});
