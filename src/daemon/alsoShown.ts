import { launchBlockers } from '../../machines/fleet/launchGate.ts';
import { missingOf } from '../../machines/fleet/missing.ts';
import { modesOf } from '../../machines/fleet/modes.ts';
import { type Fleet, fleetCounts } from '../../machines/fleet/state.ts';

/** What the inspector shows of the fleet manager beside its context: how many groups of each kind, and why none is launched. */
export function alsoShown(
  machine: string,
  { value, context }: { value: unknown; context: unknown },
): Record<string, unknown> {
  if (machine !== 'fleetManager') return {};
  const fleet = context as Fleet;
  const counts = fleetCounts(fleet);
  const blockers = launchBlockers(fleet, modesOf(value as Record<string, unknown>), counts);
  return {
    counts,
    missing: missingOf(fleet, counts),
    maxTasks: fleet.settings.maxTasks,
    blockers: blockers.map(({ kind, sentence, clears, since, until }) => ({
      ...{ kind, sentence, clears, since, until },
    })),
  };
}
