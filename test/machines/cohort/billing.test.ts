import { describe, expect, it } from 'vitest';
import {
  aliveUntil,
  billedAs,
  billedGroups,
  endedUsdOf,
  isEndSeen,
  usdOf,
} from '../../../machines/cohort/billing.ts';
import type { GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { reconcileObserved } from '../../../machines/cohort/observe.ts';
import { input, observed } from '../../support/liveCohort.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
const seen = (createdAt: number | null, more: object = {}) => ({
  ...observed(arn('t'), 'running'),
  createdAt,
  ...more,
});

describe('what ECS shows of a task', () => {
  it('sets from when on it is billed, and on which market', () => {
    const record = rowOf({ taskArn: arn('t'), deadlinesFrom: 9000 });
    expect(billedAs(record, seen(5000, { market: 'spot' }))).toEqual({
      ...{ market: 'spot', billedFrom: 5000, livedMs: null },
    });
    expect(billedAs(record, seen(null))).toMatchObject({ market: 'onDemand', billedFrom: null });
  });

  it('moves that moment only when a clock was set', () => {
    const record = rowOf({ taskArn: arn('t'), billedFrom: 50_000 });
    expect(billedAs(record, seen(55_000)).billedFrom).toBe(50_000);
    expect(billedAs(record, seen(55_001)).billedFrom).toBe(55_001);
    expect(billedAs(record, seen(44_999)).billedFrom).toBe(44_999);
    expect(billedAs(record, seen(null)).billedFrom).toBe(50_000);
  });
});

it('records on which market a task runs and from when on it is billed, though nothing else is new', () => {
  const known = serves({ lastStatus: 'running', runningAt: 400, billedFrom: 77 });
  const see = (createdAt: number, more: object = {}) => {
    const records = { groups: { a: known }, launches: {} };
    return reconcileObserved(records, [seen(createdAt, more)], 500, input.timeouts, true).groups.a;
  };
  expect(see(77)).toBe(known);
  expect(see(77, { market: 'spot' })).toMatchObject({ market: 'spot' });
  expect(see(90_000)).toMatchObject({ billedFrom: 90_000 });
});

it('records until when a task has lived that ECS denies', () => {
  const deny = (given: Partial<GroupRecord>, describedAt: number | null) => {
    const records = { groups: { a: serves(given) }, launches: {} };
    const denied = [observed(arn('t'), 'missing')];
    return reconcileObserved(records, denied, 9, input.timeouts, true, describedAt).groups.a
      ?.aliveUntil;
  };
  expect(deny({ lastStatus: 'running' }, 6)).toBe(6);
  expect(deny({ lastStatus: 'missing', aliveUntil: 3 }, 6)).toBe(3);
  expect(deny({ lastStatus: null }, 6)).toBeNull();
});

it('records once when ECS created a task', () => {
  const see = (given: Partial<GroupRecord>) => {
    const records = { groups: { a: serves({ lastStatus: 'starting', ...given }) }, launches: {} };
    return reconcileObserved(records, [seen(77)], 500, input.timeouts, true).groups.a;
  };
  expect(see({})).toMatchObject({ createdAt: 77, deadlinesFrom: 0 });
  expect(see({ createdAt: 70 })?.createdAt).toBe(70);
});

it('bills a group from what ECS showed last, else from its creation, else from its launch', () => {
  const froms = (given: object) => billedGroups({ g: rowOf(given) }).map(({ from }) => from);
  expect(froms({ deadlinesFrom: 3 })).toEqual([null]);
  expect(froms({ taskArn: 'a', deadlinesFrom: 3 })).toEqual([3]);
  expect(froms({ taskArn: 'a', deadlinesFrom: 3, createdAt: 2 })).toEqual([2]);
  expect(froms({ taskArn: 'a', deadlinesFrom: 3, createdAt: 2, billedFrom: 1 })).toEqual([1]);
});

it('bills a group of an earlier run as if this one had followed at once, until ECS shows its task', () => {
  const billed = (given: object) => {
    const [group] = billedGroups({ g: rowOf({ taskArn: 'a', createdAt: 2, ...given }) });
    return [group?.from, group?.gapMs];
  };
  expect(billed({ presumedFrom: 50 })).toEqual([50, 48]);
  expect(billed({ presumedFrom: 50, billedFrom: 3 })).toEqual([3, 0]);
  // The clock was set back.
  expect(billed({ presumedFrom: -7 })).toEqual([-7, 0]);
  expect(billed({})).toEqual([2, 0]);
  // It is not known when it was created.
  expect(billed({ presumedFrom: 50, createdAt: null })).toEqual([50, 0]);
});

it('knows the end of a group that ECS showed, and of one that never had a task', () => {
  expect(isEndSeen(rowOf())).toBe(true);
  expect(isEndSeen(serves({ lastStatus: 'stopped' }))).toBe(true);
  expect(isEndSeen(serves({ lastStatus: 'running' }))).toBe(false);
});

it('knows no moment at which a task lived as long as DescribeTasks has never answered', () => {
  expect(aliveUntil(serves({ lastStatus: 'running' }), null)).toBeNull();
});

describe('the cost of a group that has ended', () => {
  const record = rowOf({ taskArn: arn('t'), billedFrom: 100_000 });

  it('is by the times of ECS, else until the last look at it', () => {
    expect(usdOf({ ...record, livedMs: 100_000 }, prices, 1_000_000)).toBeCloseTo(0.1, 9);
    expect(usdOf(record, prices, 1_000_000)).toBeCloseTo(0.9, 9);
    expect(usdOf({ ...record, market: 'spot' }, prices, 1_000_000)).toBeCloseTo(0.09, 9);
  });

  it('counts until the last moment at which its task is known to have lived, if ECS never showed its end', () => {
    const ended = (given: object, describedAt: number | null = null) =>
      endedUsdOf({ ...record, ...given }, prices, { at: 1_000_000, describedAt });
    expect(ended({ lastStatus: 'stopped' })).toBeCloseTo(0.9, 9);
    expect(ended({ lastStatus: 'stopped', livedMs: 100_000 })).toBeCloseTo(0.1, 9);
    expect(ended({ lastStatus: 'running' }, 800_000)).toBeCloseTo(0.7, 9);
    expect(ended({ lastStatus: 'running', aliveUntil: 900_000 }, 800_000)).toBeCloseTo(0.8, 9);
    expect(ended({ lastStatus: 'missing', aliveUntil: 400_000 }, 800_000)).toBeCloseTo(0.3, 9);
    // Only its creation is known: the minimum.
    expect(ended({})).toBeCloseTo(0.06, 9);
    expect(ended({ lastStatus: 'missing' }, 800_000)).toBeCloseTo(0.06, 9);
    expect(ended({ taskArn: null })).toBe(0);
  });

  it('is nothing without a task, and not known without a price', () => {
    expect(usdOf(rowOf(), prices, 900_000)).toBe(0);
    expect(usdOf(record, undefined, 900_000)).toBeNull();
  });
});
