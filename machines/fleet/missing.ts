import { type Counts, kept, recallable } from './plan.ts';
import type { Fleet } from './state.ts';

/** Groups that must be launched to get what is desired: what drains is taken back first. */
export function missingOf({ desired, settings }: Fleet, counts: Counts): number {
  const goal = Math.min(desired ?? 0, settings.maxTasks ?? Number.POSITIVE_INFINITY);
  return Math.max(0, goal - kept(counts) - recallable(counts));
}

/**
 * Groups that are not launched while others serve on in their place that StopTask fails to stop. Scaler's default policy
 * asks for all that is connected where that suffices: the fleet would grow by one with each of them.
 */
function servedByUnstopped(fleet: Fleet, { unstoppedWorkers }: Counts): number {
  const { desired, desiredWorkers, workersAhead, settings } = fleet;
  const { workersPerTask } = settings;
  const workers =
    desiredWorkers === null
      ? (desired ?? 0) * workersPerTask
      : Math.max(desiredWorkers, workersAhead ?? 0);
  const others = Math.max(0, workers - unstoppedWorkers);
  return Math.ceil(workers / workersPerTask) - Math.ceil(others / workersPerTask);
}

/** Of the groups that are missing, how many may be launched beside those; null: all. */
export function launchesBesideUnstopped(fleet: Fleet, counts: Counts): number | null {
  const missing = missingOf(fleet, counts);
  const served = servedByUnstopped(fleet, counts);
  return missing === 0 || served === 0 ? null : Math.max(0, missing - served);
}
