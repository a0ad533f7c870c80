import type { Market } from './domain.ts';

/** What one Fargate task costs. */
export interface Prices {
  /** USD per hour. */
  onDemand: number;
  spot: number;
  /** A task is billed for at least so long, ms. */
  minimumMs: number;
}

/** Tasks that are not billed for more than the minimum yet, and the sum of the times at which they will be. */
interface Young {
  tasks: number;
  endSum: number;
}

/** What the living tasks of one market add up to. Times are milliseconds since the epoch. */
export interface MarketBill {
  /** Groups whose launch has no answer yet. */
  requested: number;
  tasks: number;
  /** Sum of the times from which the tasks are billed. */
  fromSum: number;
  /** By the second in which the minimum ends: a task that has used it up leaves that of the others as it is. */
  young: Record<number, Young>;
  /** How much longer the tasks may have been billed than by these times, ms in all. */
  gapMs: number;
}

/** Enough to know what many tasks cost at any moment, without a look at each of them. */
export interface Bill {
  onDemand: MarketBill;
  spot: MarketBill;
  /** USD that the tasks have cost that have ended. */
  endedUsd: number;
  /** The end of a task was not seen, or a task was never seen: what it cost is counted in part, or not at all. */
  isLowerBound: boolean;
  /** USD that ended tasks may have cost besides: until they were given up, ECS did not show their end. */
  endedGapUsd: number;
}

const secondMs = 1000;
const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
const markets = ['onDemand', 'spot'] as const satisfies Market[];

const noMarketBill: MarketBill = {
  ...{ requested: 0, tasks: 0, fromSum: 0, young: {}, gapMs: 0 },
};

export const noBill: Bill = {
  ...{ onDemand: noMarketBill, spot: noMarketBill },
  ...{ endedUsd: 0, isLowerBound: false, endedGapUsd: 0 },
};

/** One living group as it is billed; `from` null: its launch has no answer yet. */
export interface BilledGroup {
  market: Market;
  from: number | null;
  /** How much earlier than `from` that may have begun, ms; left out: not at all. */
  gapMs?: number;
}

/** Adds so many tasks, or takes them away; a second without any is left out. */
function addYoung(young: Record<number, Young>, second: number, { tasks, endSum }: Young): void {
  const known = young[second] ?? { tasks: 0, endSum: 0 };
  const next = { tasks: known.tasks + tasks, endSum: known.endSum + endSum };
  if (next.tasks === 0) delete young[second];
  else young[second] = next;
}

/** `at`: by which the young are told from the others. */
export function billOf(
  groups: readonly BilledGroup[],
  endedUsd: number,
  { minimumMs }: Pick<Prices, 'minimumMs'>,
  at: number,
  { isLowerBound = false, endedGapUsd = 0 }: Partial<Bill> = {},
): Bill {
  const onDemand: MarketBill = { ...noMarketBill, young: {} };
  const spot: MarketBill = { ...noMarketBill, young: {} };
  const bill = { onDemand, spot, endedUsd, isLowerBound, endedGapUsd };
  for (const { market, from, gapMs = 0 } of groups) {
    const part = bill[market];
    if (from === null) {
      part.requested++;
      continue;
    }
    part.tasks++;
    part.fromSum += from;
    part.gapMs += gapMs;
    const endSum = from + minimumMs;
    if (endSum <= at) continue;
    addYoung(part.young, Math.floor(endSum / secondMs), { tasks: 1, endSum });
  }
  return bill;
}

const numberKeys = ['requested', 'tasks', 'fromSum', 'gapMs'] as const;

function sameYoung(a: Record<number, Young>, b: Record<number, Young>): boolean {
  const known = Object.entries(a);
  if (known.length !== Object.keys(b).length) return false;
  return known.every(([second, { tasks, endSum }]) => {
    const other = b[Number(second)];
    return other !== undefined && other.tasks === tasks && other.endSum === endSum;
  });
}

