import { describe, expect, it } from 'vitest';
import { answeredStop, drained, stoppedAtPoll, undrained } from '../../../machines/cohort/drain.ts';
import type { CohortRecords, GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { recordLoads } from '../../../machines/cohort/loads.ts';
import {
  isResting,
  withDrainMs,
  withIdleSince,
  withRenewedDeadline,
} from '../../../machines/cohort/minimumIdle.ts';
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
    hear: (at: number, tasks: number, workers = 1) =>
      take(recordLoads(records, { t: load(tasks, workers) }, at, minIdleMs)),
    lose: (at: number) => take(recordLoads(records, null, at, minIdleMs)),
    drain: (at: number, until = 99_000, of: typeof share = share) =>
      take(drained(records, of, { at, until, monitorEverConnected: true, minIdleMs })),
    poll: (at: number) => take(stoppedAtPoll(records, at, true, minIdleMs)),
    turn: (at: number) => take(answeredStop(records, 'a', at, false)),
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

  it('is stopped at its deadline at work, and no later because it was idle for a moment before', () => {
    const { hear, drain, poll } = live();
    drain(90_000);
    hear(97_000, 0);
    hear(98_000, 1);
    expect(poll(98_999)).toEqual([]);
    expect(poll(99_000)).toEqual(['group.stop']);
  });
});

describe('a group that is idle at its deadline, and not for long enough yet', () => {
  function rests() {
    const { hear, ...group } = live();
    group.drain(90_000);
    hear(95_000, 0);
    expect(group.poll(99_000)).toEqual([]);
    return { hear, ...group };
  }

  it('is not stopped at the work that comes then: it may wait as long as at first', () => {
    const { hear, poll } = rests();
    expect(hear(100_000, 1)).toEqual([]);
    expect(poll(108_999)).toEqual([]);
    expect(poll(109_000)).toEqual(['group.stop']);
  });

  it('leaves once it has been idle for long enough after that work', () => {
    const { hear, poll } = rests();
    hear(100_000, 1);
    hear(101_000, 0);
    expect(poll(109_000)).toEqual([]);
    expect(poll(110_999)).toEqual([]);
    expect(poll(111_000)).toEqual(['group.stop']);
  });

  it('is not stopped because the stream is lost then', () => {
    const { lose, poll } = rests();
    lose(100_000);
    expect(poll(108_999)).toEqual([]);
    expect(poll(109_000)).toEqual(['group.stop']);
  });

  it.each([
    ['a poll', ({ poll }: ReturnType<typeof rests>) => poll(105_000)],
    ['the stream', ({ hear }: ReturnType<typeof rests>) => hear(105_000, 0, 2)],
  ])('is not stopped at work once %s shows that it was, but its StopTask waits', (_, rested) => {
    const group = rests();
    expect(rested(group)).toEqual(['group.stop']);
    group.hear(106_000, 1);
    expect(group.turn(107_000)).toEqual(['group.drain']);
    expect(group.poll(113_999)).toEqual([]);
    expect(group.poll(114_000)).toEqual(['group.stop']);
  });

  it('waits no longer than the last of its drains allows', () => {
    const { hear, drain, poll } = live();
    drain(40_000);
    drain(60_000, 65_000, { pending: 0, idle: 0, busy: 0 });
    hear(64_000, 0);
    hear(70_000, 1);
    expect(poll(74_999)).toEqual([]);
    expect(poll(75_000)).toEqual(['group.stop']);
  });
});

it('a group that has never served has nothing to wait for, and without a minimum none has', () => {
  expect(isResting(rowOf(), 0, minIdleMs)).toBe(false);
  expect(isResting(rowOf({ load: load(0, 0) }), 0, minIdleMs)).toBe(false);
  expect(isResting(serves({ load: load(0) }), 0, minIdleMs)).toBe(true);
  expect(isResting(serves({ load: load(0) }), 0, 0)).toBe(false);
  // The clock was set back since the group became idle.
  expect(isResting(serves({ load: load(0), idleSince: 9000 }), 1000, 0)).toBe(false);
  expect(withIdleSince(serves(), load(0), 5, 0)).toEqual({});
  expect(withDrainMs(9000, 0)).toEqual({});
});

it('a deadline is renewed from the moment on at which a group that is idle has reached it', () => {
  const idle = { idleSince: 900, drainDeadline: 9000, drainMs: 7000 };
  const deadlineAt = (at: number, given: object = {}, least = minIdleMs) =>
    withRenewedDeadline({ ...idle, ...given }, at, least).drainDeadline;
  expect([deadlineAt(8999), deadlineAt(9000)]).toEqual([9000, 16_000]);
  expect(deadlineAt(9000, { idleSince: null })).toBe(9000);
  expect(deadlineAt(9000, {}, 0)).toBe(9000);
  expect(deadlineAt(9000, { drainDeadline: null })).toBe(null);
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
