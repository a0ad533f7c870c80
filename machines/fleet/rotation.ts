import type { Ask } from './lookAhead.ts';
import { type Counts, connectedWorkers, livingWorkers } from './plan.ts';
import { allObserved, type Fleet, fleetCounts, queued } from './state.ts';

/** Workers of booting groups that may be connected: since it was opened, the monitor stream has not shown which are. */
const unshownWorkers = ({ views, settings }: Fleet, { pending, absent }: Counts): number =>
  views.last === null ? (pending - absent) * settings.workersPerTask : 0;

/** Every group of earlier runs is in a cohort, and counts as what it is. */
const isRestored = (fleet: Fleet): boolean => queued(fleet) === 0 && allObserved(fleet);

/**
 * Scaler's default policy asks for as many workers as are connected where it wants neither more nor fewer. The
 * replacement of a group that is too old is connected before that group leaves, and from then on the policy asks for both:
 * the old one would never be one too many, and the fleet would grow by one with each of them.
 *
 * The workers to reckon with in place of such a command: those of before, and what has connected beyond replacements;
 * null: the command is what is desired. What was desired before a restart is in the journal while a group is replaced: no
 * command and no count tells it.
 */
export function workersWithoutReplacement(
  fleet: Fleet,
  { workers: asked, isPlain }: Pick<Ask, 'workers' | 'isPlain'>,
): number | null {
  const { settings, desiredWorkers, rotatesFrom, policy } = fleet;
  const before = desiredWorkers ?? rotatesFrom;
  const { workersPerTask } = settings;
  const { maxLifetimeMs } = settings.timeouts;
  if (maxLifetimeMs === undefined || before === null || !isPlain || policy.isOther) return null;
  const counts = fleetCounts(fleet);
  const more = asked - connectedWorkers(counts, workersPerTask);
  const unshown = more % workersPerTask === 0 ? unshownWorkers(fleet, counts) : 0;
  // Those included that are on their way out.
  const isConnected = more >= 0 && asked <= livingWorkers(counts, workersPerTask) + unshown;
  const isCounted = desiredWorkers !== null || isRestored(fleet);
  const without = isCounted ? Math.max(before, asked - counts.aged * workersPerTask) : before;
  return isConnected && without < asked ? without : null;
}

/** What the journal is to know of it now: the workers that are desired without replacements; null: no group is replaced. */
export function rotatesFromNow(fleet: Fleet): number | null {
  if (fleet.desiredWorkers === null || !isRestored(fleet)) return fleet.rotatesFrom;
  return fleetCounts(fleet).aged > 0 ? fleet.desiredWorkers : null;
}
