import { isTransient, launchBlockers } from '../../machines/fleet/launchGate.ts';
import { noCounts } from '../../machines/fleet/plan.ts';
import { type Fleet, newFleet } from '../../machines/fleet/state.ts';
import type { ManagerFacts } from '../../src/daemon/watch/managerFacts.ts';
import { fleetInput, servingModes } from './liveManager.ts';

/** A manager at work: the scheduler has just answered, and our tasks have just been listed. `at`: ms since the epoch. */
export function managerFacts(
  at: number,
  given: Partial<Fleet> = {},
  more: Partial<Omit<ManagerFacts, 'fleet'>> = {},
): ManagerFacts {
  const modes = { ...servingModes, ...more.modes };
  const fleet: Fleet = {
    ...newFleet({ ...fleetInput, startedAt: at }),
    ...{ now: at, revision: 'arn:1', connection: 'ready', desired: 2 },
    ...{ lastEchoAt: at, inventoryAt: at },
    ...given,
  };
  return {
    ...{ lifecycle: 'serving', fleet, counts: noCounts },
    groups: { requested: 0, provisioning: 1, running: 2, waiting: 0, held: 0, stopping: 1 },
    ...{ degraded: 0, openLaunches: 0, missing: 0 },
    blockers: launchBlockers(fleet, modes).filter((blocker) => !isTransient(blocker)),
    ...more,
    modes,
  };
}
