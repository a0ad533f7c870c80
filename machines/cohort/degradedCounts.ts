import { type Category, type Counts, fewestWorkers } from '../fleet/plan.ts';
import type { WorkerLoad } from '../scheduler/messages.ts';

/** What the monitor stream has shown of the workers of a group, and whether they are to be replaced. */
interface Shown {
  load: WorkerLoad | null;
  shownWorkers?: number;
  degraded: boolean;
  aged: boolean;
}

/**
 * Adds the workers that one group has too few or too many. Of a group that has lost its workers for a moment, or of
 * which nothing is shown any more, those that it had count: the scheduler may count them still, and they may come back.
 */
export function addWorkers(
  counts: Counts,
  group: Shown,
  category: Category,
  workersPerTask: number,
): void {
  const { load, shownWorkers = 0, degraded, aged } = group;
  const serves = category === 'idle' || category === 'busy';
  if (serves || category === 'pending')
    counts.surplusWorkers += Math.max(0, shownWorkers - workersPerTask);
  if (!serves) return;
  // A group that serves and of which nothing is shown has all its workers for all we know.
  if (load !== null) counts.missingWorkers += Math.max(0, workersPerTask - load.workers);
  if (degraded || aged) addDegraded(counts, group, workersPerTask);
}

/** Adds one degraded group that is to stay, or one that is too old. */
function addDegraded(
  counts: Counts,
  { load, aged }: { load: WorkerLoad | null; aged: boolean },
  workersPerTask: number,
): void {
  if (load === null) return;
  const { workers, tasks } = load;
  if (workers === 0 || (workers >= workersPerTask && !aged)) return;
  if (workers < workersPerTask) counts.degraded++;
  // All workers of one that is too old are replaced before it leaves.
  counts.degradedMissing += aged ? workersPerTask : workersPerTask - workers;
  counts.degradedWorkers = fewestWorkers(counts.degradedWorkers, workers);
  if (tasks === 0) counts.degradedIdleWorkers = fewestWorkers(counts.degradedIdleWorkers, workers);
}
