import {
  type Bill,
  costAt,
  dayMs,
  gapUsd,
  hourlyRate,
  midnightBefore,
  minimumUsd,
  noBill,
  type Prices,
  replaceBill,
  requestedRate,
  reservedUsd,
  taskUsd,
} from '../shared/bill.ts';
import type { Market, OwnedGroup } from '../shared/domain.ts';

export const limitNames = ['perHour', 'perDay', 'total'] as const;
export type LimitName = (typeof limitNames)[number];

export interface MoneySettings {
  /** Null: no price is known for these tasks, and so nothing is counted and nothing limited. */
  prices: Prices | null;
  /** USD; null: no limit. The day begins at midnight UTC. */
  limits: Record<LimitName, number | null>;
  /** At a limit: nothing more is launched, or what runs is drained as well. */
  onLimit: 'hold' | 'drain';
}

/** What was spent by earlier runs, as the journal has it. */
export interface SpentBefore {
  /** USD of all tasks that have ended. */
  endedUsd: number;
  /** Midnight of the day that was counted last, and the total then; null: no day was counted. */
  day: number | null;
  usdAtMidnight: number;
  /** The journal of earlier runs was lost, or did not count. */
  isLowerBound: boolean;
  /** It is not known whether there were earlier runs: a task of theirs would show it. */
  mayHaveForgotten: boolean;
  /** USD that may have been spent besides, by tasks of which nothing more will be known; left out: none. */
  unseenUsd?: number | undefined;
  /** The same when that day began; left out: not known, or none. */
  unseenAtMidnight?: number | undefined;
  /** Tasks that launches given up at this start or by earlier runs may have started, where no list has shown since, by where they were asked for; left out: none. */
  mayHaveStarted?: Market[] | undefined;
}

/** What the fleet has cost and costs. Sums only: they change with a report of a cohort, not with time. */
export interface Money {
  bills: Record<string, Bill>;
  /** Of all these, and what the tasks of cohorts that are gone and of earlier runs have cost. */
  sum: Bill;
  day: number;
  usdAtMidnight: number;
  isLowerBound: boolean;
  mayHaveForgotten: boolean;
  /** Tasks that launches given up at the start or since may have started, that no inventory has shown and a complete one still may. */
  unshown: Market[];
  /** USD that earlier runs and launches that were given up may have spent besides; no inventory will show it. */
  unseenUsd: number;
  /** USD that may have been spent besides in all when the day began. */
  unseenAtMidnight: number;
  /** The journal has this day. */
  dayNoted: boolean;
  /** Since when a limit has been in the way of the next launch. */
  limitedSince: number | null;
  /** Since when it has not been any more; null: it is. */
  clearSince: number | null;
}

/** What the journal keeps besides the cost of each task that has ended. */
export interface SpentRecord extends Pick<Money, 'day' | 'usdAtMidnight' | 'isLowerBound'> {
  /** USD that may have been spent besides, but for the launches for which it owes an inventory; left out: none. */
  unseenUsd?: number;
  /** Of all that may have been spent besides, what may have been when the day began; left out: none. */
  unseenAtMidnight?: number;
}

export function spentOf(money: Money): SpentRecord {
  const { day, usdAtMidnight, isLowerBound, unseenAtMidnight } = money;
  const unseenUsd = money.unseenUsd + money.sum.endedGapUsd;
  const unseen = (unseenUsd > 0 || unseenAtMidnight > 0) && { unseenUsd, unseenAtMidnight };
  return { day, usdAtMidnight, isLowerBound, ...unseen };
}

export interface Spending {
  /** USD per hour of the tasks that are billed now. */
  usdPerHour: number;
  /** Since midnight UTC. */
  usdToday: number;
  /** Of all runs with this journal. */
  usdTotal: number;
  /** Some tasks are counted in part in the total, or not at all: their end was not seen, or an earlier run knew them. */
  isLowerBound: boolean;
}

const unlimited: MoneySettings = {
  prices: null,
  limits: { perHour: null, perDay: null, total: null },
  onLimit: 'hold',
};

/** The part of the fleet manager's context that money is counted in. */
export interface Payer {
  money: Money;
  now: number;
  settings: { money?: MoneySettings | undefined };
}

export const moneySettings = ({ settings }: Pick<Payer, 'settings'>): MoneySettings =>
  settings.money ?? unlimited;

/** What these tasks had cost at midnight. Their market is not known yet: the lower price makes today's cost the higher. */
function usdBefore(midnight: number, owned: readonly OwnedGroup[], prices: Prices): number {
  const market: Market = prices.spot < prices.onDemand ? 'spot' : 'onDemand';
  return owned
    .filter(({ createdAt }) => createdAt !== null && createdAt < midnight)
    .reduce(
      (usd, { createdAt }) => usd + taskUsd(prices, market, midnight - (createdAt as number)),
      0,
    );
}

