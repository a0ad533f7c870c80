import type { CohortStatus } from '../../machines/fleet/cohortStatus.ts';
import type { CohortTotals } from '../../machines/fleet/cohortTotals.ts';
import { type Counts, fewestWorkers, noCounts } from '../../machines/fleet/plan.ts';

/** Of all cohorts, added up from nothing. */
export function totalsOf(cohorts: Readonly<Record<string, CohortStatus>>): CohortTotals {
  const statuses = Object.values(cohorts);
  const sumOf = (value: (status: CohortStatus) => number) =>
    statuses.map(value).reduce((sum, one) => sum + one, 0);
  const leastOf = (key: keyof Counts) =>
    statuses.map(({ counts }) => counts[key]).reduce(fewestWorkers, 0);
  const keys = Object.keys(noCounts) as (keyof Counts)[];
  const sums = keys.map((key) => [key, sumOf(({ counts }) => counts[key])]);
  return {
    counts: {
      ...(Object.fromEntries(sums) as unknown as Counts),
      degradedWorkers: leastOf('degradedWorkers'),
      degradedIdleWorkers: leastOf('degradedIdleWorkers'),
    },
    launches: sumOf(({ launches }) => launches),
    unobserved: sumOf(({ generation, observedGeneration }) =>
      generation === observedGeneration ? 0 : 1,
    ),
  };
}

/** A fleet that was put together by hand, with the totals of its cohorts. */
export const counted = <F extends { cohorts: Readonly<Record<string, CohortStatus>> }>(
  fleet: F,
): F & { totals: CohortTotals } => ({ ...fleet, totals: totalsOf(fleet.cohorts) });
