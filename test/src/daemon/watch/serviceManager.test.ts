import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Notify,
  notifyServiceManager,
  statusOf,
  watchdogMs,
} from '../../../../src/daemon/watch/serviceManager.ts';
import { now, setTime } from '../../../../src/shared/clock.ts';
import { type Log, silentLog } from '../../../../src/telemetry/log.ts';
import { managerFacts } from '../../../support/managerFacts.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  setTime(() => Date.now());
});
afterEach(() => {
  setTime(null);
  vi.useRealTimers();
});

const limits = () => ({ buckets: [], waiting: [] });

/** Notifications of one manager whose control loop ticks as long as `ticking` says. */
function running(env: Record<string, string> = {}, answer: Notify = async () => {}) {
  const sent: string[] = [];
  const service = notifyServiceManager(env, (assignments) => {
    sent.push(...assignments);
    return answer(assignments);
  });
  const loop = { ticking: true, tickedAt: now(), modes: {} };
  const facts = () => {
    if (loop.ticking) loop.tickedAt = now();
    return managerFacts(now(), { now: loop.tickedAt }, { modes: loop.modes as never });
  };
  const start = (log: Log = silentLog) => {
    const watch = service.of('wm', log);
    watch.started({ facts, limits });
    return watch;
  };
  const count = (word: string) => sent.filter((one) => one === word).length;
  return { service, sent, loop, start, facts, count, settle: () => vi.advanceTimersByTimeAsync(0) };
}

describe('the notifications of a service manager', () => {
  it('say READY once all managers run, with a STATUS', async () => {
    const { service, sent, facts, settle, start } = running();
    const other = service.of('wm-b', silentLog);
    start();
    await settle();
    expect(sent).toEqual([]);
    other.started({ facts, limits });
    await settle();
    expect(sent).toEqual([
      'READY=1',
      'STATUS=wm: ready; 2 running, 1 starting, 1 draining, 2 desired; wm-b: ready; 2 running, 1 starting, 1 draining, 2 desired',
    ]);
  });

  it('say READY when another manager could not start', async () => {
    const { service, sent, settle, start } = running();
    const other = service.of('wm-b', silentLog);
    start();
    other.ended();
    await vi.advanceTimersByTimeAsync(1000);
    await settle();
    expect(sent).toContain('READY=1');
  });

  it('feed the watchdog three times in its interval, as long as the control loop ticks', async () => {
    const { loop, start, count } = running({ WATCHDOG_USEC: '30000000' });
    start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(count('WATCHDOG=1')).toBe(6);
    loop.ticking = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(count('WATCHDOG=1')).toBeLessThanOrEqual(7);
    loop.ticking = true;
    await vi.advanceTimersByTimeAsync(11_000);
    expect(count('WATCHDOG=1')).toBeGreaterThanOrEqual(7);
  });

  it('feed no watchdog that is not asked for', async () => {
    const { start, count } = running();
    start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(count('WATCHDOG=1')).toBe(0);
  });

  it('say STOPPING once, at a signal or when the managers stop by themselves', async () => {
    const { service, start, count, settle } = running();
    start();
    service.stopping();
    await service.close();
    await settle();
    expect(count('STOPPING=1')).toBe(1);
    const byItself = running();
    byItself.start();
    byItself.loop.modes = { lifecycle: 'stopping' };
    await vi.advanceTimersByTimeAsync(1000);
    expect(byItself.count('STOPPING=1')).toBe(1);
  });

  it('that cannot be sent are reported once, and sent again', async () => {
    let fails = true;
    const { start, loop, count } = running({ WATCHDOG_USEC: '3000000' }, async () => {
      if (fails) throw new Error('no such program');
    });
    const reports: string[] = [];
    start({ report: (name) => reports.push(name) });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reports).toEqual(['serviceManager.notReached']);
    expect(count('WATCHDOG=1')).toBeGreaterThan(5);
    fails = false;
    loop.ticking = true;
    await vi.advanceTimersByTimeAsync(5000);
    expect(reports).toHaveLength(1);
  });
});

describe('the interval of the watchdog', () => {
  it.each([
    [{ WATCHDOG_USEC: '30000000' }, 30_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 30_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, null],
    [{ WATCHDOG_USEC: '0' }, null],
    [{}, null],
  ])('of %o is %s', (env, ms) => {
    expect(watchdogMs(env, 7)).toBe(ms);
  });
});

describe('the status', () => {
  it('is one line that stays the same while nothing changes', () => {
    const at = 1_000_000_000;
    const silent = managerFacts(at, { lastEchoAt: at - 20_000, desired: null });
    expect(statusOf('wm\nid', silent, at)).toBe(statusOf('wm\nid', silent, at + 3000));
    expect(statusOf('wm\nid', silent, at)).toBe(
      'wm id: the scheduler does not answer; 2 running, 1 starting, 1 draining, unknown desired',
    );
  });
});