export function newMoney(
  spent: SpentBefore | undefined,
  settings: MoneySettings | undefined,
  owned: readonly OwnedGroup[],
  at: number,
): Money {
  const { endedUsd = 0, isLowerBound = false, mayHaveForgotten = false } = spent ?? {};
  const { mayHaveStarted: unshown = [], unseenUsd = 0 } = spent ?? {};
  const midnight = midnightBefore(at);
  const prices = settings?.prices ?? null;
  // As within one run, a clock that was set back begins no new day.
  const isSameDay = spent != null && spent.day !== null && spent.day >= midnight;
  return {
    bills: {},
    sum: { ...noBill, endedUsd },
    day: midnight,
    usdAtMidnight: isSameDay
      ? spent.usdAtMidnight
      : endedUsd + (prices === null ? 0 : usdBefore(midnight, owned, prices)),
    isLowerBound,
    mayHaveForgotten,
    ...{ unshown, unseenUsd },
    unseenAtMidnight: (isSameDay ? spent.unseenAtMidnight : undefined) ?? unseenUsd,
    dayNoted: false,
    limitedSince: null,
    clearSince: null,
  };
}

/**
 * Tasks without an owner were found: what they have cost before today belongs to no limit of today. They are those that
 * launches given up may have started: from now on, their bills count.
 */
export function withAdopted(
  payer: Payer,
  owned: readonly OwnedGroup[],
  recovering: boolean,
): Money {
  const { money } = payer;
  const { prices } = moneySettings(payer);
  if (owned.length === 0 || prices === null) return money;
  return {
    ...money,
    unshown: money.unshown.slice(owned.length),
    usdAtMidnight: money.usdAtMidnight + usdBefore(money.day, owned, prices),
    isLowerBound: money.isLowerBound || (money.mayHaveForgotten && recovering),
  };
}

/** A launch was given up without an answer: until an inventory shows which tasks it has started, each counts with its minimum. */
export const withUnshown = (money: Money, tasks: number, market: Market): Money => ({
  ...money,
  unshown: [...money.unshown, ...Array<Market>(tasks).fill(market)],
});

/** After a complete inventory: what launches that were given up may have started and it does not show, none will. */
export function withUnseen(payer: Payer): Money {
  const { money } = payer;
  const { prices } = moneySettings(payer);
  if (money.unshown.length === 0 || prices === null) return money;
  return { ...money, unshown: [], unseenUsd: money.unseenUsd + unshownUsd(money, prices) };
}

export function withBill(money: Money, cohortId: string, bill: Bill): Money {
  const before = money.bills[cohortId] ?? noBill;
  return {
    ...money,
    bills: { ...money.bills, [cohortId]: bill },
    sum: replaceBill(money.sum, before, bill),
    isLowerBound: money.isLowerBound || bill.isLowerBound,
  };
}

/** The cohort is gone; what its tasks have cost stays in the sum. */
export function withoutCohort(money: Money, cohortId: string): Money {
  if (!(cohortId in money.bills)) return money;
  const { [cohortId]: _, ...bills } = money.bills;
  return { ...money, bills };
}

/** A new day begins at midnight UTC, with what was spent then. */
export function withDay(payer: Payer, now: number): Money {
  const { money } = payer;
  const day = midnightBefore(now);
  const { prices } = moneySettings(payer);
  if (day === money.day || prices === null) return money;
  // A clock that was set back begins no new day.
  if (day < money.day) return { ...money, day };
  const usdAtMidnight = costAt(money.sum, prices, day);
  return { ...money, day, usdAtMidnight, unseenAtMidnight: uncountedUsd(money, prices) };
}

const unshownUsd = ({ unshown }: Money, prices: Prices): number =>
  unshown.reduce((usd, market) => usd + minimumUsd(prices, market), 0);

/** USD that may have been spent besides what is counted. */
const uncountedUsd = (money: Money, prices: Prices): number =>
  money.unseenUsd + gapUsd(money.sum, prices) + unshownUsd(money, prices);

/** Null: no price is known. */
export function spendingOf(payer: Payer, at: number = payer.now): Spending | null {
  const { sum, usdAtMidnight, isLowerBound } = payer.money;
  const { prices } = moneySettings(payer);
  if (prices === null) return null;
  const usdTotal = costAt(sum, prices, at);
  const mayBeMore = uncountedUsd(payer.money, prices) > 0;
  return {
    usdPerHour: hourlyRate(sum, prices),
    usdToday: Math.max(0, usdTotal - usdAtMidnight),
    usdTotal,
    isLowerBound: isLowerBound || mayBeMore,
  };
}

