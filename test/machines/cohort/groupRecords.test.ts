import { describe, expect, it } from 'vitest';
import { expired } from '../../../machines/cohort/deadlines.ts';
import {
  admitted,
  adopted,
  type CohortRecords,
  categoryOf,
  countRecords,
  type GroupRecord,
  recordLoads,
  stopEvent,
} from '../../../machines/cohort/groupRecords.ts';
import { reconcileObserved } from '../../../machines/cohort/observe.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import type { WorkerLoad } from '../../../machines/scheduler/messages.ts';
import type { TaskObservation } from '../../../machines/shared/domain.ts';
import { input, observed } from '../../support/liveCohort.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const load = (tasks: number) => ({ workers: 4, tasks, canceling: 0 });
const waits = (given: Partial<GroupRecord> = {}): GroupRecord =>
  serves({ phase: 'waiting', drainRequested: true, drainDeadline: 9000, load: load(2), ...given });
const recordsOf = (groups: Record<string, GroupRecord>): CohortRecords => ({
  groups,
  launches: {},
});
const runs = (given: Partial<GroupRecord> = {}): GroupRecord =>
  rowOf({ taskArn: arn('r'), phase: 'running', ...given });
const plan = (label: string, groupIds: string[]) => ({
  order: {
    label,
    clientToken: `se-${label}`,
    count: groupIds.length,
    revision: 'rev:1',
    market: 'onDemand' as const,
  },
  groupIds,
  outcomeUnknown: false,
});

describe('the record of a group', () => {
  const old = { groups: { old: serves() }, launches: { 'e-0': ['old'] } };

  it('starts in requested, without a task ARN, when its launch is admitted', () => {
    expect(admitted(old, [plan('e-1', ['a', 'b']), plan('e-2', ['c'])], 1000)).toStrictEqual({
      groups: {
        old: serves(),
        a: rowOf({ deadlinesFrom: 1000 }),
        b: rowOf({ deadlinesFrom: 1000 }),
        c: rowOf({ deadlinesFrom: 1000 }),
      },
      launches: { 'e-0': ['old'], 'e-1': ['a', 'b'], 'e-2': ['c'] },
    });
  });

  it('starts with the ARN and the launch time of its task when the group is adopted', () => {
    const stray = { groupId: 'stray', taskArn: arn('s'), createdAt: 400, deadlinesFrom: 500 };
    expect(adopted(old, [stray])).toStrictEqual({
      groups: {
        old: serves(),
        stray: rowOf({
          ...{ taskArn: arn('s'), createdAt: 400, deadlinesFrom: 500, aliveUntil: 500 },
          phase: 'provisioning',
        }),
      },
      launches: old.launches,
      outbox: [['stray', { type: 'group.launched', taskArn: arn('s') }]],
    });
    const spot = adopted(old, [{ ...stray, market: 'spot' }]);
    expect(spot.groups.stray?.market).toBe('spot');
    expect(spot.groups.stray).not.toHaveProperty('ranBefore');
    expect(adopted(old, [{ ...stray, hasRun: true }]).groups.stray?.ranBefore).toBe(true);
  });

  it.each([
    ['pending', rowOf()],
    ['pending', rowOf({ phase: 'running', load: load(1) })],
    ['cancelled', rowOf({ drainRequested: true })],
    ['cancelled', waits({ registered: false })],
    ['drainPending', waits()],
    ['stopping', rowOf({ phase: 'stopping', drainRequested: true })],
    ['busy', serves()],
    ['busy', serves({ load: load(1) })],
    ['idle', serves({ load: load(0) })],
    ['pending', serves({ workersLostSince: 0 })],
    ['pending', serves({ lastStatus: 'missing' })],
    ['busy', serves({ lastStatus: 'missing', load: load(1) })],
  ] as const)('a group is counted as %s: %o', (kind, row) => {
    expect(categoryOf(row)).toBe(kind);
    expect(countRecords({ a: row, b: row }, 4)).toMatchObject({
      ...noCounts,
      absent: expect.anything(),
      [kind]: 2,
    });
  });

  it.each([
    [2, 'has no task yet', rowOf()],
    [2, 'is denied by ECS', rowOf({ taskArn: arn('t'), lastStatus: 'missing' })],
    [2, 'is denied by ECS after it served', serves({ lastStatus: 'missing' })],
    [
      2,
      'is denied by ECS and has no workers',
      rowOf({
        taskArn: arn('t'),
        lastStatus: 'missing',
        load: { workers: 0, tasks: 0, canceling: 0 },
      }),
    ],
    [
      0,
      'is denied by ECS and has workers',
      rowOf({ taskArn: arn('t'), lastStatus: 'missing', load: load(0) }),
    ],
    [0, 'has a task', rowOf({ taskArn: arn('t') })],
    [0, 'serves, though ECS denies it', serves({ lastStatus: 'missing', load: load(1) })],
    [0, 'has no task yet and is to leave', rowOf({ drainRequested: true })],
    [0, 'has lost its workers', serves({ workersLostSince: 0, lastStatus: 'running' })],
  ] as const)('counts %i as absent of two where each %s', (absent, _, row) => {
    expect(countRecords({ a: row, b: row })).toMatchObject({ absent });
  });
});

