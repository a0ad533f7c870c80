import type { Share } from '../cohort/scaleDown.ts';
import type { Fleet } from './state.ts';

/** How many groups are to leave: pending ones, and others. */
export interface Leaving {
  pending: number;
  serving: number;
}

/** The youngest first. */
const youngest = ({ cohorts }: Pick<Fleet, 'cohorts'>) => Object.entries(cohorts).reverse();

/**
 * The cohorts that are to say how much their groups at work have to do, before some of these leave: only if there is a
 * choice among several cohorts, and they have not said so in this moment.
 */
export function cohortsToRank(
  { cohorts, totals, now }: Pick<Fleet, 'cohorts' | 'totals' | 'now'>,
  { serving }: Leaving,
): string[] {
  const { idle, busy } = totals.counts;
  if (serving <= idle || serving >= idle + busy) return [];
  const atWork = Object.entries(cohorts).filter(([, { counts }]) => counts.busy > 0);
  if (atWork.length === 1 || atWork.every(([, { ranked }]) => ranked?.at === now)) return [];
  return atWork.map(([cohortId]) => cohortId);
}

/**
 * The cohorts of the groups with the fewest tasks, one entry a group; among equals those of the youngest cohorts leave. A
 * cohort names its own, so no more than `most` of each are looked at; which of its own leave, it decides by what they
 * would lose first (`scaleDownCandidates`).
 */
function leastBusy({ cohorts, now }: Pick<Fleet, 'cohorts' | 'now'>, most: number): string[] {
  return youngest({ cohorts })
    .flatMap(([cohortId, { counts, ranked }]) =>
      Array.from({ length: Math.min(counts.busy, most) }, (_, i) => ({
        cohortId,
        load: (ranked?.at === now ? ranked.busyLoads[i] : undefined) ?? 0,
      })),
    )
    .sort((a, b) => a.load - b.load)
    .slice(0, most)
    .map(({ cohortId }) => cohortId);
}

/**
 * Which cohort is to drain how many: pending groups, then idle ones, the youngest cohorts first; then those at work,
 * the least busy first.
 * Groups for which nothing is known to run come before all others that are pending, in whatever cohort: a
 * task that was just taken over is the youngest in our cohorts, and runs.
 */
export function drainsOf(
  fleet: Pick<Fleet, 'cohorts' | 'now'>,
  want: Leaving,
): [cohortId: string, share: Share][] {
  const left = { ...want };
  const shares = new Map<string, Share>();
  const shareOf = (cohortId: string) => shares.get(cohortId) ?? { pending: 0, idle: 0, busy: 0 };
  for (const count of ['absent', 'pending', 'idle'] as const) {
    const kind = count === 'idle' ? 'idle' : 'pending';
    const budget = kind === 'pending' ? 'pending' : 'serving';
    for (const [cohortId, { counts }] of youngest(fleet)) {
      const share = shareOf(cohortId);
      const taken = Math.min(left[budget], counts[count] - share[kind]);
      if (taken <= 0) continue;
      left[budget] -= taken;
      shares.set(cohortId, { ...share, [kind]: share[kind] + taken });
    }
  }
  for (const cohortId of leastBusy(fleet, left.serving)) {
    const share = shareOf(cohortId);
    shares.set(cohortId, { ...share, busy: share.busy + 1 });
  }
  return [...shares];
}

/**
 * How many drains each cohort is to cancel: of groups at work first, then of those that rest before they leave, of those
 * told to stop, of those that have no task yet.
 */
export function undrainsOf(
  { cohorts }: Pick<Fleet, 'cohorts'>,
  most: number,
): [cohortId: string, most: number][] {
  let left = most;
  const taken = new Map<string, number>();
  for (const kind of ['atWork', 'resting', 'unsent', 'cancelled'] as const)
    for (const [cohortId, { counts }] of Object.entries(cohorts)) {
      const atWork = counts.drainPending - counts.resting;
      const some = Math.min(left, kind === 'atWork' ? atWork : counts[kind]);
      if (some === 0) continue;
      left -= some;
      taken.set(cohortId, (taken.get(cohortId) ?? 0) + some);
    }
  return [...taken];
}
