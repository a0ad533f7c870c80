import { setMaxListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { awsRates, createLimiter, type Limiter } from '../../../src/aws/limiter.ts';
import { systemClock } from '../../../src/aws/systemClock.ts';
import { type VirtualClock, virtualClock } from './virtualClock.ts';

let clock: VirtualClock;
let limiter: Limiter;
/** Times of each operation's calls, in milliseconds from the start. */
let sent: Record<string, number[]>;
const quiet = () => new AbortController().signal;

beforeEach(() => {
  clock = virtualClock();
  limiter = createLimiter(clock);
  sent = { RunTask: [], StopTask: [], DescribeTasks: [], ListTasks: [] };
});

const start = 1_000_000;
const send = (operation: string, times: number) => {
  for (let i = 0; i < times; i++)
    void limiter.acquire(operation, quiet()).then(() => sent[operation]?.push(clock.now() - start));
};
const within = (operation: string, from: number, to: number) =>
  sent[operation]?.filter((at) => at > from && at <= to).length;

describe('createLimiter', () => {
  it('sends a burst at once and the rest at the documented rate', async () => {
    send('StopTask', 1000);
    await clock.pass(0);
    expect(sent.StopTask).toHaveLength(100);
    await clock.pass(10_000);
    expect(sent.StopTask).toHaveLength(500);
    await clock.pass(12_500);
    expect(sent.StopTask).toHaveLength(1000);
  });

  it('sends at most the rate of the bucket in every second', async () => {
    send('RunTask', 500);
    send('DescribeTasks', 200);
    send('ListTasks', 200);
    await clock.pass(30_000);
    for (let second = 0; second < 30_000; second += 100) {
      expect(within('RunTask', second, second + 1000)).toBeLessThanOrEqual(20);
      const reads = ['DescribeTasks', 'ListTasks'].map((each) =>
        within(each, second, second + 1000),
      );
      expect((reads[0] ?? 0) + (reads[1] ?? 0)).toBeLessThanOrEqual(21);
    }
    expect(sent.RunTask).toHaveLength(500);
    expect(sent.ListTasks).toHaveLength(200);
  });

  it('serves the calls of one operation in order of arrival', async () => {
    const order: number[] = [];
    for (let i = 0; i < 150; i++)
      void limiter.acquire('RunTask', quiet()).then(() => order.push(i));
    await clock.pass(20_000);
    expect(order).toEqual(Array.from({ length: 150 }, (_, i) => i));
  });

  it('sends a StopTask within 100 ms while thousands of RunTask wait', async () => {
    send('RunTask', 10_000);
    send('StopTask', 100);
    await clock.pass(0);
    send('RunTask', 100);
    await clock.pass(5_000);
    send('StopTask', 1);
    const before = sent.StopTask?.length;
    await clock.pass(100);
    expect(sent.StopTask).toHaveLength((before ?? 0) + 1);
  });

  it('serves RunTask and StopTask in turn while both wait for the modify bucket', async () => {
    limiter = createLimiter(clock, { launch: { burst: 1000, perSecond: 1000 } });
    send('RunTask', 1000);
    send('StopTask', 1000);
    await clock.pass(10_000);
    const difference = (sent.RunTask?.length ?? 0) - (sent.StopTask?.length ?? 0);
    // RunTask arrived first and took the whole burst of 100.
    expect(Math.abs(difference - 100)).toBeLessThanOrEqual(1);
  });

  it('halves the rate at a throttle and restores it with time', async () => {
    send('RunTask', 20);
    await clock.pass(1_000);
    for (let i = 0; i < 10; i++) limiter.throttled('RunTask');
    send('RunTask', 10_000);
    await clock.pass(0);
    expect(sent.RunTask).toHaveLength(20);
    await clock.pass(5_000);
    // 10 per second: ten throttles within a second halve the rate once.
    expect(within('RunTask', 1_000, 6_000)).toBe(50);
    await clock.pass(20_000);
    expect(within('RunTask', 20_000, 21_000)).toBeGreaterThanOrEqual(19);
  });

  it('does not lower the rate below one fortieth', async () => {
    for (let i = 0; i < 20; i++) {
      await clock.pass(1_000);
      limiter.throttled('RunTask');
    }
    send('RunTask', 10);
    await clock.pass(4_100);
    expect(sent.RunTask).toHaveLength(2);
  });

  it('does not slow StopTask when RunTask is throttled', async () => {
    send('StopTask', 100);
    await clock.pass(0);
    limiter.throttled('RunTask');
    send('StopTask', 40);
    await clock.pass(1_000);
    expect(sent.StopTask).toHaveLength(140);
  });

  it('rejects aborted calls and gives their tokens to others', async () => {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    send('RunTask', 20);
    await clock.pass(0);
    const aborted = Array.from({ length: 100 }, () =>
      limiter.acquire('RunTask', controller.signal),
    );
    const outcomes = Promise.allSettled(aborted);
    send('RunTask', 1);
    controller.abort(new Error('gone'));
    expect((await outcomes).map(({ status }) => status)).toEqual(Array(100).fill('rejected'));
    await clock.pass(60);
    expect(sent.RunTask).toHaveLength(21);
    await expect(limiter.acquire('RunTask', controller.signal)).rejects.toThrow('gone');
  });

  it('sends operations without a bucket at once', async () => {
    for (let i = 0; i < 1000; i++) await limiter.acquire('GetRole', quiet());
    expect(clock.now()).toBe(start);
  });

  it('limits the rate on the system clock', async () => {
    const rates = { ...awsRates, read: { burst: 1, perSecond: 50 } };
    const real = createLimiter(systemClock, rates);
    const startedAt = performance.now();
    for (let i = 0; i < 4; i++) await real.acquire('ListTasks', quiet());
    const took = performance.now() - startedAt;
    expect(took).toBeGreaterThan(55);
    expect(took).toBeLessThan(1000);
  });
});

describe('the limits', () => {
  it('show what is left of each bucket, the share in use after a throttle, and what waits', async () => {
    send('RunTask', 25);
    await clock.pass(0);
    expect(limiter.limits()).toEqual({
      buckets: [
        { bucket: 'modify', tokens: 80, share: 1 },
        { bucket: 'launch', tokens: 0, share: 1 },
        { bucket: 'read', tokens: 100, share: 1 },
      ],
      waiting: [
        { operation: 'StopTask', calls: 0 },
        { operation: 'RunTask', calls: 5 },
        { operation: 'DescribeTasks', calls: 0 },
        { operation: 'ListTasks', calls: 0 },
      ],
    });
    limiter.throttled('RunTask');
    expect(limiter.limits().buckets[1]).toMatchObject({ bucket: 'launch', share: 0.5 });
  });
});