describe('a drain that waits for an idle moment', () => {
  it('ends in a stop at its deadline, not earlier', () => {
    const records = recordsOf({
      a: waits({ drainDeadline: 9000 }),
      b: waits({ drainDeadline: 9001 }),
    });
    const { groups, outbox } = expired(records, 9000);
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
    const { groups, outbox } = expired(records, 9000);
    expect(outbox).toEqual([['b', { type: 'group.stop' }]]);
    expect([groups.a, groups.c]).toStrictEqual([records.groups.a, records.groups.c]);
  });
});

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
    expect(expired(records, 8999).outbox).toEqual([]);
    const { groups, outbox } = expired(records, 9000);
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
    expired(recordsOf({ a: waits({ load: cancels, drainDeadline: at }) }), at);

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
    expect(expired(held, 38_999).outbox).toEqual([]);
    const stopped = expired(held, 39_000);
    expect(stopped.outbox).toEqual([['a', { type: 'group.stop' }]]);
    expect(expired(stopped, 40_000).outbox).toEqual([]);
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
    const none = expired(recordsOf({ a: waits({ drainDeadline: 9000 }) }), 9000);
    expect(none.outbox).toEqual([['a', { type: 'group.stop' }]]);
  });
});

it('counts the groups whose task DescribeTasks does not know', () => {
  const groups = { a: runs({ missingSince: 0 }), b: serves({ missingSince: 5 }), c: serves() };
  expect(countRecords(groups)).toMatchObject({ denied: 2 });
});

it('counts the workers that serving groups lack, and those that they have beyond what they should', () => {
  const workers = (n: number) => ({ workers: n, tasks: 0, canceling: 0 });
  const groups = {
    whole: serves({ load: workers(4) }),
    more: serves({ load: workers(5), shownWorkers: 5 }),
    degraded: serves({ load: workers(1) }),
    unknown: serves(),
    boots: runs({ load: workers(1) }),
    leaves: serves({ load: workers(1), phase: 'stopping' }),
  };
  expect(countRecords(groups, 4)).toMatchObject({ missingWorkers: 3, surplusWorkers: 1 });
});

it('counts the workers that the launch of an adopted group gave it beyond what it should have', () => {
  const owned = { groupId: 'a', taskArn: arn('t'), createdAt: 0, deadlinesFrom: 0 };
  const surplusOf = (workers: number | undefined) =>
    countRecords(adopted({ groups: {}, launches: {} }, [{ ...owned, workers }]).groups, 1);
  expect([undefined, 1, 4].map((workers) => surplusOf(workers).surplusWorkers)).toEqual([0, 0, 3]);
});

it('counts what a group has beyond what it should until it is to leave, also while nothing of it is shown', () => {
  const serving = { groups: { a: serves({ taskArn: arn('t') }) }, launches: {} };
  const shown = recordLoads(serving, { t: { ...load(1), workers: 4 } }, 1000);
  const gone = recordLoads(shown, { t: { ...load(0), workers: 0 } }, 2000);
  const surplusOf = ({ groups }: CohortRecords) => countRecords(groups, 1).surplusWorkers;
  expect(countRecords(gone.groups, 1)).toMatchObject({ pending: 1, busy: 0 });
  expect([serving, shown, gone, recordLoads(shown, null, 2000)].map(surplusOf)).toEqual([
    ...[0, 3, 3, 3],
  ]);
  expect(surplusOf(recordLoads(gone, { t: { ...load(0), workers: 2 } }, 3000))).toBe(1);
  const leaves = { a: { ...(shown.groups.a as GroupRecord), drainRequested: true } };
  expect(surplusOf({ ...shown, groups: leaves })).toBe(0);
});

it('counts the groups that an operator drains and that still wait for an idle moment', () => {
  const groups = {
    waits: serves({ evicted: true, phase: 'waiting', drainDeadline: 9 }),
    idle: serves({ drainRequested: true, phase: 'waiting' }),
    stops: serves({ evicted: true, phase: 'stopping' }),
  };
  expect(countRecords(groups, 4)).toMatchObject({ drainPending: 1, stopping: 2, waiting: 1 });
});

