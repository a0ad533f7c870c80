import { describe, expect, it } from 'vitest';
import {
  type LimitName,
  limitStates,
  limitWords,
  type MoneySettings,
  moneyRoom,
  newMoney,
  type Payer,
  type SpentBefore,
  spendingOf,
  spentOf,
  tasksThatMayStay,
  usdText,
  withAdopted,
  withBill,
  withDay,
  withoutCohort,
  withUnseen,
  withUnshown,
} from '../../../machines/fleet/money.ts';
import { billOf, dayMs } from '../../../machines/shared/bill.ts';
import type { Market } from '../../../machines/shared/domain.ts';
import { tasksOf } from '../../support/liveManager.ts';

const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
const midnight = Date.UTC(2026, 10, 26);
const noon = midnight + dayMs / 2;
const settingsOf = (
  limits: Partial<Record<LimitName, number>>,
  onLimit: 'hold' | 'drain' = 'hold',
): MoneySettings => ({
  prices,
  limits: { perHour: null, perDay: null, total: null, ...limits },
  onLimit,
});
const spent: SpentBefore = {
  ...{ endedUsd: 10, day: midnight, usdAtMidnight: 7 },
  ...{ isLowerBound: false, mayHaveForgotten: false },
};

/** Twelve o'clock, and so many tasks that began at eleven. */
const payerOf = (
  tasks: number,
  settings: MoneySettings = settingsOf({}),
  before: SpentBefore | undefined = spent,
): Payer => {
  const froms = Array.from({ length: tasks }, () => ({
    market: 'onDemand' as const,
    from: noon - 3_600_000,
  }));
  const money = newMoney(before, settings, [], noon);
  return {
    money: withBill(money, 'cohort.0', billOf(froms, 0, prices, noon)),
    now: noon,
    settings: { money: settings },
  };
};

