import type { Share } from '../cohort/scaleDown.ts';
import type { Fleet } from './state.ts';

/**
 * Which cohort is to drain how many: pending groups, then idle ones, then the rest; the youngest cohorts first.
 * Groups for which nothing is known to run come before all others that are pending, in whatever cohort: a
 * task that was just taken over is the youngest in our cohorts, and runs.
 */
export function drainsOf(
  { cohorts }: Pick<Fleet, 'cohorts'>,
  want: { pending: number; serving: number },
): [cohortId: string, share: Share][] {
  const left = { pending: want.pending, serving: want.serving };
  const shares = new Map<string, Share>();
  const youngest = Object.entries(cohorts).reverse();
  for (const count of ['absent', 'pending', 'idle', 'busy'] as const) {
    const kind = count === 'absent' ? 'pending' : count;
    const budget = kind === 'pending' ? 'pending' : 'serving';
    if (left[budget] === 0) continue;
    for (const [cohortId, { counts }] of youngest) {
      const share = shares.get(cohortId) ?? { pending: 0, idle: 0, busy: 0 };
      const taken = Math.min(left[budget], counts[count] - share[kind]);
      if (taken <= 0) continue;
      left[budget] -= taken;
      shares.set(cohortId, { ...share, [kind]: share[kind] + taken });
    }
  }
  return [...shares];
}

/** How many drains each cohort is to cancel: groups at work first, then those that have no task yet. */
export function undrainsOf(
  { cohorts }: Pick<Fleet, 'cohorts'>,
  most: number,
): [cohortId: string, most: number][] {
  let left = most;
  const taken = new Map<string, number>();
  for (const kind of ['drainPending', 'cancelled'] as const)
    for (const [cohortId, { counts }] of Object.entries(cohorts)) {
      const some = Math.min(left, counts[kind]);
      if (some === 0) continue;
      left -= some;
      taken.set(cohortId, (taken.get(cohortId) ?? 0) + some);
    }
  return [...taken];
}
