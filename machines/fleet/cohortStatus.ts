import { type Counts, noCounts } from './plan.ts';

/** What the fleet manager knows of one cohort. */
export interface CohortStatus {
  /** Of its last report. */
  counts: Counts;
  launches: number;
  /** The last command that was sent to it. */
  generation: number;
  /** The last command that its reports include. */
  observedGeneration: number;
  lastPolledAt: number;
  /** How many tasks of the scheduler each busy group had at that moment, the fewest first; left out: not asked since. */
  ranked?: { at: number; busyLoads: number[] } | undefined;
}

/** Of a cohort that has not reported yet. */
export const newStatus = (now: number): CohortStatus => ({
  ...{ counts: noCounts, launches: 0, generation: 0, observedGeneration: 0 },
  lastPolledAt: now,
});

/** It has reported what our last command did. */
export const isObserved = ({ generation, observedGeneration }: CohortStatus): boolean =>
  generation === observedGeneration;
