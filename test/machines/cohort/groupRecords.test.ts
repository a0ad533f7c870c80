import { describe, expect, it } from 'vitest';
import {
  admitted,
  adopted,
  type CohortRecords,
  categoryOf,
  countRecords,
  type GroupRecord,
  withUnanswered,
} from '../../../machines/cohort/groupRecords.ts';
import { recordLoads } from '../../../machines/cohort/loads.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { arn, load, rowOf, runs, serves, waits } from '../../support/rows.ts';

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
    const orphan = { groupId: 'orphan', taskArn: arn('s'), createdAt: 400, deadlinesFrom: 500 };
    expect(adopted(old, [orphan])).toStrictEqual({
      groups: {
        old: serves(),
        orphan: rowOf({
          ...{ taskArn: arn('s'), createdAt: 400, deadlinesFrom: 500, aliveUntil: 500 },
          phase: 'provisioning',
        }),
      },
      launches: old.launches,
      outbox: [['orphan', { type: 'group.launched', taskArn: arn('s') }]],
    });
    const spot = adopted(old, [{ ...orphan, market: 'spot' }]);
    expect(spot.groups.orphan?.market).toBe('spot');
    expect(spot.groups.orphan).not.toHaveProperty('ranBefore');
    expect(adopted(old, [{ ...orphan, hasRun: true }]).groups.orphan?.ranBefore).toBe(true);
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

it('counts the groups whose task DescribeTasks does not know', () => {
  const groups = { a: runs({ missingSince: 0 }), b: serves({ missingSince: 5 }), c: serves() };
  expect(countRecords(groups)).toMatchObject({ denied: 2 });
});

it('counts the groups whose launch has got no answer until they have a task', () => {
  const unanswered = true;
  const groups = {
    a: rowOf({ unanswered }),
    b: rowOf({ unanswered }),
    c: rowOf({ unanswered, taskArn: arn('t') }),
    d: rowOf(),
  };
  expect(countRecords(groups)).toMatchObject({ unanswered: 2 });
});

it('an attempt without an answer is noted of the groups of its launch that are there, and of no others', () => {
  const groups = { a: rowOf(), b: rowOf(), c: rowOf() };
  const records = { groups, launches: { 'e-1': ['a', 'b', 'gone'], 'e-2': ['c'] } };
  const unanswered = rowOf({ unanswered: true });
  expect(withUnanswered(records, 'e-1')).toStrictEqual({ ...groups, a: unanswered, b: unanswered });
  expect(withUnanswered(records, 'e-3')).toStrictEqual(groups);
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
