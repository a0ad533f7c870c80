import { describe, expect, it } from 'vitest';
import { expired } from '../../../machines/cohort/deadlines.ts';
import { type GroupRecord, recordLoads } from '../../../machines/cohort/groupRecords.ts';
import { drained } from '../../../machines/cohort/scaleDown.ts';
import { never } from '../../../machines/shared/timing.ts';
import { serves } from '../../support/rows.ts';

const busy = { workers: 2, tasks: 1, canceling: 0 };
const day = 86_400_000;
const waiting = (given: Partial<GroupRecord> = {}): GroupRecord =>
  serves({
    ...{ phase: 'waiting', drainRequested: true, drainDeadline: 900_000, load: busy },
    ...given,
  });

describe('a group that waits for an idle moment until its deadline', () => {
  const stops = (given: Partial<GroupRecord>, at: number, isCurrent?: boolean) =>
    expired({ groups: { a: waiting(given) }, launches: {} }, at, isCurrent).outbox.length > 0;

  it('is stopped when it is idle, unless what is known of its work is old', () => {
    const idle = { load: { ...busy, tasks: 0 } };
    expect(stops(idle, 9000)).toBe(true);
    expect(stops(idle, 9000, false)).toBe(false);
  });

  it('is not stopped sooner because nothing shows its work', () => {
    expect(stops({ load: null, unshownSince: 0 }, 899_999)).toBe(false);
  });

  it('is not stopped because an earlier StopTask has failed', () => {
    expect(stops({ stopFailures: 1 }, 500_000)).toBe(false);
  });
});

describe('a group that may wait for as long as it is at work', () => {
  const waits = (load: GroupRecord['load']) => {
    const records = { groups: { a: serves({ load, lastStatus: 'running' }) }, launches: {} };
    const all = { pending: 1, idle: 1, busy: 1 };
    return drained(records, all, { at: 7000, until: never, monitorEverConnected: true });
  };
  const stopsAt = (records: ReturnType<typeof waits>, at: number) =>
    expired(records, at).outbox.length > 0;

  it('is not stopped while the monitor stream shows it at work', () => {
    expect(stopsAt(waits(busy), 7000 + day)).toBe(false);
    const idle = recordLoads(waits(busy), { t: { ...busy, tasks: 0 } }, 7000 + day);
    expect(idle.outbox).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('is stopped after five minutes in which nothing shows its work', () => {
    const records = waits(null);
    expect(stopsAt(records, 306_999)).toBe(false);
    expect(stopsAt(records, 307_000)).toBe(true);
  });

  it('counts them from the loss of the stream, and no more once that is back', () => {
    const lost = recordLoads(waits(busy), null, 500_000);
    const again = recordLoads(lost, null, 600_000);
    expect([799_999, 800_000].map((at) => stopsAt(again, at))).toEqual([false, true]);
    expect(stopsAt(recordLoads(again, { t: busy }, 700_000), day)).toBe(false);
  });

  it('gets a deadline with a bounded drain, such as that of the end', () => {
    const all = { pending: 0, idle: 0, busy: 0 };
    const ending = drained(waits(busy), all, {
      ...{ at: 9000, until: 39_000, monitorEverConnected: true },
    });
    expect([38_999, 39_000].map((at) => stopsAt(ending, at))).toEqual([false, true]);
  });
});
