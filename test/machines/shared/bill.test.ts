import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bill,
  type BilledGroup,
  billOf,
  costAt,
  dayMs,
  gapUsd,
  hourlyRate,
  midnightBefore,
  noBill,
  replaceBill,
  requestedRate,
  reservedUsd,
  sameBill,
  taskUsd,
} from '../../../machines/shared/bill.ts';

const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
const t = 1_795_000_000_000;
const onDemand = (from: number | null): BilledGroup => ({ market: 'onDemand', from });
const spot = (from: number | null): BilledGroup => ({ market: 'spot', from });

describe('a bill', () => {
  it('counts tasks by the second from their creation, each at the price of its market', () => {
    const bill = billOf([onDemand(t), spot(t - 100_000)], 5, prices, t + 200_000);
    expect(costAt(bill, prices, t + 200_000)).toBeCloseTo(5 + 0.2 + 0.03, 9);
    expect(hourlyRate(bill, prices)).toBeCloseTo(3.96, 9);
  });

  it('counts a young task with its minimum, until it is older', () => {
    const bill = billOf([onDemand(t), onDemand(t - 30_000)], 0, prices, t);
    expect(costAt(bill, prices, t)).toBeCloseTo(0.12, 9);
    expect(costAt(bill, prices, t + 30_000)).toBeCloseTo(0.12, 9);
    expect(costAt(bill, prices, t + 120_000)).toBeCloseTo(0.12 + 0.15, 9);
  });

  it('counts a task that is older than the minimum by its age only, also beside a young one', () => {
    const bill = billOf([onDemand(t - 100_000), onDemand(t)], 0, prices, t);
    expect(costAt(bill, prices, t)).toBeCloseTo(0.1 + 0.06, 9);
  });

  it('counts a task as young until it is as old as the minimum', () => {
    const groups = [onDemand(t - 60_000), onDemand(t - 59_999), spot(t - 60_000)];
    const bill = billOf(groups, 0, prices, t);
    const second = Math.floor((t + 1) / 1000);
    expect(bill.onDemand.young).toEqual({ [second]: { tasks: 1, endSum: t + 1 } });
    expect(bill.spot.young).toEqual({});
  });

  it('counts the minimum of a young task in full, though another one was young when it was made', () => {
    const bill = billOf([onDemand(t - 55_000), onDemand(t)], 0, prices, t);
    expect(costAt(bill, prices, t)).toBeCloseTo(0.12, 9);
    expect(costAt(bill, prices, t + 10_000)).toBeCloseTo(0.065 + 0.06, 9);
    const sum = replaceBill(bill, noBill, billOf([onDemand(t + 10_000)], 0, prices, t + 10_000));
    expect(costAt(sum, prices, t + 15_000)).toBeCloseTo(0.07 + 0.12, 9);
  });

  it('leaves a sum together with all that it added to it', () => {
    const rest = billOf([onDemand(t), spot(t)], 1, prices, t, { endedGapUsd: 1 });
    const groups = [onDemand(t), spot(t), spot(null), { ...spot(t), gapMs: 5 }];
    const bill = billOf(groups, 2, prices, t, { endedGapUsd: 3 });
    const sum = replaceBill(rest, noBill, bill);
    expect(Object.values(sum.spot.young)).toEqual([{ tasks: 3, endSum: 3 * (t + 60_000) }]);
    expect(replaceBill(sum, bill, noBill)).toEqual(rest);
    const { young } = replaceBill(replaceBill(noBill, noBill, bill), bill, noBill).spot;
    expect(young).toEqual({});
  });

  it('keeps apart what the tasks may have cost besides, and whether some cost is not known', () => {
    const older = { ...onDemand(t), gapMs: 100_000 };
    const bill = billOf([older, { ...spot(t), gapMs: 200_000 }, spot(t)], 0, prices, t);
    expect(gapUsd(bill, prices)).toBeCloseTo(0.12, 9);
    expect(costAt(bill, prices, t)).toBeCloseTo(0.06 + 0.012, 9);
    const shown = billOf([onDemand(t)], 0, prices, t);
    const sum = replaceBill(replaceBill(noBill, noBill, bill), bill, shown);
    expect(gapUsd(sum, prices)).toBe(0);
    const partly = billOf([], 0, prices, t, { isLowerBound: true, endedGapUsd: 2 });
    expect(gapUsd(partly, prices)).toBe(2);
    expect(sameBill(partly, billOf([], 0, prices, t))).toBe(false);
    // What was once not known is not known in the sum, whatever follows.
    const after = replaceBill(replaceBill(noBill, noBill, partly), partly, shown);
    expect([sum.isLowerBound, after.isLowerBound]).toEqual([false, true]);
    expect(gapUsd(after, prices)).toBe(0);
  });

  it('reserves the minimum of a launch without an answer', () => {
    const bill = billOf([onDemand(null), spot(null), spot(null)], 0, prices, t);
    expect(reservedUsd(bill, prices)).toBeCloseTo(0.06 + 0.012, 9);
    expect(requestedRate(bill, prices)).toBeCloseTo(3.6 + 0.72, 9);
    expect(costAt(bill, prices, t)).toBe(0);
  });

  it('takes the place of an earlier one in a sum, so that the sum is that of all groups at any time', () => {
    const group = fc.record({
      market: fc.constantFrom('onDemand' as const, 'spot' as const),
      from: fc.option(fc.integer({ min: t - dayMs, max: t }), { nil: null }),
    });
    const cohorts = fc.array(fc.array(group, { maxLength: 20 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(cohorts, cohorts, fc.nat(dayMs), (before, after, later) => {
        const bills = before.map((groups) => billOf(groups, 1, prices, t));
        let sum = bills.reduce((all, bill) => replaceBill(all, noBill, bill), noBill);
        after.forEach((groups, i) => {
          sum = replaceBill(sum, bills[i] ?? noBill, billOf(groups, 2, prices, t));
        });
        const living = [...after, ...before.slice(after.length)].flat();
        const ended = 2 * after.length + Math.max(0, before.length - after.length);
        const all = billOf(living, ended, prices, t);
        const [found, expected] = [sum, all].map((bill) => costAt(bill, prices, t + later));
        expect(found).toBeCloseTo(expected as number, 4);
        expect(sum.onDemand.requested).toBe(all.onDemand.requested);
      }),
    );
  });

  it('is the same as another only if every number is', () => {
    const bill = billOf([onDemand(t), spot(null)], 1, prices, t);
    expect(sameBill(bill, billOf([onDemand(t), spot(null)], 1, prices, t))).toBe(true);
    expect(sameBill(bill, { ...bill, endedUsd: 2 })).toBe(false);
    expect(sameBill(bill, { ...bill, isLowerBound: true })).toBe(false);
    expect(sameBill(bill, { ...bill, endedGapUsd: 2 })).toBe(false);
    expect(sameBill(bill, { ...bill, spot: { ...bill.spot, requested: 2 } })).toBe(false);
    const youngAt = (...all: number[]) => billOf(all.map(onDemand), 1, prices, t);
    const two = youngAt(t, t + 2000);
    expect(sameBill(two, youngAt(t, t + 2000))).toBe(true);
    expect(sameBill(two, youngAt(t + 500, t + 1500))).toBe(false);
    const withYoung = (young: Bill['onDemand']['young']) => ({
      ...{ ...two, onDemand: { ...two.onDemand, young } },
    });
    const one = withYoung({ 1: { tasks: 1, endSum: 1 } });
    const others: Bill['onDemand']['young'][] = [
      {},
      { 2: { tasks: 1, endSum: 1 } },
      { 1: { tasks: 2, endSum: 1 } },
      { 1: { tasks: 1, endSum: 2 } },
      { 1: { tasks: 1, endSum: 1 }, 2: { tasks: 1, endSum: 2 } },
    ];
    for (const young of others) {
      expect(sameBill(one, withYoung(young))).toBe(false);
      expect(sameBill(withYoung(young), one)).toBe(false);
    }
  });
});

it('bills a task in whole seconds, and for a minute at least', () => {
  expect(taskUsd(prices, 'onDemand', 3_600_000)).toBeCloseTo(3.6, 9);
  expect(taskUsd(prices, 'onDemand', 61_001)).toBeCloseTo(0.062, 9);
  expect(taskUsd(prices, 'spot', 1000)).toBeCloseTo(0.006, 9);
});

it('begins a day at midnight UTC', () => {
  const midnight = Date.UTC(2026, 10, 26);
  expect(midnightBefore(midnight)).toBe(midnight);
  expect(midnightBefore(midnight + dayMs - 1)).toBe(midnight);
});
