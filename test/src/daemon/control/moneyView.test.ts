import { expect, it } from 'vitest';
import { newMoney, withBill } from '../../../../machines/fleet/money.ts';
import { billOf } from '../../../../machines/shared/money.ts';
import { moneyView } from '../../../../src/daemon/control/moneyView.ts';

const noon = Date.UTC(2026, 10, 26, 12);
const prices = { onDemand: 3.6, spot: 1, minimumMs: 60_000 };
const limits = { perHour: 5, perDay: null, total: 20 };

it('shows what the tasks cost at that moment, and how the limits stand that are set', () => {
  const settings = { prices, limits, onLimit: 'drain' as const };
  const spent = {
    ...{ endedUsd: 10, day: Date.UTC(2026, 10, 26), usdAtMidnight: 7 },
    ...{ isLowerBound: true, mayHaveForgotten: false },
  };
  const one = billOf([{ market: 'onDemand', from: noon - 3_600_000 }], 0, prices, noon);
  const money = withBill(newMoney(spent, settings, [], noon), 'cohort.0', one);
  expect(moneyView({ money, now: 0, settings: { money: settings } }, noon)).toEqual({
    ...{ perHour: 3.6, today: expect.closeTo(6.6, 9), total: 13.6, isLowerBound: true },
    ...{ limitedSince: null, onLimit: 'drain' },
    limits: [
      { name: 'max_usd_per_hour', usd: 5, spent: 3.6 },
      { name: 'max_usd_total', usd: 20, spent: 13.6 },
    ],
  });
});

it('shows nothing where no price is known', () => {
  const money = newMoney(undefined, undefined, [], noon);
  expect(moneyView({ money, now: noon, settings: {} }, noon)).toBeNull();
});
