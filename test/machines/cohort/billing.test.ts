import { describe, expect, it } from 'vitest';
import { billedAs, billedGroups, usdOf } from '../../../machines/cohort/billing.ts';
import { reconcileObserved } from '../../../machines/cohort/observe.ts';
import { input, sighting } from '../../support/liveCohort.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
const seen = (createdAt: number | null, more: object = {}) => ({
  ...sighting(arn('t'), 'running'),
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
  const known = serves({ lastStatus: 'running', billedFrom: 77 });
  const see = (createdAt: number, more: object = {}) => {
    const records = { groups: { a: known }, launches: {} };
    return reconcileObserved(records, [seen(createdAt, more)], 500, input.timeouts, true).groups.a;
  };
  expect(see(77, { market: 'spot' })).toMatchObject({ market: 'spot' });
  expect(see(90_000)).toMatchObject({ billedFrom: 90_000 });
});

it('bills a group from what ECS showed last, else from its creation, else from its launch', () => {
  const froms = (given: object) => billedGroups({ g: rowOf(given) }).map(({ from }) => from);
  expect(froms({ deadlinesFrom: 3 })).toEqual([null]);
  expect(froms({ taskArn: 'a', deadlinesFrom: 3 })).toEqual([3]);
  expect(froms({ taskArn: 'a', deadlinesFrom: 3, createdAt: 2 })).toEqual([2]);
  expect(froms({ taskArn: 'a', deadlinesFrom: 3, createdAt: 2, billedFrom: 1 })).toEqual([1]);
});

describe('the cost of a group that has ended', () => {
  const record = rowOf({ taskArn: arn('t'), billedFrom: 100_000 });

  it('is by the times of ECS, else until the last look at it', () => {
    expect(usdOf({ ...record, livedMs: 100_000 }, prices, 1_000_000)).toBeCloseTo(0.1, 9);
    expect(usdOf(record, prices, 1_000_000)).toBeCloseTo(0.9, 9);
    expect(usdOf({ ...record, market: 'spot' }, prices, 1_000_000)).toBeCloseTo(0.09, 9);
  });

  it('is nothing without a task, and not known without a price', () => {
    expect(usdOf(rowOf(), prices, 900_000)).toBe(0);
    expect(usdOf(record, undefined, 900_000)).toBeNull();
  });
});
