import type { Ask } from './lookAhead.ts';
import { type Counts, connectedWorkers, livingWorkers } from './plan.ts';
import { type Fleet, fleetCounts } from './state.ts';

/** Workers of booting groups that may be connected: since it was opened, the monitor stream has not shown which are. */
const unshownWorkers = ({ views, settings }: Fleet, { pending, absent }: Counts): number =>
  views.last === null ? (pending - absent) * settings.workersPerTask : 0;

/**
 * Scaler's default policy asks for as many workers as are connected where it wants neither more nor fewer. The
 * replacement of a group that is too old is connected before that group leaves, and from then on the policy asks for both:
 * the old one would never be one too many, and the fleet would grow by one with each of them.
 *
 * The workers to reckon with in place of such a command: those of before, and what has connected beyond replacements;
 * null: the command is what is desired.
 */
export function workersWithoutReplacement(
  fleet: Fleet,
  { workers: asked, isPlain }: Pick<Ask, 'workers' | 'isPlain'>,
): number | null {
  const { settings, desiredWorkers: before, policy } = fleet;
  const { workersPerTask } = settings;
  const { maxLifetimeMs } = settings.timeouts;
  if (maxLifetimeMs === undefined || before === null || !isPlain || policy.isOther) return null;
  const counts = fleetCounts(fleet);
  const more = asked - connectedWorkers(counts, workersPerTask);
  const unshown = more % workersPerTask === 0 ? unshownWorkers(fleet, counts) : 0;
  // Those included that are on their way out.
  const isConnected = more >= 0 && asked <= livingWorkers(counts, workersPerTask) + unshown;
  const without = Math.max(before, asked - counts.aged * workersPerTask);
  return isConnected && without < asked ? without : null;
}
