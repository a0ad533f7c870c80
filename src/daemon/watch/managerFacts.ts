import type { SnapshotFrom } from 'xstate';
import type { GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { degradedIn } from '../../../machines/cohort/groupStatus.ts';
import type { daemon } from '../../../machines/daemon/daemon.ts';
import { type Blocker, isTransient, launchBlockers } from '../../../machines/fleet/launchGate.ts';
import { missingOf } from '../../../machines/fleet/missing.ts';
import { type Modes, modesOf } from '../../../machines/fleet/modes.ts';
import type { Counts } from '../../../machines/fleet/plan.ts';
import { type Fleet, fleetCounts, openLaunches } from '../../../machines/fleet/state.ts';
import type { GroupPhase } from '../../../machines/group/workerGroup.ts';

/** What a manager is at, for metrics, health and the service manager. */
export interface ManagerFacts {
  /** The root machine's state. */
  lifecycle: string;
  fleet: Fleet;
  modes: Modes;
  counts: Counts;
  /** Groups in each state. */
  groups: Record<GroupPhase, number>;
  /** Groups with which something is wrong. */
  degraded: number;
  openLaunches: number;
  /** Groups that are to be launched. */
  missing: number;
  /** Why nothing is launched, without what is over within a second. */
  blockers: Blocker[];
}

const noGroups: Record<GroupPhase, number> = {
  ...{ requested: 0, provisioning: 0, running: 0, waiting: 0, held: 0, stopping: 0 },
};

/** Reads a snapshot of the root machine; null before its children have started. */
export function factsOf(snapshot: SnapshotFrom<typeof daemon>): ManagerFacts | null {
  const manager = snapshot.children.fleetManager?.getSnapshot();
  if (manager === undefined) return null;
  const fleet: Fleet = manager.context;
  const modes = modesOf(manager.value as Record<string, unknown>);
  const counts = fleetCounts(fleet);
  const groups = { ...noGroups };
  let degraded = 0;
  for (const cohortId of Object.keys(fleet.cohorts)) {
    const cohort = manager.children[cohortId]?.getSnapshot() as
      | { context?: { groups?: Record<string, GroupRecord> } }
      | undefined;
    const records = cohort?.context?.groups ?? {};
    for (const { phase } of Object.values(records)) groups[phase]++;
    degraded += degradedIn(records, fleet.settings.workersPerTask).length;
  }
  return {
    lifecycle: String(snapshot.value),
    ...{ fleet, modes, counts, groups, degraded },
    openLaunches: openLaunches(fleet),
    missing: missingOf(fleet, counts),
    blockers: launchBlockers(fleet, modes, counts).filter((blocker) => !isTransient(blocker)),
  };
}
