import type { RecoverySignal } from '../fleet/circuitBreaker.ts';
import type { Counts } from '../fleet/plan.ts';
import type { TasksChange } from '../scheduler/cohortTasks.ts';
import type { WorkerLoad } from '../scheduler/messages.ts';
import type { Bill } from '../shared/bill.ts';
import type { FailureReason, Market, OwnedGroup } from '../shared/domain.ts';
import type { LaunchPlan } from './groupRecords.ts';
import type { Share } from './scaleDown.ts';

/**
 * Commands of the fleet manager to a cohort. `generation` numbers what it asks for, so that it can tell which reports
 * include it.
 */
export type CohortCommand =
  | { type: 'cohort.admit'; generation: number; launches: LaunchPlan[]; at: number }
  | { type: 'cohort.adopt'; generation: number; groups: OwnedGroup[] }
  /**
   * `until`: until when groups at work may wait for an idle moment. `reason`: for ECS, why. `of`: how many there were when
   * that was decided; left out: all that are meant are to leave.
   */
  | ({
      type: 'cohort.drain';
      generation: number;
      at: number;
      until: number;
      reason?: string | undefined;
      of?: Share | undefined;
    } & Share)
  /** Ordered by an operator: these groups leave at an idle moment, and for good. */
  | { type: 'cohort.evict'; generation: number; at: number; until: number; groupIds: string[] }
  /** The scheduler has chosen these Fargate tasks: those that are here stop at once. */
  | { type: 'cohort.release'; generation: number; at: number; taskIds: string[] }
  | { type: 'cohort.cancelDrain'; generation: number; most: number }
  /** Report how much each group at work has to do: the least busy of all cohorts are to leave. */
  | { type: 'cohort.rank'; generation: number }
  /** A complete list shows what these launches have started. */
  | { type: 'cohort.launchesFound'; found: Record<string, FoundTasks> }
  /** A complete list that began at `at` shows these tasks as wanted running. */
  | { type: 'cohort.listed'; at: number; taskArns: string[] }
  /** The answer to `cohort.launchTurn`. */
  | { type: 'cohort.launchTurnAnswered'; label: string; allowed: boolean }
  /**
   * Describe the tasks, let launches retry, enforce deadlines. `launching`: throttled launches may be sent again.
   * `listedAt`: when the last complete list of our tasks began; null: none is to be had.
   */
  | {
      type: 'cohort.poll';
      at: number;
      launching: boolean;
      ending: boolean;
      /** So many of the groups that wait for an idle moment are above the limit, and for too long. Left out: none. */
      overdue?: number;
      listedAt: number | null;
    }
  /** Let launches retry; between two polls. */
  | { type: 'cohort.tick'; at: number; launching: boolean }
  /** Whether what was last shown as idle still counts as that. A new cohort is told at its start (`loadsAreOld`). */
  | { type: 'cohort.freshness'; at: number; isCurrent: boolean }
  /** By Fargate task id, only what changed; null: the monitor stream shows nothing any more. */
  | { type: 'cohort.loads'; at: number; loads: Record<string, WorkerLoad> | null }
  /** Where loads are not known: how many tasks are being cancelled, by Fargate task id, only what changed. */
  | { type: 'cohort.canceling'; canceling: Record<string, number> };

/** Tasks of one launch, and when each was created, milliseconds since the epoch. */
export interface FoundTasks {
  taskArns: string[];
  createdAt: Record<string, number>;
}

/** Reports of a cohort to the fleet manager. */
export type CohortEvent =
  | {
      type: 'cohort.changed';
      cohortId: string;
      /** The last command that is in these counts. */
      generation: number;
      counts: Counts;
      launches: number;
      /** Groups that were to stay and no longer do since the report before, not counting what the fleet manager ordered. */
      ended: number;
      /** In answer to `cohort.rank`: how many tasks of the scheduler each busy group has, the fewest first. */
      busyLoads?: number[] | undefined;
    }
  /** What its groups cost, and have cost; sent when it changes. */
  | { type: 'cohort.billed'; cohortId: string; bill: Bill }
  | ({ type: 'cohort.tasksChanged' } & TasksChange)
  /** RunTask of this launch may be sent by AWS's limits, at `at`: is it still to be sent? */
  | { type: 'cohort.launchTurn'; cohortId: string; label: string; at: number }
  /** Something that should slow down or stop launching; `market`: where a launch was refused. */
  | {
      type: 'cohort.launchFailed';
      cohortId: string;
      kind: FailureReason;
      reason: string;
      market: Market | null;
      /** Where; left out: not known, or wherever the settings say. */
      subnets?: string[] | undefined;
      /** The group, where it is one alone. */
      groupId?: string | undefined;
      /** A launch was given up without an answer: so many tasks it may have started, an inventory will show which. */
      mayHaveStarted?: number | undefined;
      /** What would show that it is over. */
      signal?: RecoverySignal | undefined;
      /** Of a group that served and ended soon: when it was launched, milliseconds since the epoch. */
      launchedAt?: number | undefined;
    }
  /** ECS accepted a launch of one group; or the workers of a group have come to serve, or served for a while. */
  | {
      type: 'cohort.recovered';
      cohortId: string;
      groupId: string;
      signal: RecoverySignal;
      subnet: string | null;
    }
  /** ECS has said that it is STOPPED: no worker of it can be alive. */
  | { type: 'task.dead'; at: number; taskArn: string }
  /** A group has ended and shown nothing. */
  | { type: 'cohort.probeInconclusive'; cohortId: string; groupId: string };

export const recovered = (
  cohortId: string,
  groupId: string,
  signal: RecoverySignal,
  subnet: string | null = null,
): CohortEvent => ({ type: 'cohort.recovered', cohortId, groupId, signal, subnet });

export const probeInconclusive = (cohortId: string, groupId: string): CohortEvent => ({
  type: 'cohort.probeInconclusive',
  cohortId,
  groupId,
});
