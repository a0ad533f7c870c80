import { type CohortStatus, isObserved } from './cohortStatus.ts';
import { replaceCounts } from './counts.ts';
import { type Counts, noCounts } from './plan.ts';

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
    const parts = () => Object.values(cohorts).map((each) => each.counts);
    counts = replaceCounts(counts, before?.counts ?? noCounts, after?.counts ?? noCounts, parts);
    launches += (after?.launches ?? 0) - (before?.launches ?? 0);
    open += unobserved(after) - unobserved(before);
  }
  return { cohorts, totals: { counts, launches, unobserved: open } };
}
