import { total } from './plan.ts';
import { type Fleet, fleetCounts } from './state.ts';

/** Workers of all our groups, those included that boot, end, or are still to be put into a cohort. */
export function mostWorkers(fleet: Fleet): number {
  const counts = fleetCounts(fleet);
  return total(counts) * fleet.settings.workersPerTask + counts.surplusWorkers;
}