describe('what was spent', () => {
  it('is what earlier runs spent, and what living tasks have cost since their creation', () => {
    expect(spendingOf(payerOf(2))).toEqual({
      ...{ usdPerHour: 7.2, usdTotal: 17.2, isLowerBound: false },
      usdToday: expect.closeTo(10.2, 9),
    });
  });

  it('is nothing, and counted exactly, where the journal tells of no earlier run', () => {
    const money = newMoney(undefined, undefined, [], noon);
    const nothing = { usdAtMidnight: 0, isLowerBound: false, mayHaveForgotten: false };
    expect(money).toMatchObject({ ...nothing, day: midnight });
    expect(spendingOf({ money, now: noon, settings: {} })).toBeNull();
  });

  it('is not counted without a price, whatever earlier runs left', () => {
    const settings = { ...settingsOf({}), prices: null };
    const old = tasksOf(1).map((each) => ({ ...each, createdAt: midnight - 1 }));
    const yesterday = { ...spent, day: midnight - dayMs };
    const money = newMoney(yesterday, settings, old, noon);
    expect(money.usdAtMidnight).toBe(10);
    expect(withAdopted({ money, now: noon, settings: { money: settings } }, old, true)).toBe(money);
  });

  it('is the sum of the last bills of all cohorts', () => {
    const bill = billOf([{ market: 'spot', from: noon }], 1, prices, noon);
    const { money } = payerOf(2);
    const both = withBill(withBill(money, 'cohort.1', bill), 'cohort.0', bill);
    expect(both.sum).toMatchObject({ endedUsd: 12, spot: { tasks: 2 }, onDemand: { tasks: 0 } });
    expect(Object.keys(both.bills)).toEqual(['cohort.0', 'cohort.1']);
  });

  it('is not known without a price', () => {
    const payer = payerOf(2, { ...settingsOf({}), prices: null });
    expect(spendingOf(payer)).toBeNull();
    expect(limitStates(payer, 'onDemand')).toEqual([]);
    expect(moneyRoom(payer, 'onDemand')).toBe(Number.POSITIVE_INFINITY);
    expect(withDay(payer, noon + dayMs)).toBe(payer.money);
  });

  it('begins anew at midnight UTC, and does not when the clock is set back', () => {
    const payer = payerOf(2);
    const next = withDay(payer, midnight + dayMs + 5000);
    expect(next.day).toBe(midnight + dayMs);
    expect(next.usdAtMidnight).toBeCloseTo(10 + 2 * 13 * 3.6, 9);
    expect(withDay(payer, midnight + dayMs - 1)).toBe(payer.money);
    expect(withDay(payer, noon - dayMs)).toMatchObject({ day: midnight - dayMs, usdAtMidnight: 7 });
  });

  it('keeps the cost of the tasks of a cohort that is gone', () => {
    const { money } = payerOf(1);
    const ended = withBill(money, 'cohort.0', billOf([], 4, prices, noon));
    const gone = withoutCohort(ended, 'cohort.0');
    expect(gone.bills).toEqual({});
    expect(gone.sum.endedUsd).toBe(14);
    expect(withoutCohort(gone, 'cohort.0')).toBe(gone);
  });

  it('counts before today what tasks of an earlier run had cost by midnight', () => {
    const owned = tasksOf(2).map((each) => ({ ...each, createdAt: midnight - 3_600_000 }));
    const yesterday = { ...spent, day: midnight - dayMs };
    // By the lower price: their market is not known yet.
    expect(newMoney(yesterday, settingsOf({}), owned, noon).usdAtMidnight).toBeCloseTo(10.72, 9);
    expect(newMoney(spent, settingsOf({}), owned, noon).usdAtMidnight).toBe(7);
    const dearSpot = { ...settingsOf({}), prices: { ...prices, spot: 36 } };
    expect(newMoney(yesterday, dearSpot, owned, noon).usdAtMidnight).toBeCloseTo(17.2, 9);
    for (const createdAt of [midnight, noon, null]) {
      const young = owned.map((each) => ({ ...each, createdAt }));
      expect(newMoney(yesterday, settingsOf({}), young, noon).usdAtMidnight).toBe(10);
    }
  });

  it('may be more by the minimum of each task that launches given up at the start may have started, until it is found', () => {
    const room = (payer: Payer) => limitStates(payer, 'onDemand').map((state) => state.room);
    const settings = settingsOf({
      perHour: 3.6 * 2,
      perDay: 3 + 0.06 * 4,
      total: 10 + 0.06 * 5 + 0.006,
    });
    const mayHaveStarted: Market[] = ['onDemand', 'onDemand', 'spot'];
    const payer = payerOf(0, settings, { ...spent, mayHaveStarted });
    expect(room(payer)).toEqual([2, 1, 3]);
    expect(spendingOf(payer)).toMatchObject({ usdTotal: 10, isLowerBound: true });
    const owned = tasksOf(2).map((each) => ({ ...each, createdAt: noon }));
    const some = { ...payer, money: withAdopted(payer, owned, true) };
    expect(room(some)).toEqual([2, 3, 5]);
    expect(spendingOf(some)).toMatchObject({ isLowerBound: true });
    const all = { ...payer, money: withAdopted(some, owned, true) };
    expect(room(all)).toEqual([2, 4, 5]);
    expect(spendingOf(all)).toMatchObject({ isLowerBound: false });
  });

  it('may be more by the minimum of each task of a launch that is given up, until it is found by any inventory or a complete one leaves it out', () => {
    const payer = payerOf(0, settingsOf({ total: 10 + 0.06 * 4 }));
    const room = (money: Payer['money']) => moneyRoom({ ...payer, money }, 'onDemand');
    const given = withUnshown(withUnshown(payer.money, 1, 'spot'), 2, 'onDemand');
    expect(given.unshown).toEqual(['spot', 'onDemand', 'onDemand']);
    expect([room(payer.money), room(given)]).toEqual([4, 1]);
    const owned = tasksOf(2).map((each) => ({ ...each, createdAt: noon }));
    const found = withAdopted({ ...payer, money: given }, owned, false);
    expect([found.unshown, room(found)]).toEqual([['onDemand'], 3]);
    const left = withUnseen({ ...payer, money: found });
    expect([left.unshown, left.unseenUsd, room(left)]).toEqual([[], 0.06, 3]);
  });

  it('may be more by what no list has shown: of all runs for a total, since midnight for a day', () => {
    const room = (payer: Payer) => limitStates(payer, 'onDemand').map((state) => state.room);
    const settings = settingsOf({ perDay: 3 + 0.06 * 4, total: 10 + 0.06 * 5 });
    const mayHaveStarted: Market[] = ['onDemand', 'spot'];
    const payer = payerOf(0, settings, { ...spent, unseenUsd: 0.06, mayHaveStarted });
    expect(room(payer)).toEqual([2, 2]);
    expect(spentOf(payer.money)).toMatchObject({ unseenUsd: 0.06, unseenAtMidnight: 0.06 });
    // What was not seen by midnight and has been seen since is journaled as well.
    const seen = { ...payer.money, unseenUsd: 0 };
    expect(spentOf(seen)).toMatchObject({ unseenUsd: 0, unseenAtMidnight: 0.06 });
    const listed = { ...payer, money: withUnseen(payer) };
    expect(room(listed)).toEqual([2, 2]);
    expect(listed.money.unshown).toEqual([]);
    expect(spentOf(listed.money).unseenUsd).toBeCloseTo(0.06 + 0.066, 9);
    expect(spendingOf(listed)).toMatchObject({ usdTotal: 10, isLowerBound: true });
    expect(withUnseen(listed)).toBe(listed.money);
    const tomorrow = { ...listed, money: withDay(listed, noon + dayMs), now: noon + dayMs };
    expect(room(tomorrow)).toEqual([54, 2]);
    const free = payerOf(0, { ...settings, prices: null }, { ...spent, mayHaveStarted });
    expect(withUnseen(free)).toBe(free.money);
    expect(spentOf(payerOf(1).money)).toEqual({
      ...{ day: midnight, usdAtMidnight: 7, isLowerBound: false },
    });
  });

  it('may be more today by as much after a restart as before it', () => {
    const room = (payer: Payer) => limitStates(payer, 'onDemand').map((state) => state.room);
    const settings = settingsOf({ perDay: 3 + 0.06 * 5 });
    const mayHaveStarted: Market[] = Array<Market>(3).fill('onDemand');
    const before = { ...spent, unseenUsd: 0.06, unseenAtMidnight: 0.06, mayHaveStarted };
    const payer = payerOf(0, settings, before);
    const ended = { endedGapUsd: 0.06, isLowerBound: true };
    const listed = {
      ...payer,
      money: withBill(withUnseen(payer), 'cohort.0', billOf([], 0, prices, noon, ended)),
    };
    expect(room(listed)).toEqual([1]);
    const noted = spentOf(listed.money);
    expect(noted).toMatchObject({ unseenAtMidnight: 0.06, unseenUsd: expect.closeTo(0.3, 9) });
    expect(room(payerOf(0, settings, { ...spent, ...noted }))).toEqual([1]);
    // Of an earlier day, or a journal that does not tell: what may have been spent counts as before today.
    const yesterday = { ...spent, ...noted, day: midnight - dayMs };
    expect(room(payerOf(0, settings, yesterday))).toEqual([55]);
    expect(room(payerOf(0, settings, { ...spent, unseenUsd: 0.3 }))).toEqual([5]);
  });

  it('is counted on where the clock was set back before a restart, as within one run', () => {
    const tomorrow = { ...spent, day: midnight + dayMs, unseenUsd: 0.3, unseenAtMidnight: 0.1 };
    expect(newMoney(tomorrow, settingsOf({}), [], noon)).toMatchObject({
      ...{ day: midnight, usdAtMidnight: 7, unseenAtMidnight: 0.1 },
    });
  });

  it('is a lower bound once a task shows that the journal has forgotten earlier runs', () => {
    const owned = tasksOf(1).map((each) => ({ ...each, createdAt: midnight - 3_600_000 }));
    const fresh = payerOf(0, settingsOf({}), { ...spent, mayHaveForgotten: true });
    expect(withAdopted(fresh, owned, true)).toMatchObject({
      isLowerBound: true,
      usdAtMidnight: expect.closeTo(7.36, 9),
    });
    expect(withAdopted(fresh, owned, false).isLowerBound).toBe(false);
    expect(withAdopted(fresh, [], true)).toBe(fresh.money);
    expect(withAdopted(payerOf(0), owned, true).isLowerBound).toBe(false);
  });
});

