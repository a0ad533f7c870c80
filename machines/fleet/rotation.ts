import type { Ask } from './lookAhead.ts';
import { connectedWorkers, livingWorkers } from './plan.ts';
import { type Fleet, fleetCounts } from './state.ts';

/**
 * Scaler's default policy asks for as many workers as are connected where it wants neither more nor fewer. The
 * replacement of a group that is too old is connected before that group leaves, and from then on the policy asks for both:
 * the old one would never be one too many, and the fleet would grow by one with each of them.
 *
 * The workers to reckon with in place of such a command: those of before; null: the command is what is desired.
 */
export function workersWithoutReplacement(
  fleet: Fleet,
  { workers: asked, isPlain }: Pick<Ask, 'workers' | 'isPlain'>,
): number | null {
  const { settings, desiredWorkers: before, replacedFrom, policy } = fleet;
  const { maxLifetimeMs } = settings.timeouts;
  if (maxLifetimeMs === undefined || before === null || !isPlain || policy.isOther) return null;
  const counts = fleetCounts(fleet);
  const isReplacing = replacedFrom !== null || counts.degradedMissing > 0;
  if (!isReplacing || asked <= before) return null;
  // Those included that are on their way out.
  const isConnected =
    asked >= connectedWorkers(counts, settings.workersPerTask) &&
    asked <= livingWorkers(counts, settings.workersPerTask);
  return isConnected ? before : null;
}
