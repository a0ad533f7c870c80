import type { CohortStatus } from './cohortStatus.ts';
import { drainUntil, sendCommands } from './commands.ts';
import type { Enqueue } from './fleetSetup.ts';
import { type Counts, connectedWorkers } from './plan.ts';
import type { Fleet } from './state.ts';

/** The workers that are desired are connected without those of the degraded idle group that has the fewest. */
export function degradedIsSpare(
  { desiredWorkers, workersAhead, settings }: Fleet,
  counts: Counts,
): boolean {
  const { degradedIdleWorkers } = counts;
  if (desiredWorkers === null || degradedIdleWorkers === 0) return false;
  const left = connectedWorkers(counts, settings.workersPerTask) - degradedIdleWorkers;
  return left >= Math.max(desiredWorkers, workersAhead ?? 0);
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