/** How one limit stands. */
export interface LimitState {
  limit: LimitName;
  /** USD that are allowed, that are spent (or per hour), and that are promised to launches without an answer. */
  allowed: number;
  spent: number;
  reserved: number;
  /** USD that tasks may have cost besides that ECS never showed, or whose times it did not. */
  besides: number;
  /** How many tasks more fit under it. */
  room: number;
  /** When it clears by itself, milliseconds since the epoch; null: never. */
  until: number | null;
}

/** Sums of binary fractions: a limit of ten tasks is one of ten tasks. */
const slack = 1e-9;

/** Every limit that is set. `market`: where the next launch goes. */
export function limitStates(payer: Payer, market: Market): LimitState[] {
  const { prices, limits } = moneySettings(payer);
  if (prices === null) return [];
  const spending = spendingOf(payer) as Spending;
  const { sum, day, unseenAtMidnight } = payer.money;
  const reserved = reservedUsd(sum, prices);
  const uncounted = uncountedUsd(payer.money, prices);
  const uncountedToday = Math.max(0, uncounted - unseenAtMidnight);
  const { usdPerHour, usdToday, usdTotal } = spending;
  const facts: Record<LimitName, Pick<LimitState, 'spent' | 'reserved' | 'besides' | 'until'>> = {
    perHour: { spent: usdPerHour, reserved: requestedRate(sum, prices), besides: 0, until: null },
    perDay: { spent: usdToday, reserved, besides: uncountedToday, until: day + dayMs },
    total: { spent: usdTotal, reserved, besides: uncounted, until: null },
  };
  return limitNames.flatMap((limit) => {
    const allowed = limits[limit];
    if (allowed === null) return [];
    const fact = facts[limit];
    const each = limit === 'perHour' ? prices[market] : minimumUsd(prices, market);
    // What may have been spent besides is in the way of a launch, and no reason to drain.
    const left = allowed - fact.spent - fact.reserved - fact.besides;
    const room = Math.floor((left + slack) / each);
    return [{ limit, allowed, ...fact, room: Math.max(0, room) }];
  });
}

const limitSettings: Record<LimitName, string> = {
  perHour: 'max_usd_per_hour',
  perDay: 'max_usd_per_day',
  total: 'max_usd_total',
};

/** For people: two decimals, or as many as a small amount needs. */
export const usdText = (usd: number): string =>
  `$${usd.toFixed(Math.abs(usd) >= 1 || usd === 0 ? 2 : 4)}`;

/** Why no task more fits under this limit, and what would clear it. */
export function limitWords({ limit, allowed, spent, reserved, besides, until }: LimitState) {
  const setting = limitSettings[limit];
  const hourly = limit === 'perHour';
  const promised = reserved > 0 ? `, launches on their way ${usdText(reserved)}` : '';
  const unseen =
    besides > 0 ? `, and tasks that were not seen may have cost ${usdText(besides)}` : '';
  const what = {
    perHour: 'an hour of the tasks costs',
    perDay: 'the tasks have cost since midnight UTC',
    total: 'the tasks have cost in all',
  }[limit];
  return {
    sentence: `${what} ${usdText(spent)}${promised}${unseen}; one task more would pass the ${usdText(allowed)} of ${setting}`,
    clears: `${until === null ? (hourly ? 'the end of a task' : '') : 'midnight UTC'}${until !== null || hourly ? ', or ' : ''}a higher ${setting}`,
  };
}

/** How many tasks more fit under every limit. */
export const moneyRoom = (payer: Payer, market: Market): number =>
  Math.min(Number.POSITIVE_INFINITY, ...limitStates(payer, market).map(({ room }) => room));

/**
 * How many tasks may stay; null: all. Under `drain` none once the money of the day or of all is spent, and fewer where
 * an hour costs more than it may.
 */
export function tasksThatMayStay(payer: Payer): number | null {
  if (moneySettings(payer).onLimit === 'hold') return null;
  const allowed = limitStates(payer, 'onDemand').flatMap(({ limit, allowed, spent }) => {
    if (spent < allowed - slack) return [];
    if (limit !== 'perHour') return [0];
    const { onDemand, spot } = payer.money.sum;
    const within = ((onDemand.tasks + spot.tasks) * allowed) / spent;
    return spent > allowed + slack ? [Math.floor(within)] : [];
  });
  return allowed.length === 0 ? null : Math.min(...allowed);
}
