import { describe, expect, it } from 'vitest';
import {
  answeredStop,
  drained,
  stopEvent,
  stoppedAtPoll,
  undrained,
} from '../../../machines/cohort/drain.ts';
import {
  type CohortRecords,
  countRecords,
  type GroupRecord,
} from '../../../machines/cohort/groupRecords.ts';
import { recordLoads } from '../../../machines/cohort/loads.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import type { WorkerLoad } from '../../../machines/scheduler/messages.ts';
import { never } from '../../../machines/shared/timing.ts';
import { arn, load, recordsOf, rowOf, runs, serves, waits } from '../../support/rows.ts';

describe('a load from the monitor stream', () => {
  const gone = { workers: 0, tasks: 0, canceling: 0 };

  it('is recorded for the group of its task', () => {
    const records = recordsOf({
      a: serves({ taskArn: arn('1') }),
      b: serves({ taskArn: arn('2') }),
      c: rowOf(),
    });
    expect(recordLoads(records, { 1: load(3), 9: load(1) }, 500)).toStrictEqual({
      ...recordsOf({
        ...records.groups,
        a: serves({ taskArn: arn('1'), load: load(3), shownWorkers: 4 }),
      }),
      outbox: [],
      nowRegistered: [],
    });
  });

  it('that is the same leaves the record as it is', () => {
    const records = recordsOf({ a: serves({ taskArn: arn('1'), load: load(3) }) });
    expect(recordLoads(records, { 1: load(3) }, 500).groups.a).toBe(records.groups.a);
  });

  it.each([
    ['workers', { workers: 3 }],
    ['tasks', { tasks: 4 }],
    ['cancelled tasks', { canceling: 1 }],
    ['running tasks', { running: { tasks: 2, begunSum: 900 } }],
    ['times of running tasks', { running: { tasks: 3, begunSum: 800 } }],
  ])('with other %s is recorded', (_, given) => {
    const known = { ...load(3), running: { tasks: 3, begunSum: 900 } };
    const shown = { ...known, ...given };
    const records = recordsOf({ a: serves({ taskArn: arn('1'), load: known }) });
    expect(recordLoads(records, { 1: shown }, 500).groups.a?.load).toEqual(shown);
  });

  it('without workers leaves a group as assumed to serve, and with workers it does not', () => {
    const records = recordsOf({ a: serves({ taskArn: arn('1'), assumed: true, load: load(3) }) });
    const assumed = (shown: WorkerLoad) =>
      recordLoads(records, { 1: shown }, 500).groups.a?.assumed;
    expect([assumed(gone), assumed(load(1))]).toEqual([true, false]);
  });

  it.each([
    ['provisioning', 'running'],
    ['running', 'running'],
    ['waiting', 'waiting'],
  ] as const)('marks a group that is %s as serving', (phase, next) => {
    const boots = rowOf({ taskArn: arn('1'), phase });
    const told = recordLoads(recordsOf({ a: boots }), { 1: load(0) }, 500);
    expect(told.groups.a).toStrictEqual({
      ...boots,
      ...{ load: load(0), shownWorkers: 4, phase: next, registered: true },
    });
    expect(told.outbox).toEqual([['a', { type: 'task.registered' }]]);
    expect(told.nowRegistered).toEqual(['a']);
  });

  it.each(['requested', 'held', 'stopping'] as const)(
    'leaves it to a group that is %s to say that its workers are known',
    (phase) => {
      const record = rowOf({ taskArn: arn('1'), phase });
      const told = recordLoads(recordsOf({ a: record }), { 1: load(1) }, 500);
      expect(told.groups.a).toMatchObject({ registered: false });
      expect(told.outbox).toContainEqual(['a', { type: 'task.registered' }]);
      expect(told.nowRegistered).toEqual([]);
    },
  );

  it('of no tasks ends the wait for an idle moment', () => {
    const records = recordsOf({ a: waits({ taskArn: arn('1') }), b: waits({ taskArn: arn('2') }) });
    const { groups, outbox } = recordLoads(records, { 1: load(0), 2: load(1) }, 500);
    expect(groups.a).toMatchObject({
      drainDeadline: null,
      stopRequestedAt: 500,
      phase: 'stopping',
    });
    expect(groups.b).toMatchObject({ drainDeadline: 9000, stopRequestedAt: null });
    expect(outbox).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('of no workers does not count as idle for a group that lost its workers while draining', () => {
    const { groups, outbox } = recordLoads(
      recordsOf({ a: waits({ taskArn: arn('1') }) }),
      { 1: gone },
      5,
    );
    expect(groups.a).toMatchObject({ drainDeadline: 9000, load: gone });
    expect(outbox).toEqual([]);
  });

  it('of no workers ends the wait of a group that never had one', () => {
    const young = waits({ taskArn: arn('1'), registered: false, load: null });
    const { groups, outbox } = recordLoads(recordsOf({ a: young }), { 1: gone }, 5);
    expect(groups.a).toMatchObject({ drainDeadline: null, stopRequestedAt: 5 });
    expect(outbox).toEqual([['a', { type: 'group.stop' }]]);
    expect(recordLoads(recordsOf({ a: young }), { 1: load(2) }, 5).outbox).toEqual([
      ['a', { type: 'task.registered' }],
    ]);
  });

  it('of no workers keeps how many the group had when it was last shown with any', () => {
    const served = serves({ taskArn: arn('1'), load: load(1), shownWorkers: 4 });
    const { groups } = recordLoads(recordsOf({ a: served }), { 1: gone }, 500);
    expect(groups.a).toStrictEqual({ ...served, load: gone, workersLostSince: 500 });
  });

  it('records since when a group that served has no workers', () => {
    let records = recordsOf({
      a: serves({ taskArn: arn('1'), load: load(1) }),
      b: rowOf({ taskArn: arn('2') }),
    });
    records = recordLoads(records, { 1: gone, 2: gone }, 500);
    records = recordLoads(records, { 1: gone, 2: gone }, 700);
    expect([records.groups.a?.workersLostSince, records.groups.b?.workersLostSince]).toEqual([
      500,
      null,
    ]);
    expect(records.groups.a?.load).toEqual(gone);
    expect(recordLoads(records, { 1: load(0) }, 900).groups.a).toMatchObject({
      workersLostSince: null,
      load: load(0),
    });
  });

  it('is forgotten when the stream ends', () => {
    const records = recordsOf({
      a: serves({ load: load(1) }),
      b: serves({ workersLostSince: 400 }),
      c: rowOf(),
    });
    const { groups, outbox } = recordLoads(records, null, 500);
    expect(groups).toStrictEqual({ a: serves(), b: serves(), c: rowOf() });
    expect(outbox).toEqual([]);
  });
});

describe('a group that drains and was not described yet', () => {
  const unseen = (given: Partial<GroupRecord> = {}) =>
    runs({ phase: 'waiting', drainRequested: true, observeUntil: 9000, ...given });

  it('is not stopped by a load without tasks', () => {
    const records = recordsOf({ a: unseen({ drainDeadline: 8000 }) });
    const { groups, outbox } = recordLoads(
      records,
      { r: { workers: 0, tasks: 0, canceling: 0 } },
      5000,
    );
    expect(outbox).toEqual([]);
    expect(groups.a).toMatchObject({ phase: 'waiting', drainDeadline: 8000, observeUntil: 9000 });
  });

  it('is stopped in the end, although no description has shown it', () => {
    const records = recordsOf({
      a: unseen(),
      b: unseen({ taskArn: arn('b'), drainDeadline: 8000 }),
      c: unseen({ taskArn: arn('c'), drainDeadline: 9500 }),
    });
    expect(stoppedAtPoll(records, 8999).outbox).toEqual([]);
    const { groups, outbox } = stoppedAtPoll(records, 9000);
    expect(outbox).toEqual([
      ['a', { type: 'group.stop' }],
      ['b', { type: 'group.stop' }],
    ]);
    expect(groups.a).toMatchObject({
      phase: 'stopping',
      observeUntil: null,
      stopRequestedAt: 9000,
    });
  });
});

describe('a group to stop while one of its workers cancels a task', () => {
  const cancels = { workers: 4, tasks: 0, canceling: 1 };
  const heldAt = (at: number) =>
    stoppedAtPoll(recordsOf({ a: waits({ load: cancels, drainDeadline: at }) }), at);

  it('is held, counts as stopping, and is stopped when the cancellation is over', () => {
    const held = heldAt(9000);
    expect(held.outbox).toEqual([['a', { type: 'group.hold' }]]);
    expect(held.groups.a).toMatchObject({
      ...{ phase: 'held', stopHeldSince: 9000, stopRequestedAt: null, drainDeadline: null },
    });
    expect(countRecords(held.groups)).toEqual({ ...noCounts, stopping: 1, unsent: 1 });
    const still = recordLoads(held, { t: { ...cancels, tasks: 2 } }, 9500);
    expect(still.outbox).toEqual([]);
    const over = recordLoads(still, { t: { ...cancels, canceling: 0 } }, 9600);
    expect(over.outbox).toEqual([['a', { type: 'group.stop' }]]);
    expect(over.groups.a).toMatchObject({ phase: 'stopping', stopRequestedAt: 9600 });
  });

  it('is stopped when the monitor stream is lost', () => {
    const { outbox } = recordLoads(heldAt(9000), null, 9100);
    expect(outbox).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('is stopped half a minute after its stop was first wanted, and is not held again', () => {
    const held = heldAt(9000);
    expect(stoppedAtPoll(held, 38_999).outbox).toEqual([]);
    const stopped = stoppedAtPoll(held, 39_000);
    expect(stopped.outbox).toEqual([['a', { type: 'group.stop' }]]);
    expect(stoppedAtPoll(stopped, 40_000).outbox).toEqual([]);
    expect(stopEvent(stopped.groups.a as GroupRecord, 60_000)).toEqual({ type: 'group.stop' });
  });

  it('is not held for a cancellation of which loads, or their end, have told since', () => {
    const canceling = { canceling: 1 };
    const both = recordsOf({
      a: serves({ ...canceling, taskArn: arn('a') }),
      b: serves({ ...canceling, taskArn: arn('b') }),
    });
    const after = (loads: Record<string, WorkerLoad> | null) =>
      Object.values(recordLoads(both, loads, 6000).groups);
    expect(after({ a: load(0), b: load(1) })).toStrictEqual([
      serves({ taskArn: arn('a'), load: load(0), shownWorkers: 4 }),
      serves({ taskArn: arn('b'), load: load(1), shownWorkers: 4 }),
    ]);
    expect(after(null)).toStrictEqual([
      serves({ taskArn: arn('a') }),
      serves({ taskArn: arn('b') }),
    ]);
    expect(after({ a: load(0) })[1]).toBe(both.groups.b);
  });

  it('is not held for a cancellation elsewhere', () => {
    const none = stoppedAtPoll(recordsOf({ a: waits({ drainDeadline: 9000 }) }), 9000);
    expect(none.outbox).toEqual([['a', { type: 'group.stop' }]]);
  });
});

describe('a wait that loads end', () => {
  const busy = { workers: 2, tasks: 1, canceling: 0 };
  const day = 86_400_000;

  describe('a group that may wait for as long as it is at work', () => {
    const waits = (load: GroupRecord['load']) => {
      const records = { groups: { a: serves({ load, lastStatus: 'running' }) }, launches: {} };
      const all = { pending: 1, idle: 1, busy: 1 };
      return drained(records, all, { at: 7000, until: never, monitorEverConnected: true });
    };
    const stopsAt = (records: ReturnType<typeof waits>, at: number) =>
      stoppedAtPoll(records, at).outbox.length > 0;

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
});

describe('a turn of StopTask that loads change', () => {
  const idle = { workers: 2, tasks: 0, canceling: 0 };
  const busy = { ...idle, tasks: 1 };
  const cancels = { ...busy, canceling: 1 };

  describe('a group whose StopTask was held while a worker of it cancelled a task', () => {
    const hour = 3_600_000;
    const all = { pending: 1, idle: 1, busy: 1 };
    const drain = (records: CohortRecords, at: number, until = at) =>
      drained(records, all, { at, until, monitorEverConnected: true });
    const stopsOnceMore = (records: CohortRecords) => {
      const { outbox, ...again } = drain(recordLoads(records, { t: cancels }, hour), hour);
      expect(outbox).toEqual([['a', { type: 'group.hold' }]]);
      const isHeld = (at: number) => stoppedAtPoll(again, at).outbox.length === 0;
      expect([29_999, 30_000].map((ms) => isHeld(hour + ms))).toEqual([true, false]);
    };
    const group = (load: GroupRecord['load']) =>
      serves({ taskArn: arn('t'), lastStatus: 'running', load });

    it('is held as long again at its next stop when it was taken back', () => {
      const held = drain({ groups: { a: group(cancels) }, launches: {} }, 10_000);
      const stopping = recordLoads(held, { t: busy }, 12_000);
      expect(stopping.outbox).toEqual([['a', { type: 'group.stop' }]]);
      stopsOnceMore(undrained(stopping, 1));
    });

    it('is held as long again at its next stop when it went back to wait', () => {
      const stopping = drain({ groups: { a: group(idle) }, launches: {} }, 10_000, never);
      const held = answeredStop(recordLoads(stopping, { t: cancels }, 11_000), 'a', 12_000, false);
      expect(held.outbox).toEqual([['a', { type: 'group.hold' }]]);
      const again = recordLoads(held, { t: busy }, 13_000);
      const waits = answeredStop(again, 'a', 14_000, false);
      expect(waits.outbox).toEqual([['a', { type: 'group.drain' }]]);
      stopsOnceMore(waits);
    });
  });
});
