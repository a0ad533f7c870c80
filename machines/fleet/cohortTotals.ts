import { type CohortStatus, isObserved } from './cohortStatus.ts';
import { type Counts, fewestWorkers, noCounts } from './plan.ts';

/** Sums over all cohorts. A large fleet gets a report with each group that changes, so none of them adds up all cohorts. */
export interface CohortTotals {
  counts: Counts;
  launches: number;
  /** Cohorts that have not reported yet what their last command did. */
  unobserved: number;
}

/** The cohorts with their totals: `withStatuses` alone changes them. */
export interface CountedCohorts {
  cohorts: Record<string, CohortStatus>;
  totals: CohortTotals;
}

export const noCohorts: CountedCohorts = {
  cohorts: {},
  totals: { counts: noCounts, launches: 0, unobserved: 0 },
};

const countKeys = Object.keys(noCounts) as (keyof Counts)[];
/** These are the least of all cohorts; every other count is a sum. */
const leastKeys = ['degradedWorkers', 'degradedIdleWorkers'] as const;

/** `totals` once a cohort has `after` in the place of `before`; `cohorts`: all of them by then. */
function replaceCounts(
  totals: Counts,
  before: Counts,
  after: Counts,
  cohorts: Record<string, CohortStatus>,
): Counts {
  if (before === after) return totals;
  const counts = { ...totals };
  for (const key of countKeys) counts[key] += after[key] - before[key];
  // In the place of their sums.
  for (const key of leastKeys) {
    const mayBeMore = before[key] > 0 && before[key] === totals[key] && before[key] !== after[key];
    // All are looked at only here: a degraded group of the cohort that had the least has changed.
    counts[key] = mayBeMore
      ? Object.values(cohorts).reduce((least, each) => fewestWorkers(least, each.counts[key]), 0)
      : fewestWorkers(totals[key], after[key]);
  }
  return counts;
}

const unobserved = (status: CohortStatus | null): number =>
  status === null || isObserved(status) ? 0 : 1;

/** Adds or replaces the status of each of these cohorts; null: the cohort is gone. */
export function withStatuses(
  { cohorts: known, totals }: CountedCohorts,
  changes: Readonly<Record<string, CohortStatus | null>>,
): CountedCohorts {
  const cohorts = { ...known };
  let { counts, launches, unobserved: open } = totals;
  for (const [cohortId, after] of Object.entries(changes)) {
    const before = cohorts[cohortId] ?? null;
    if (after === null) delete cohorts[cohortId];
    else cohorts[cohortId] = after;
    counts = replaceCounts(counts, before?.counts ?? noCounts, after?.counts ?? noCounts, cohorts);
    launches += (after?.launches ?? 0) - (before?.launches ?? 0);
    open += unobserved(after) - unobserved(before);
  }
  return { cohorts, totals: { counts, launches, unobserved: open } };
}