const samePart = (a: MarketBill, b: MarketBill): boolean =>
  numberKeys.every((key) => a[key] === b[key]) && sameYoung(a.young, b.young);

export const sameBill = (a: Bill, b: Bill): boolean =>
  a.endedUsd === b.endedUsd &&
  a.isLowerBound === b.isLowerBound &&
  a.endedGapUsd === b.endedGapUsd &&
  markets.every((market) => samePart(a[market], b[market]));

/** `sum` with `after` in the place of `before`. */
function replaceYoung(
  sum: Record<number, Young>,
  before: Record<number, Young>,
  after: Record<number, Young>,
): Record<number, Young> {
  const young = { ...sum };
  for (const [second, { tasks, endSum }] of Object.entries(before))
    addYoung(young, Number(second), { tasks: -tasks, endSum: -endSum });
  for (const [second, some] of Object.entries(after)) addYoung(young, Number(second), some);
  return young;
}

/** `sum` with `after` in the place of `before`. */
export function replaceBill(sum: Bill, before: Bill, after: Bill): Bill {
  const part = (market: Market): MarketBill => {
    const [total, old, next] = [sum[market], before[market], after[market]];
    return {
      requested: total.requested - old.requested + next.requested,
      tasks: total.tasks - old.tasks + next.tasks,
      fromSum: total.fromSum - old.fromSum + next.fromSum,
      young: replaceYoung(total.young, old.young, next.young),
      gapMs: total.gapMs - old.gapMs + next.gapMs,
    };
  };
  return {
    onDemand: part('onDemand'),
    spot: part('spot'),
    endedUsd: sum.endedUsd - before.endedUsd + after.endedUsd,
    isLowerBound: sum.isLowerBound || after.isLowerBound,
    endedGapUsd: sum.endedGapUsd - before.endedGapUsd + after.endedGapUsd,
  };
}

/** Milliseconds for which the living tasks are billed, the minimum of the young ones included. */
const livingMs = ({ tasks, fromSum, young }: MarketBill, at: number): number =>
  Object.values(young).reduce(
    (ms, { tasks, endSum }) => ms + Math.max(0, endSum - tasks * at),
    Math.max(0, tasks * at - fromSum),
  );

/** USD that all tasks of a bill have cost by then. */
export const costAt = (bill: Bill, prices: Prices, at: number): number =>
  markets.reduce(
    (usd, market) => usd + (livingMs(bill[market], at) / hourMs) * prices[market],
    bill.endedUsd,
  );

/** USD that the tasks may have cost besides. */
export const gapUsd = (bill: Bill, prices: Prices): number =>
  markets.reduce(
    (usd, market) => usd + (bill[market].gapMs / hourMs) * prices[market],
    bill.endedGapUsd,
  );

/** USD per hour of the living tasks. */
export const hourlyRate = (bill: Bill, prices: Prices): number =>
  markets.reduce((usd, market) => usd + bill[market].tasks * prices[market], 0);

/** USD per hour of what is requested and has no answer yet. */
export const requestedRate = (bill: Bill, prices: Prices): number =>
  markets.reduce((usd, market) => usd + bill[market].requested * prices[market], 0);

/** What a task costs at least. */
export const minimumUsd = (prices: Prices, market: Market): number =>
  (prices[market] * prices.minimumMs) / hourMs;

/** USD of the minimum of what is requested and has no answer yet. */
export const reservedUsd = (bill: Bill, prices: Prices): number =>
  markets.reduce((usd, market) => usd + bill[market].requested * minimumUsd(prices, market), 0);

/** USD of one task that lived so long, ms: it is billed in whole seconds. */
export function taskUsd(prices: Prices, market: Market, livedMs: number): number {
  const billedMs = Math.max(prices.minimumMs, Math.ceil(livedMs / 1000) * 1000);
  return (prices[market] * billedMs) / hourMs;
}

/** The last midnight in UTC. */
export const midnightBefore = (at: number): number => Math.floor(at / dayMs) * dayMs;
