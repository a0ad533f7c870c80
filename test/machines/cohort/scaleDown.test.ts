import { describe, expect, it } from 'vitest';
import type { GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { recallOrder, scaleDownCandidates, shareNow } from '../../../machines/cohort/scaleDown.ts';
import { arn, load, rowOf, runs, serves, waits } from '../../support/rows.ts';

const now = 100_000;
/** Four workers, and since when each of some tasks of theirs runs. */
const works = (tasks: number, ...begun: number[]): GroupRecord =>
  serves({
    load: {
      ...load(tasks),
      running: { tasks: begun.length, begunSum: begun.reduce((sum, at) => sum + at, 0) },
    },
  });
const noGroups = { pending: 0, idle: 0, busy: 0 };

describe('the groups to drain', () => {
  it.each([
    [
      'has come least far',
      {
        a: rowOf({ phase: 'running' }),
        b: rowOf({ phase: 'provisioning' }),
        c: rowOf({ phase: 'requested' }),
      },
      { pending: 2 },
      ['c', 'b'],
    ],
    [
      'has no workers any more',
      { a: runs({ deadlinesFrom: 9 }), b: serves({ workersLostSince: 5 }) },
      { pending: 1 },
      ['b'],
    ],
    [
      'has no workers any more, whatever its phase',
      { a: serves({ workersLostSince: 5 }), b: runs({ deadlinesFrom: 9 }) },
      { pending: 1 },
      ['a'],
    ],
    [
      'is denied by ECS, before one that has come less far and is there',
      {
        a: rowOf({ taskArn: arn('a'), phase: 'provisioning', deadlinesFrom: 9 }),
        b: serves({ lastStatus: 'missing' }),
        c: runs({ lastStatus: 'missing' }),
      },
      { pending: 2 },
      ['b', 'c'],
    ],
    [
      'is least at work, though ECS denies a busier one',
      { a: serves({ load: load(2) }), b: serves({ load: load(5), lastStatus: 'missing' }) },
      { busy: 1 },
      ['a'],
    ],
    [
      'is least at work',
      { a: serves({ load: load(5) }), b: serves({ load: load(2) }), c: serves({ load: load(3) }) },
      { busy: 2 },
      ['b', 'c'],
    ],
    [
      'would lose the least of what it has computed, whatever waits at it',
      {
        a: works(2, now - 50_000),
        b: works(9, now - 9000),
        c: works(4, now - 8000, now - 8000),
        d: works(1, now - 60_000),
      },
      { busy: 2 },
      ['b', 'c'],
    ],
    [
      'is not known to be at work',
      { a: serves({ load: load(1), deadlinesFrom: 9 }), b: serves() },
      { busy: 1 },
      ['b'],
    ],
    [
      'is degraded, of those as much at work',
      {
        a: serves({ load: load(1), deadlinesFrom: 9 }),
        b: serves({ load: load(1), degraded: true }),
      },
      { busy: 1 },
      ['b'],
    ],
    [
      'is degraded, wherever it stands',
      {
        a: serves({ load: load(1), degraded: true }),
        b: serves({ load: load(1), deadlinesFrom: 9 }),
      },
      { busy: 1 },
      ['a'],
    ],
    [
      'is too old, of those as much at work',
      { a: serves({ load: load(1), deadlinesFrom: 9 }), b: serves({ load: load(1), aged: true }) },
      { busy: 1 },
      ['b'],
    ],
    [
      'is too old, wherever it stands',
      { a: serves({ load: load(1), aged: true }), b: serves({ load: load(1), deadlinesFrom: 9 }) },
      { busy: 1 },
      ['a'],
    ],
    [
      'is the youngest',
      {
        a: rowOf({ deadlinesFrom: 1 }),
        b: rowOf({ deadlinesFrom: 3 }),
        c: rowOf({ deadlinesFrom: 2 }),
      },
      { pending: 2 },
      ['b', 'c'],
    ],
    [
      'is of the kind that is asked for',
      { a: serves({ load: load(1) }), b: serves({ load: load(0) }), c: rowOf(), d: waits() },
      { pending: 1, idle: 1, busy: 1 },
      ['c', 'b', 'a'],
    ],
  ] as const)('%s', (_, groups, share, expected) => {
    expect(scaleDownCandidates(groups, { ...noGroups, ...share }, now)).toEqual(expected);
  });
});

describe('the groups that are to leave by an order', () => {
  const groups = {
    ...{ a: rowOf({}), b: rowOf({}) },
    ...{ c: serves({ load: load(0) }), d: serves({ load: load(0) }) },
    ...{ e: works(1), f: works(1), g: works(1) },
  };
  const now = (share: object, of: object) =>
    shareNow({ ...noGroups, ...share }, { ...noGroups, ...of }, groups, 4);

  it('are fewer where some have ended since it was decided, so that as many stay as were to stay', () => {
    expect(now({ pending: 3 }, { pending: 5 })).toEqual({ ...noGroups, pending: 0 });
    expect(now({ pending: 4 }, { pending: 5 })).toEqual({ ...noGroups, pending: 1 });
    expect(now({ pending: 5, idle: 2 }, { pending: 5, idle: 3 })).toEqual({
      ...{ pending: 2, idle: 1, busy: 0 },
    });
    expect(now({ busy: 4 }, { busy: 4 })).toEqual({ ...noGroups, busy: 3 });
    expect(now({ idle: 2, busy: 2 }, { idle: 5, busy: 4 })).toEqual({ ...noGroups, busy: 1 });
  });

  it('are no more where there are more, and degraded ones are left out of that', () => {
    expect(now({ pending: 1, busy: 1 }, { pending: 1, busy: 2 })).toEqual({
      ...{ pending: 1, idle: 0, busy: 1 },
    });
    expect(now({ degraded: 1 }, {})).toEqual({ ...noGroups, degraded: 1 });
  });
});

it('takes back serving groups first, of these those at work, then those that have come furthest', () => {
  const groups = {
    a: rowOf({ drainRequested: true }),
    b: waits({ load: load(0) }),
    c: serves(),
    d: rowOf({ phase: 'stopping', drainRequested: true }),
    e: waits(),
    f: waits({ registered: false }),
  };
  expect(recallOrder(groups)).toEqual(['e', 'b', 'f', 'a']);
});
