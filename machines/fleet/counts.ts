import { type Counts, fewestWorkers, noCounts } from './plan.ts';

const countKeys = Object.keys(noCounts) as (keyof Counts)[];
/** These are the least of all parts; every other count is a sum. */
const leastKeys = ['degradedWorkers', 'degradedIdleWorkers'] as const;

/**
 * `totals` once a part of them has `after` in the place of `before`. `parts`: the counts of all parts by then, which are
 * asked for only where the part had the least.
 */
export function replaceCounts(
  totals: Counts,
  before: Counts,
  after: Counts,
  parts: () => readonly Counts[],
): Counts {
  if (before === after) return totals;
  const counts = { ...totals };
  for (const key of countKeys) counts[key] += after[key] - before[key];
  // In the place of their sums.
  for (const key of leastKeys) {
    const mayBeMore = before[key] > 0 && before[key] === totals[key] && before[key] !== after[key];
    counts[key] = mayBeMore
      ? parts().reduce((least, each) => fewestWorkers(least, each[key]), 0)
      : fewestWorkers(totals[key], after[key]);
  }
  return counts;
}

export const sameCounts = (a: Counts, b: Counts): boolean =>
  a === b || countKeys.every((key) => a[key] === b[key]);
