import { describe, expect, it } from 'vitest';
import type { MoneySettings } from '../../../machines/fleet/money.ts';
import { billOf, dayMs } from '../../../machines/shared/bill.ts';
import { liveManager, orphan, readyManager, tasksOf } from '../../support/liveManager.ts';

const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
const moneyOf = (limits: object, onLimit: 'hold' | 'drain' = 'hold'): { money: MoneySettings } => ({
  money: { prices, limits: { perHour: null, perDay: null, total: null, ...limits }, onLimit },
});
const running = (count: number, from: number) =>
  Array.from({ length: count }, () => ({ market: 'onDemand' as const, from }));

/** A manager whose only cohort reports what the test says. */
const spender = async (limits: object, onLimit: 'hold' | 'drain' = 'hold') => {
  const manager = await readyManager({}, { ...moneyOf(limits, onLimit), workersPerTask: 1 });
  const billed = (count: number, from: number, endedUsd = 0) =>
    manager.actor.send({
      ...{ type: 'cohort.billed', cohortId: 'cohort.0' },
      bill: billOf(running(count, from), endedUsd, prices, manager.fleet().now),
    });
  const admitted = () =>
    manager
      .orders()
      .flatMap((order) => (order.type === 'cohort.admit' ? order.launches : []))
      .reduce((sum, { groupIds }) => sum + groupIds.length, 0);
  const mode = () => (manager.actor.getSnapshot().value as { money: string }).money;
  return { ...manager, billed, admitted, mode };
};

describe('a limit of money', () => {
  it('lets so many tasks launch as fit under it, and no more', async () => {
    const manager = await spender({ perHour: 10.8 });
    const { at, command, admitted, answered, billed, mode, says, blockers, fleet } = manager;
    command(9);
    expect(admitted()).toBe(3);
    // A cohort reports what its groups cost before it reports that they are there.
    billed(3, 11_000);
    answered();
    at(12_000);
    at(13_000);
    expect(admitted()).toBe(0);
    expect(mode()).toBe('limited');
    expect(blockers.at(-1)).toEqual({ missing: 6, kinds: ['moneyLimit'] });
    expect(says().filter((note) => 'limits' in (note as object))).toMatchObject([
      { limits: ['perHour'], onLimit: 'hold', usdPerHour: 10.8 },
    ]);
    expect(fleet().money).toMatchObject({ limitedSince: 12_000, clearSince: null });
    for (let now = 14_000; now <= 60_000; now += 1000) at(now);
    expect(mode()).toBe('limited');
    expect(says().filter((note) => 'limits' in (note as object))).toEqual([]);
  });

  it('clears half a minute after the way is free, and is then reported once', async () => {
    const manager = await spender({ perHour: 3.6 });
    const { at, command, answered, billed, mode, says, report, fleet } = manager;
    command(1);
    answered();
    billed(1, 11_000);
    at(12_000);
    expect(mode()).toBe('limited');
    says();
    report({ stopping: 1 });
    billed(0, 0, 0.06);
    command(0);
    for (let now = 13_000; now <= 42_000; now += 1000) at(now);
    expect(mode()).toBe('limited');
    at(43_000);
    expect(mode()).toBe('limited');
    at(44_000);
    expect(mode()).toBe('within');
    for (let now = 45_000; now <= 50_000; now += 1000) at(now);
    expect(mode()).toBe('within');
    expect(says().filter((note) => 'limits' in (note as object))).toMatchObject([{ limits: [] }]);
    expect(fleet().money).toMatchObject({ limitedSince: null, clearSince: null });
  });

  it('keeps what runs under hold, and drains it under drain once the money is spent', async () => {
    for (const onLimit of ['hold', 'drain'] as const) {
      const { at, command, answered, billed, orders, report } = await spender(
        { total: 1 },
        onLimit,
      );
      command(2);
      answered();
      report({ busy: 2 });
      billed(2, 11_000);
      orders();
      at(20_000);
      expect(orders().filter(({ type }) => type === 'cohort.drain')).toEqual([]);
      for (let now = 30_000; now <= 620_000; now += 10_000) at(now);
      const drains = orders().filter(({ type }) => type === 'cohort.drain');
      expect(drains).toMatchObject(
        onLimit === 'hold' ? [] : [{ busy: 2, reason: 'more than a money limit allows' }],
      );
    }
  });

  it('drains also while the scheduler is silent', async () => {
    const { tick, command, answered, billed, orders, report } = await spender(
      { total: 1 },
      'drain',
    );
    command(2);
    answered();
    report({ busy: 2 });
    billed(2, 11_000);
    orders();
    for (let now = 20_000; now <= 610_000; now += 10_000) tick(now);
    expect(orders().filter(({ type }) => type === 'cohort.drain')).toMatchObject([{ busy: 2 }]);
  });
});

