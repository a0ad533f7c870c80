import { describe, expect, it } from 'vitest';
import {
  answeredStop,
  applied,
  checkStop,
  drained,
  stoppedAtPoll,
  undrained,
} from '../../../machines/cohort/drain.ts';
import type { GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { released } from '../../../machines/cohort/orderedDrains.ts';
import { arn, load, recordsOf, rowOf, runs, serves, waits } from '../../support/rows.ts';

const noGroups = { pending: 0, idle: 0, busy: 0 };
const allGroups = { pending: 9, idle: 9, busy: 9 };

describe('a group that is to leave', () => {
  it.each([
    ['does not serve yet', { registered: false, load: load(0) }, true],
    ['does not serve yet, for all we know', { registered: false, load: null }, false],
    ['may be at work, and nothing will ever show it', { load: null }, false],
    [
      'has been seen to start only',
      { registered: false, load: null, lastStatus: 'starting' as const },
      true,
    ],
    ['is idle', { load: load(0) }, true],
  ])('is stopped at once when it %s', (_, given, monitorEverConnected) => {
    const when = { at: 7000, until: 9000, monitorEverConnected };
    const { groups, outbox } = drained(recordsOf({ a: serves(given) }), allGroups, when);
    expect(groups.a).toStrictEqual(
      serves({
        ...{ ...given, drainRequested: true, stopRequestedAt: 7000, phase: 'stopping' },
        stopUnlessBusyUntil: 9000,
      }),
    );
    expect(outbox).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('waits for what is to be shown of it where that it is idle was shown too long ago', () => {
    const when = { at: 7000, until: 9000, monitorEverConnected: true, isOld: true };
    const idle = { load: load(0) };
    const { groups, outbox } = drained(recordsOf({ a: serves(idle) }), allGroups, when);
    expect(groups.a).toStrictEqual(serves({ ...idle, drainRequested: true, drainDeadline: 9000 }));
    expect(outbox).toEqual([['a', { type: 'group.drain' }]]);
    const without = { load: { ...load(0), workers: 0 } };
    expect(drained(recordsOf({ a: rowOf(without) }), allGroups, when).outbox).toEqual([
      ['a', { type: 'group.stop' }],
    ]);
  });

  it('may finish its work first until the deadline', () => {
    const busy = recordsOf({ a: serves({ load: load(2) }) });
    const patient = drained(busy, allGroups, {
      at: 7000,
      until: 7001,
      monitorEverConnected: false,
    });
    expect(patient.groups.a).toStrictEqual(
      serves({ load: load(2), drainRequested: true, drainDeadline: 7001 }),
    );
    expect(patient.outbox).toEqual([['a', { type: 'group.drain' }]]);
    const late = { at: 7000, until: 7000, monitorEverConnected: true };
    expect(drained(busy, allGroups, late).outbox).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('is stopped at once when it waits already and nothing is to wait any longer', () => {
    const waiting = serves({
      ...{ load: load(2), drainRequested: true, phase: 'waiting', drainDeadline: 9000 },
    });
    const now = { at: 7000, until: 7000, monitorEverConnected: true };
    const { groups, outbox } = drained(recordsOf({ a: waiting }), noGroups, now);
    expect(outbox).toEqual([['a', { type: 'group.stop' }]]);
    expect(groups.a).toMatchObject({ phase: 'stopping', stopRequestedAt: 7000 });
    const later = drained(recordsOf({ a: waiting }), noGroups, { ...now, until: 7001 });
    expect(later.outbox).toEqual([]);
    expect(later.groups.a?.drainDeadline).toBe(7001);
  });

  it('is waited for when the stream does not tell whether it is at work, but did tell, or will', () => {
    const young = recordsOf({
      a: rowOf(),
      b: rowOf({ taskArn: arn('b'), phase: 'provisioning' }),
      c: serves(),
    });
    const { groups, outbox } = drained(young, allGroups, {
      at: 7,
      until: 9,
      monitorEverConnected: true,
    });
    const leaves = { drainRequested: true, drainDeadline: 9, unshownSince: 7 };
    expect(groups).toStrictEqual({
      a: { ...young.groups.a, ...leaves },
      b: { ...young.groups.b, ...leaves },
      c: { ...young.groups.c, ...leaves },
    });
    expect(new Set(outbox.map(([, { type }]) => type))).toEqual(new Set(['group.drain']));
  });

  it('goes on waiting for its ARN when it has none', () => {
    const when = { at: 7000, until: 9000, monitorEverConnected: false };
    const { groups } = drained(recordsOf({ a: rowOf() }), allGroups, when);
    const leaves = { drainRequested: true, stopRequestedAt: 7000, stopUnlessBusyUntil: 9000 };
    expect(groups.a).toStrictEqual(rowOf(leaves));
  });

  it('gets less time, but never more, when it waits already', () => {
    const { groups } = drained(
      recordsOf({
        a: waits({ drainDeadline: 9000 }),
        b: waits({ drainDeadline: 4000 }),
        c: serves(),
        d: serves({ phase: 'stopping', drainRequested: true, stopUnlessBusyUntil: 9000 }),
      }),
      noGroups,
      { at: 3000, until: 5000, monitorEverConnected: true },
    );
    expect(groups.d?.stopUnlessBusyUntil).toBe(5000);
    expect([groups.a?.drainDeadline, groups.b?.drainDeadline]).toEqual([5000, 4000]);
    expect(groups.c).toStrictEqual(serves());
  });

  it('stays as it is when it waits until then already', () => {
    const records = recordsOf({ a: waits({ drainDeadline: 5000 }) });
    const when = { at: 3000, until: 5000, monitorEverConnected: true };
    expect(drained(records, noGroups, when).groups.a).toBe(records.groups.a);
  });
});

it('a drain of others stops no group that waits, for its idle moment may be old', () => {
  const records = recordsOf({ a: waits({ load: load(0) }) });
  const when = { at: 3000, until: 9000, monitorEverConnected: true };
  expect(drained(records, noGroups, when).outbox).toEqual([]);
});

it('takes back as many groups as are to stay', () => {
  const records = recordsOf({ b: waits({ load: load(0) }), c: serves(), e: waits() });
  const { groups, outbox } = undrained(records, 1);
  const back = { drainRequested: false, drainDeadline: null };
  expect(groups).toStrictEqual({ ...records.groups, e: { ...records.groups.e, ...back } });
  expect(outbox).toEqual([['e', { type: 'group.cancelDrain' }]]);
});

describe('a group whose StopTask waits for its turn', () => {
  const told = (given: Partial<GroupRecord> = {}) =>
    serves({
      ...{ phase: 'stopping', drainRequested: true, stopRequestedAt: 5, stopUnlessBusyUntil: 9000 },
      ...{ stoppingSince: 5, slowStopReported: true, stopOverdue: true },
      ...given,
    });

  it.each([{}, { phase: 'held', stopHeldSince: 5 } as const])(
    'is taken back as if it had never been told to stop, where it was %j',
    (given) => {
      const { groups } = undrained(recordsOf({ a: told(given) }), 1);
      expect(groups.a).toStrictEqual(serves());
    },
  );

  it('is taken back after those that still wait for an idle moment, and after no other', () => {
    const records = recordsOf({
      ...{ a: told(), b: waits(), c: runs({ phase: 'waiting', drainRequested: true }) },
      d: told({ registered: false }),
      e: rowOf({ drainRequested: true }),
    });
    const chosen = undrained(records, 9).outbox.map(([groupId]) => groupId);
    expect(chosen).toEqual(['b', 'a', 'c', 'd', 'e']);
  });

  it('comes to serve once it is taken back, if its workers have come meanwhile', () => {
    const back = (given: Partial<GroupRecord>) =>
      undrained(recordsOf({ a: told(given) }), 1).outbox.map(([, { type }]) => type);
    const came = back({ registered: false, load: load(0) });
    expect(came).toEqual(['group.cancelDrain', 'task.registered']);
    expect(back({ registered: false })).toEqual(['group.cancelDrain']);
    expect(back({ load: load(0) })).toEqual(['group.cancelDrain']);
  });

  it('is not taken back once StopTask may have been sent', () => {
    const [sent, event] = checkStop(told({ load: load(0) }), 8000, false);
    expect(event).toEqual({ type: 'group.send' });
    expect(undrained(recordsOf({ a: sent }), 1).outbox).toEqual([]);
    const [again] = checkStop(told({ lastStatus: 'stopping' }), 8000, false);
    expect(again.stopsForGood).toBe(true);
    const stays = serves();
    expect(checkStop(stays, 8000, false)[0]).toBe(stays);
  });

  it('is not taken back once the scheduler has chosen it to stop', () => {
    const { groups, outbox } = released(recordsOf({ a: told() }), ['t'], 7000);
    expect(outbox).toEqual([]);
    expect(undrained({ groups, launches: {} }, 1).outbox).toEqual([]);
  });
});

describe('a group that is to leave and was not seen yet', () => {
  const unseen = (given: Partial<GroupRecord> = {}) =>
    runs({ phase: 'waiting', drainRequested: true, observeUntil: 9000, ...given });

  it('has less time when all must go soon', () => {
    const records = recordsOf({
      a: unseen(),
      b: unseen({ taskArn: arn('b'), drainDeadline: 8000 }),
      c: unseen({ taskArn: arn('c'), drainDeadline: 5000, observeUntil: 6000 }),
    });
    const { groups } = drained(records, noGroups, {
      at: 1000,
      until: 7000,
      monitorEverConnected: true,
    });
    expect(groups).toMatchObject({
      a: { drainDeadline: null, observeUntil: 7000 },
      b: { drainDeadline: 7000, observeUntil: 7000 },
      c: { drainDeadline: 5000, observeUntil: 6000 },
    });
    expect(groups.c).toBe(records.groups.c);
  });

  it('waits for nothing any more once it is taken back, and is taken back after one that ECS shows', () => {
    const records = recordsOf({
      a: unseen({ lastStatus: 'missing' }),
      b: rowOf({ drainRequested: true }),
      c: unseen({ taskArn: arn('c'), lastStatus: 'starting' }),
    });
    const { groups, outbox } = undrained(records, 1);
    expect(outbox).toEqual([['c', { type: 'group.cancelDrain' }]]);
    expect(groups.c).toMatchObject({
      drainRequested: false,
      drainDeadline: null,
      observeUntil: null,
    });
    expect(undrained(records, 2).outbox.map(([id]) => id)).toEqual(['c', 'a']);
    const { a, b, c } = records.groups as Record<'a' | 'b' | 'c', GroupRecord>;
    const otherwise = undrained(recordsOf({ b, c, a }), 2);
    expect(otherwise.outbox.map(([id]) => id)).toEqual(['c', 'a']);
  });
});

describe('a stop whose turn has come', () => {
  const idle = { workers: 2, tasks: 0, canceling: 0 };
  const busy = { ...idle, tasks: 1 };
  const stops = (given: Partial<GroupRecord> = {}) =>
    serves({
      ...{ phase: 'stopping', drainRequested: true, stopRequestedAt: 5000 },
      ...{ load: idle, lastStatus: 'running', stopUnlessBusyUntil: 60_000 },
      ...given,
    });

  it.each([
    ['is sent while the group is idle', {}, false, 'group.send'],
    ['is not sent when the group is at work by now', { load: busy }, false, 'group.drain'],
    ['is not sent on what is old by now', {}, true, 'group.drain'],
    [
      'is sent to a group at work whose time is up',
      { load: busy, stopUnlessBusyUntil: 20_000 },
      false,
      'group.send',
    ],
    [
      'is sent to a group at work that was not chosen for being idle',
      { load: busy, stopUnlessBusyUntil: null },
      false,
      'group.send',
    ],
    [
      'is sent on what is old to a group without workers',
      { load: { ...idle, workers: 0 } },
      true,
      'group.send',
    ],
    ['is sent where nothing shows what is at work', { load: null }, true, 'group.send'],
    [
      'is sent again when ECS has taken it',
      { load: busy, stopAccepted: true },
      false,
      'group.send',
    ],
    [
      'is sent again when ECS shows that the task stops',
      { load: busy, lastStatus: 'stopping' },
      false,
      'group.send',
    ],
    [
      'is held back while a worker cancels a task',
      { load: { ...busy, canceling: 1 } },
      false,
      'group.hold',
    ],
  ] as const)('%s', (_, given, isOld, type) => {
    const [, event] = checkStop(stops(given), 20_000, isOld);
    expect(event).toEqual({ type });
  });

  it('leaves the group waiting until the same deadline when it is not sent', () => {
    const [record] = checkStop(stops({ load: busy }), 20_000, false);
    expect(record).toStrictEqual(
      stops({
        ...{ load: busy, phase: 'waiting', drainDeadline: 60_000 },
        ...{ stopUnlessBusyUntil: null, stopRequestedAt: null },
      }),
    );
    expect(checkStop(stops({ load: { ...busy, canceling: 1 } }), 20_000, false)[0]).toMatchObject({
      ...{ phase: 'held', stopHeldSince: 20_000, stopUnlessBusyUntil: 60_000 },
    });
  });

  it('does not wait for the work of the group when the scheduler has chosen the group', () => {
    const waits = serves({ load: busy, drainRequested: true, drainDeadline: 60_000 });
    const { groups } = released({ groups: { a: waits }, launches: {} }, ['t'], 7000);
    expect(groups.a).toMatchObject({ phase: 'stopping', stopUnlessBusyUntil: null });
  });
});

describe('a drain that waits for an idle moment', () => {
  it('ends in a stop at its deadline, not earlier', () => {
    const records = recordsOf({
      a: waits({ drainDeadline: 9000 }),
      b: waits({ drainDeadline: 9001 }),
    });
    const { groups, outbox } = stoppedAtPoll(records, 9000);
    expect(groups).toStrictEqual({
      a: waits({ drainDeadline: null, stopRequestedAt: 9000, phase: 'stopping' }),
      b: waits({ drainDeadline: 9001 }),
    });
    expect(outbox).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('does not end for a group without a task, nor for a group that does not drain', () => {
    const records = recordsOf({
      a: rowOf({ drainRequested: true, drainDeadline: 8000 }),
      b: waits({ registered: false, drainDeadline: 8000 }),
      c: serves({ load: load(0) }),
    });
    const { groups, outbox } = stoppedAtPoll(records, 9000);
    expect(outbox).toEqual([['b', { type: 'group.stop' }]]);
    expect([groups.a, groups.c]).toStrictEqual([records.groups.a, records.groups.c]);
  });
});

describe('the time to wait', () => {
  const busy = { workers: 2, tasks: 1, canceling: 0 };
  const waiting = (given: Partial<GroupRecord> = {}): GroupRecord =>
    serves({
      ...{ phase: 'waiting', drainRequested: true, drainDeadline: 900_000, load: busy },
      ...given,
    });

  describe('a group that waits for an idle moment until its deadline', () => {
    const stops = (given: Partial<GroupRecord>, at: number, isCurrent?: boolean) =>
      stoppedAtPoll({ groups: { a: waiting(given) }, launches: {} }, at, isCurrent).outbox.length >
      0;

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
});

it('a StopTask that has failed is asked for again after a pause, unless a later one is accepted', () => {
  const told = { phase: 'stopping', drainRequested: true, stopRequestedAt: 5000 } as const;
  const again = (at: number, stopAccepted = false) =>
    stoppedAtPoll(recordsOf({ a: serves({ ...told, stopFailures: 2, stopAccepted }) }), at).outbox
      .length;
  expect([again(6999), again(7000), again(900_000, true)]).toEqual([0, 1, 0]);
});

describe('StopTask', () => {
  const idle = { workers: 2, tasks: 0, canceling: 0 };
  const busy = { ...idle, tasks: 1 };
  const cancels = { ...busy, canceling: 1 };
  /** Told to stop; it is at work, and may wait no longer. */
  const stops = (given: Partial<GroupRecord> = {}): GroupRecord =>
    serves({
      ...{ phase: 'stopping', drainRequested: true, stopRequestedAt: 5000 },
      ...{ load: busy, lastStatus: 'running', stopUnlessBusyUntil: null },
      ...given,
    });
  const answer = (record: GroupRecord, other: GroupRecord, isOld = false) =>
    answeredStop({ groups: { a: record, b: other }, launches: {} }, 'a', 20_000, isOld);

  describe('the turn of a StopTask', () => {
    it('takes a group at work back while another group has nothing to do', () => {
      const { groups, outbox } = answer(stops(), serves({ load: idle }));
      expect(outbox).toEqual([['a', { type: 'group.cancelDrain' }]]);
      expect(groups.a).toMatchObject({
        phase: 'running',
        drainRequested: false,
        stopsForGood: false,
      });
    });

    it('shows a group that registered after it was told to stop its workers when it stays', () => {
      const { outbox } = answer(stops({ registered: false }), serves({ load: idle }));
      expect(outbox).toEqual([
        ['a', { type: 'group.cancelDrain' }],
        ['a', { type: 'task.registered' }],
      ]);
    });

    it.each([
      ['the other one is at work', stops(), serves({ load: busy }), false],
      ['the other one leaves', stops(), stops({ load: idle }), false],
      ['it is idle as well', stops({ load: idle }), serves({ load: idle }), false],
      ['nothing shows its work', stops({ load: null }), serves({ load: idle }), false],
      ['the loads are of old', stops(), serves({ load: idle }), true],
      ['it leaves for good', stops({ stopsForGood: true }), serves({ load: idle }), false],
    ])('lets the group be stopped where %s', (_, record, other, isOld) => {
      const { groups, outbox } = answer(record, other, isOld);
      expect(outbox).toEqual([['a', { type: 'group.send' }]]);
      expect(groups).toMatchObject({ a: { phase: 'stopping', stopsForGood: true }, b: other });
    });

    it('lets a group at work that may still wait do so, whatever others do', () => {
      const { outbox } = answer(stops({ stopUnlessBusyUntil: 60_000 }), serves({ load: idle }));
      expect(outbox).toEqual([['a', { type: 'group.drain' }]]);
    });

    it('changes nothing when the group has ended', () => {
      const records = { groups: { b: serves() }, launches: {} };
      expect(answeredStop(records, 'a', 20_000, false)).toEqual({ ...records, outbox: [] });
    });

    it.each([
      ['was taken back', serves({ load: cancels })],
      ['waits again', serves({ load: cancels, phase: 'waiting', drainRequested: true })],
    ])('changes nothing when the group %s since it asked', (_, record) => {
      const { groups, outbox } = answer(record, serves());
      expect([groups.a, outbox]).toEqual([record, []]);
    });

    it('holds a group again that is held', () => {
      const held = stops({ phase: 'held', load: cancels, stopHeldSince: 15_000 });
      expect(answer(held, serves()).outbox).toEqual([['a', { type: 'group.hold' }]]);
    });
  });
});

describe('an event that ECS gives reason for', () => {
  const at = 500;
  const idle = { workers: 1, tasks: 0, canceling: 0 };
  const cancels = { ...idle, canceling: 1 };
  const failing = { type: 'task.failing', cause: 'interrupted', detail: 'Spot' } as const;

  it('is passed on unchanged where it is no reason to stop', () => {
    const record = runs();
    expect(applied(record, { type: 'task.running' }, at)).toEqual([
      record,
      { type: 'task.running' },
    ]);
  });

  it('stops a group that has been seen to live, which may wait again until its deadline', () => {
    const record = waits({ observeUntil: 9000, drainDeadline: 60_000, load: idle });
    const [next, event] = applied(record, { type: 'group.stop' }, at);
    expect(event).toEqual({ type: 'group.stop' });
    expect(next).toMatchObject({ phase: 'stopping', stopUnlessBusyUntil: 60_000 });
    expect(next.stopsForGood).toBe(false);
    expect(applied({ ...record, load: cancels }, { type: 'group.stop' }, at)[1]).toEqual({
      type: 'group.hold',
    });
  });

  it('stops a group that fails for good, and holds that only while its worker cancels a task', () => {
    const [next, event] = applied(runs({ drainDeadline: 60_000, load: idle }), failing, at);
    expect(event).toEqual(failing);
    expect(next).toMatchObject({
      phase: 'stopping',
      stopsForGood: true,
      stopUnlessBusyUntil: null,
    });
    expect(applied(runs({ load: cancels }), failing, at)[1]).toEqual({ ...failing, hold: true });
  });
});