describe('a limit', () => {
  it('has room for tasks by their price per hour, or by the minute that each costs at least', () => {
    const room = (limits: Partial<Record<LimitName, number>>) =>
      limitStates(payerOf(2, settingsOf(limits)), 'onDemand').map((state) => state.room);
    expect(room({ perHour: 7.2 })).toEqual([0]);
    expect(room({ perHour: 18 })).toEqual([3]);
    expect(room({ total: 17.2 + 0.06 * 4 })).toEqual([4]);
    expect(room({ perDay: 10.2 + 0.05 })).toEqual([0]);
    expect(room({ perHour: 1, perDay: 1, total: 1 })).toEqual([0, 0, 0]);
  });

  it('lets what may have been spent besides stop launches, and drains nothing for it', () => {
    const of = (limit: Partial<Record<LimitName, number>>) => {
      const payer = payerOf(2, settingsOf(limit, 'drain'));
      const older = { market: 'onDemand' as const, from: noon - 60_000, gapMs: 600_000 };
      const bill = billOf([older], 0, prices, noon);
      const gap = { ...payer, money: withBill(payer.money, 'cohort.1', bill) };
      return [limitStates(gap, 'onDemand')[0]?.room, tasksThatMayStay(gap), spendingOf(gap)];
    };
    // 17.26 dollars are spent, and perhaps 0.6 more.
    expect(of({ total: 17.9 })).toMatchObject([0, null, { isLowerBound: true }]);
    expect(of({ total: 17.26 + 0.6 + 0.06 })).toMatchObject([1, null, {}]);
    expect(of({ total: 17.2 })).toMatchObject([0, 0, {}]);
    // Three tasks are billed, and an hour costs what it costs.
    expect(of({ perHour: 14.4 })).toMatchObject([1, null, {}]);
  });

  it('has room for more tasks on Spot', () => {
    const payer = payerOf(0, settingsOf({ perHour: 3.6 }));
    expect([moneyRoom(payer, 'onDemand'), moneyRoom(payer, 'spot')]).toEqual([1, 10]);
  });

  it('counts what launches without an answer will cost at least', () => {
    const payer = payerOf(0, settingsOf({ perHour: 7.2, total: 10.13 }));
    const requested = [1, 2].map(() => ({ market: 'onDemand' as const, from: null }));
    const bill = billOf(requested, 0, prices, noon);
    const waiting = { ...payer, money: withBill(payer.money, 'cohort.1', bill) };
    expect(limitStates(waiting, 'onDemand')).toMatchObject([
      { limit: 'perHour', spent: 0, reserved: 7.2, room: 0 },
      { limit: 'total', spent: 10, reserved: 0.12, room: 0 },
    ]);
    const [hour, total] = limitStates(waiting, 'onDemand').map(
      (state) => limitWords(state).sentence,
    );
    expect(hour).toContain('costs $0.00, launches on their way $7.20; one task more');
    expect(total).toContain('cost in all $10.00, launches on their way $0.1200; one task more');
  });

  it('names what tasks may have cost that were not seen: of all runs for a total, since midnight for a day', () => {
    const limits = settingsOf({ perHour: 3, perDay: 3, total: 10 });
    const before = { ...spent, unseenUsd: 0.5, unseenAtMidnight: 0.2 };
    const states = limitStates(payerOf(0, limits, before), 'onDemand');
    expect(states.map(({ besides }) => besides)).toEqual([0, expect.closeTo(0.3, 9), 0.5]);
    const [hour, day, total] = states.map((state) => limitWords(state).sentence);
    expect(hour).not.toContain('not seen');
    expect(day).toContain(
      'UTC $3.00, and tasks that were not seen may have cost $0.3000; one task more',
    );
    expect(total).toContain(
      'all $10.00, and tasks that were not seen may have cost $0.5000; one task more',
    );
  });

  it('of a day clears at midnight UTC, and no other clears by itself', () => {
    const states = limitStates(payerOf(1, settingsOf({ perHour: 9, perDay: 9, total: 9 })), 'spot');
    expect(states.map(({ until }) => until)).toEqual([null, midnight + dayMs, null]);
  });

  it('says what is spent, what is allowed, and what would clear it', () => {
    const words = (limits: Partial<Record<LimitName, number>>) =>
      limitStates(payerOf(2, settingsOf(limits)), 'onDemand').map(limitWords);
    expect(words({ perHour: 7.2, perDay: 10.2, total: 17.2 })).toEqual([
      {
        sentence:
          'an hour of the tasks costs $7.20; one task more would pass the $7.20 of max_usd_per_hour',
        clears: 'the end of a task, or a higher max_usd_per_hour',
      },
      {
        sentence:
          'the tasks have cost since midnight UTC $10.20; one task more would pass the $10.20 of max_usd_per_day',
        clears: 'midnight UTC, or a higher max_usd_per_day',
      },
      {
        sentence:
          'the tasks have cost in all $17.20; one task more would pass the $17.20 of max_usd_total',
        clears: 'a higher max_usd_total',
      },
    ]);
  });
});

