import { describe, expect, it } from 'vitest';
import { expired } from '../../../machines/cohort/deadlines.ts';
import {
  type CohortRecords,
  type GroupRecord,
  recordLoads,
} from '../../../machines/cohort/groupRecords.ts';
import { hasRested, withIdleSince } from '../../../machines/cohort/minimumIdle.ts';
import { drained, undrained } from '../../../machines/cohort/scaleDown.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const load = (tasks: number, workers = 1) => ({ workers, tasks, canceling: 0 });
const minIdleMs = 10_000;
const share = { pending: 0, idle: 1, busy: 1 };

/** One group that becomes idle at 1,000 ms, and is to leave at some moment. */
function live(given: Partial<GroupRecord> = {}) {
  const busy = serves({ taskArn: arn('t'), load: load(1), ...given });
  let records: CohortRecords = { groups: { a: busy }, launches: {} };
  const take = ({ outbox, ...next }: ReturnType<typeof drained>) => {
    records = next;
    return outbox.map(([, { type }]) => type);
  };
  return {
    hear: (at: number, tasks: number) =>
      take(recordLoads(records, { t: load(tasks) }, at, minIdleMs)),
    drain: (at: number) =>
      take(drained(records, share, { at, until: 99_000, monitorEverConnected: true, minIdleMs })),
    poll: (at: number) => take(expired(records, at, true, minIdleMs)),
  };
}

describe('a group that is to leave', () => {
  it('is stopped at once when it has been idle for long enough', () => {
    const { hear, drain } = live();
    hear(1000, 0);
    expect(drain(11_000)).toEqual(['group.stop']);
  });

  it('waits until it has been idle for long enough', () => {
    const { hear, drain, poll } = live();
    hear(1000, 0);
    expect(drain(5000)).toEqual(['group.drain']);
    expect(poll(10_999)).toEqual([]);
    expect(poll(11_000)).toEqual(['group.stop']);
  });

  it('waits anew after it has had a task', () => {
    const { hear, drain, poll } = live();
    hear(1000, 0);
    drain(5000);
    hear(9000, 1);
    hear(9500, 0);
    expect(poll(19_499)).toEqual([]);
    expect(poll(19_500)).toEqual(['group.stop']);
  });

  it('is not stopped at its deadline while it is idle, and not for long enough yet', () => {
    const { hear, drain, poll } = live();
    drain(90_000);
    hear(95_000, 0);
    expect(poll(99_000)).toEqual([]);
    expect(poll(104_999)).toEqual([]);
    expect(poll(105_000)).toEqual(['group.stop']);
  });

  it('is stopped at its deadline at work, and no later because it was idle for a moment', () => {
    const { hear, drain, poll } = live();
    drain(90_000);
    expect(poll(98_999)).toEqual([]);
    hear(98_999, 0);
    hear(100_000, 1);
    expect(poll(100_000)).toEqual(['group.stop']);
  });
});

it('a group that has never served has nothing to wait for, and without a minimum none has', () => {
  expect(hasRested(rowOf(), 0, minIdleMs)).toBe(true);
  expect(hasRested(rowOf({ load: load(0, 0) }), 0, minIdleMs)).toBe(true);
  expect(hasRested(serves({ load: load(0) }), 0, minIdleMs)).toBe(false);
  expect(hasRested(serves({ load: load(0) }), 0, 0)).toBe(true);
  // The clock was set back since the group became idle.
  expect(hasRested(serves({ load: load(0), idleSince: 9000 }), 1000, 0)).toBe(true);
  expect(withIdleSince(serves(), load(0), 5, 0)).toEqual({});
});

it('a group that only rests before it leaves is taken back after one at work, and before one that does not serve', () => {
  const rests = serves({ phase: 'waiting', drainRequested: true, drainDeadline: 9000 });
  const a = { ...rests, load: load(0), idleSince: 900 };
  const chosen = (b: GroupRecord) =>
    undrained({ groups: { a, b }, launches: {} }, 1).outbox.map(([groupId]) => groupId);
  expect(chosen({ ...rests, load: load(2) })).toEqual(['b']);
  expect(chosen({ ...rests, load: null })).toEqual(['b']);
  expect(chosen(rowOf({ drainRequested: true }))).toEqual(['a']);
});
