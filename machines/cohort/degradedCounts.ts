import { type Counts, fewestWorkers } from '../fleet/plan.ts';
import type { WorkerLoad } from '../scheduler/messages.ts';

/** Adds one degraded group that is to stay. */
export function addDegraded(
  counts: Counts,
  { load }: { load: WorkerLoad | null },
  workersPerTask: number,
): void {
  const workers = load?.workers ?? 0;
  if (workers === 0 || workers >= workersPerTask) return;
  counts.degraded++;
  counts.degradedMissing += workersPerTask - workers;
  if (load?.tasks === 0)
    counts.degradedIdleWorkers = fewestWorkers(counts.degradedIdleWorkers, workers);
}
