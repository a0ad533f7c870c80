import type { CohortStatus } from './cohortStatus.ts';
import type { Enqueue } from './fleetSetup.ts';
import { type Counts, connectedWorkers } from './plan.ts';
import { drainUntil, sendCommands } from './sendCommands.ts';
import type { Fleet } from './state.ts';

/** The workers that are desired are connected without these of a degraded group; 0: there is no such group. */
function isSpare(
  { desiredWorkers, workersAhead, settings }: Fleet,
  counts: Counts,
  workers: number,
): boolean {
  if (desiredWorkers === null || workers === 0) return false;
  const left = connectedWorkers(counts, settings.workersPerTask) - workers;
  return left >= Math.max(desiredWorkers, workersAhead ?? 0);
}

/** The degraded idle group that has the fewest workers may leave. */
export const degradedIsSpare = (fleet: Fleet, counts: Counts): boolean =>
  isSpare(fleet, counts, counts.degradedIdleWorkers);

/**
 * Since when a degraded group may leave as soon as it is idle; null: none may. The cooldown counts from here, not from
 * its last idle moment: one that has work now and then would never leave.
 */
export function spareSinceAt(fleet: Fleet, counts: Counts): number | null {
  const mayLeave = isSpare(fleet, counts, counts.degradedWorkers);
  return mayLeave ? (fleet.spareSince ?? fleet.now) : null;
}

/** Drains the degraded idle group with the fewest workers. */
export function drainOneDegraded(fleet: Fleet, enqueue: Enqueue): void {
  const { cohorts, now: at } = fleet;
  const [[cohortId]] = Object.entries(cohorts)
    .filter(([, { counts }]) => counts.degradedIdleWorkers > 0)
    .sort(([, a], [, b]) => a.counts.degradedIdleWorkers - b.counts.degradedIdleWorkers) as [
    [string, CohortStatus],
  ];
  const share = { pending: 0, idle: 0, busy: 0, degraded: 1 };
  const until = drainUntil(fleet);
  const reason = 'it is replaced: some of its workers are gone, or max_lifetime is over';
  sendCommands(fleet, [[cohortId, { type: 'cohort.drain', ...share, at, until, reason }]], enqueue);
}