it('drains no group of an earlier run for its cost before a first inventory is complete', async () => {
  const manager = liveManager(
    { owned: tasksOf(2) },
    { ...moneyOf({ perHour: 3.6 }, 'drain'), workersPerTask: 1 },
  );
  const { actor, clock, answered, report, orders, ready, tick, at } = manager;
  clock.increment(1);
  answered();
  report({ busy: 2 });
  const bill = billOf(running(2, 0), 0, prices, 1000);
  actor.send({ type: 'cohort.billed', cohortId: 'cohort.0', bill });
  orders();
  for (const now of [1000, 2000, 3000]) tick(now);
  const drains = () => orders().filter(({ type }) => type === 'cohort.drain');
  expect(drains()).toEqual([]);
  await ready();
  // A scheduler that answers for the first time has its groups kept for half a minute.
  for (let now = 15_000; now <= 50_000; now += 5000) at(now);
  expect(drains()).toMatchObject([{ busy: 1 }]);
});

it('tells the journal of each day once, and once after the start', async () => {
  const { tick, tickUntil, says } = await spender({});
  const days = () => says().filter((note) => 'usdAtMidnight' in (note as object));
  expect(days()).toEqual([]);
  tick(dayMs - 600_000);
  tickUntil(dayMs - 1);
  expect(days()).toEqual([]);
  tickUntil(dayMs + 1000);
  expect(days()).toEqual([{ day: dayMs, usdAtMidnight: 0, isLowerBound: false }]);
});

it('tells the journal of the day of its start, and of none without prices', () => {
  const daysOf = (settings: object) => {
    const { at, says } = liveManager({}, settings);
    for (const now of [10_000, 11_000]) at(now);
    return says().filter((note) => 'usdAtMidnight' in (note as object));
  };
  expect(daysOf(moneyOf({}))).toEqual([{ day: 0, usdAtMidnight: 0, isLowerBound: false }]);
  expect(daysOf({})).toEqual([]);
});

it('tells the journal at once, and once, that a part of the cost is not known', async () => {
  const { actor, command, answered, says, fleet } = await spender({});
  command(1);
  answered();
  says();
  const bill = (endedUsd: number) =>
    actor.send({
      ...{ type: 'cohort.billed', cohortId: 'cohort.0' },
      bill: billOf([], endedUsd, prices, 11_000, { isLowerBound: true }),
    });
  const told = () => says().filter((note) => 'usdAtMidnight' in (note as object));
  bill(1);
  expect(told()).toEqual([{ day: 0, usdAtMidnight: 0, isLowerBound: true }]);
  bill(2);
  expect(told()).toEqual([]);
  expect(fleet().money.isLowerBound).toBe(true);
});

it('tells the journal each time that tasks may have cost more than is counted', async () => {
  const { actor, command, answered, says } = await spender({});
  command(1);
  answered();
  says();
  const told = (endedUsd: number, endedGapUsd: number) => {
    const bill = billOf([], endedUsd, prices, 11_000, { isLowerBound: true, endedGapUsd });
    actor.send({ type: 'cohort.billed', cohortId: 'cohort.0', bill });
    return says().filter((note) => 'usdAtMidnight' in (note as object));
  };
  const known = { day: 0, usdAtMidnight: 0, isLowerBound: true };
  expect(told(1, 0.5)).toEqual([{ ...known, unseenUsd: 0.5, unseenAtMidnight: 0 }]);
  expect(told(2, 0.5)).toEqual([]);
  expect(told(2, 0.75)).toEqual([{ ...known, unseenUsd: 0.75, unseenAtMidnight: 0 }]);
});

it('ignores the bill of a cohort that is gone', async () => {
  const { billed, fleet } = await spender({});
  billed(3, 0, 7);
  expect(fleet().money.sum.endedUsd).toBe(0);
});

describe('what a list does not show of launches that were given up', () => {
  const mayHaveStarted = ['onDemand', 'onDemand'] as const;
  const managerOf = (given: object) => {
    const spent = { endedUsd: 1, day: 0, usdAtMidnight: 0, isLowerBound: true };
    const money = {
      prices: { onDemand: 60, spot: 6, minimumMs: 60_000 },
      limits: { perHour: null, perDay: null, total: null },
      onLimit: 'hold' as const,
    };
    const before = { ...spent, mayHaveForgotten: false, mayHaveStarted: [...mayHaveStarted] };
    return liveManager({ spent: before, ...given }, { money });
  };
  const known = { day: 0, usdAtMidnight: 0, isLowerBound: true };

  it.each([
    ['none of their tasks', [], 2],
    ['one of their tasks', [orphan('arn/0')], 1],
  ])(
    'is journaled as perhaps spent before it is no longer owed: %s',
    async (_, tasks, unseenUsd) => {
      const { at, says, inventoried, fleet } = managerOf({});
      at(10_000);
      says();
      await inventoried({ tasks });
      const complete = { adopted: tasks.length, complete: true };
      expect(says()).toEqual([{ ...known, unseenUsd, unseenAtMidnight: 0 }, complete]);
      expect(fleet().money).toMatchObject({ unshown: [], unseenUsd });
    },
  );

  it('may still be shown by another list while the list is not complete', async () => {
    const { actor, at, says, inventoried, fleet } = managerOf({});
    at(10_000);
    actor.send({
      ...{ type: 'cohort.launchFailed', cohortId: 'cohort.0', kind: 'refused', reason: 'no' },
      ...{ market: 'onDemand', mayHaveStarted: 1 },
    });
    says();
    await inventoried({});
    expect(says()).toEqual([{ adopted: 0, complete: false }]);
    expect(fleet().money).toMatchObject({ unshown: [...mayHaveStarted, 'onDemand'], unseenUsd: 0 });
  });
});