it('counts the groups that are to leave and have only to rest before', () => {
  const load = (tasks: number) => ({ workers: 4, tasks, canceling: 0 });
  const groups = {
    rests: serves({ drainRequested: true, phase: 'waiting', load: load(0) }),
    works: serves({ drainRequested: true, phase: 'waiting', load: load(1) }),
    unknown: serves({ drainRequested: true, phase: 'waiting' }),
    idle: serves({ load: load(0) }),
  };
  expect(countRecords(groups, 4)).toMatchObject({ drainPending: 3, resting: 1, idle: 1 });
});

describe('of the groups that are told to stop', () => {
  const told = (given: Partial<GroupRecord> = {}) =>
    serves({ phase: 'stopping', drainRequested: true, ...given });

  it.each([
    ['those whose StopTask waits for its turn', {}, 1],
    ['those that have not registered', { registered: false }, 1],
    ['not those that leave for good', { stopsForGood: true }, 0],
    ['not those that a person drains', { evicted: true }, 0],
    ['not those whose turn has failed', { stopFailures: 1 }, 0],
    ['not those that ECS shows as stopping', { lastStatus: 'stopping' }, 0],
    ['not those that have lost their workers', { workersLostSince: 5 }, 0],
    ['not those that ECS denies', { lastStatus: 'missing' }, 0],
    ['those whose stop is held back', { phase: 'held' }, 1],
    [
      'not those that have failed and whose stop is held back',
      { phase: 'held', stopsForGood: true },
      0,
    ],
  ] as const)('%s can be had back', (_, given, unsent) => {
    const counts = countRecords({ a: told(given) });
    expect(counts).toMatchObject({ stopping: 1, unsent });
  });

  it.each([
    ['after an attempt', {}, 3],
    ['of a group that has failed for good, too', { stopsForGood: true }, 3],
    ['not before the first attempt', { stopFailures: 0 }, 0],
    ['not once it is accepted', { stopAccepted: true }, 0],
    ['not where ECS shows that the task stops', { lastStatus: 'stopping' }, 0],
    ['not where none is known to be connected', { load: null }, 0],
    ['not of a group whose stop is held back', { phase: 'held' }, 0],
  ] as const)('those whose StopTask fails count with their workers: %s', (_, given, workers) => {
    const load = { workers: 3, tasks: 0, canceling: 0 };
    const failed = told({ load, stopFailures: 1, ...given });
    const other = told({ load });
    expect(countRecords({ failed, other }, 4).unstoppedWorkers).toBe(workers);
  });
});

describe('a task that is to stop', () => {
  const observe = (record: GroupRecord, phase: TaskObservation['phase'], more: object = {}) => {
    const seen = { ...observed(arn('r'), phase), ...more };
    return reconcileObserved(recordsOf({ a: record }), [seen], 500, input.timeouts, true);
  };
  const unseen = { phase: 'waiting', drainRequested: true, observeUntil: 9000 } as const;

  it('because it is seen to live is held while its worker cancels another, and may wait again', () => {
    const record = runs({ ...unseen, drainDeadline: 60_000 });
    const idle = { workers: 1, tasks: 0, canceling: 0 };
    const plain = observe({ ...record, load: idle }, 'running');
    expect(plain.outbox).toEqual([['a', { type: 'group.stop' }]]);
    expect(plain.groups.a).toMatchObject({ phase: 'stopping', stopUnlessBusyUntil: 60_000 });
    const { outbox } = observe({ ...record, load: { ...idle, canceling: 1 } }, 'running');
    expect(outbox).toEqual([['a', { type: 'group.hold' }]]);
  });

  it('because it fails is held only while its worker cancels another', () => {
    const cause = { cause: 'interrupted', detail: 'Spot' } as const;
    const { outbox } = observe(runs({ registered: true }), 'stopping', cause);
    expect(outbox).toEqual([['a', { type: 'task.failing', ...cause }]]);
  });

  it('because it fails is not taken back', () => {
    const lost = { registered: true, load: load(0), workersLostSince: 0 };
    const timeouts = { ...input.timeouts, workersLostMs: 100 };
    const { groups } = reconcileObserved(
      recordsOf({ a: runs(lost) }),
      [observed(arn('r'), 'running')],
      ...([500, timeouts, true] as const),
    );
    expect(groups.a).toMatchObject({ phase: 'stopping', stopsForGood: true });
  });
});
