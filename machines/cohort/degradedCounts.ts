import { type Counts, fewestWorkers } from '../fleet/plan.ts';
import type { WorkerLoad } from '../scheduler/messages.ts';

/** Adds one degraded group that is to stay, or one that is too old. */
export function addDegraded(
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