it('amounts have two decimals, or four where they are small', () => {
  expect([0, 1, 0.06, 12.345, -2].map(usdText)).toEqual([
    ...['$0.00', '$1.00', '$0.0600', '$12.35', '$-2.00'],
  ]);
});

describe('the tasks that a limit leaves', () => {
  const left = (limits: Partial<Record<LimitName, number>>, onLimit: 'hold' | 'drain' = 'drain') =>
    tasksThatMayStay(payerOf(4, settingsOf(limits, onLimit)));

  it('are all of them under hold, and while the money is not spent', () => {
    expect(left({ total: 1, perDay: 1, perHour: 1 }, 'hold')).toBeNull();
    expect(left({ total: 25, perDay: 25, perHour: 14.4 })).toBeNull();
  });

  it('are none once the money of the day or of all is spent', () => {
    expect(left({ total: 24.4 })).toBe(0);
    expect(left({ perDay: 17 })).toBe(0);
  });

  it('are as many as an hour may cost', () => {
    expect(left({ perHour: 10 })).toBe(2);
    expect(left({ perHour: 3.6 })).toBe(1);
    expect(left({ perHour: 10, total: 24.4 })).toBe(0);
    const payer = payerOf(4, settingsOf({ perHour: 7.2 }, 'drain'));
    const onSpot = billOf([{ market: 'spot', from: noon }], 0, prices, noon);
    // Five tasks cost 14.76 an hour.
    expect(tasksThatMayStay({ ...payer, money: withBill(payer.money, 'cohort.1', onSpot) })).toBe(
      2,
    );
  });
});
