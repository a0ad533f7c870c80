import type { RecoverySignal } from '../fleet/circuitBreaker.ts';
import type { Counts } from '../fleet/plan.ts';
import type { WorkerLoad } from '../scheduler/monitor.ts';
import type { FailureReason, Market, OwnedGroup } from '../shared/domain.ts';
import type { LaunchPlan, Share } from './groupRecords.ts';

/** What the manager tells a cohort. `order` numbers what the manager asks for, so that it can tell which reports include it. */
export type CohortCommand =
  | { type: 'cohort.admit'; generation: number; launches: LaunchPlan[]; at: number }
  | { type: 'cohort.adopt'; generation: number; groups: OwnedGroup[] }
  /** `until`: how long those at work may wait for an idle moment. */
  | ({ type: 'cohort.drain'; generation: number; at: number; until: number } & Share)
  /** Those of these Fargate tasks that are here, and at once. */
  | { type: 'cohort.release'; generation: number; at: number; taskIds: string[] }
  | { type: 'cohort.cancelDrain'; generation: number; most: number }
  /** Look at ECS, let launches in doubt ask again, end what has waited long enough. */
  | {
      type: 'cohort.poll';
      at: number;
      monitorConnected: boolean;
      launching: boolean;
      ending: boolean;
    }
  | { type: 'cohort.loads'; at: number; loads: Record<string, WorkerLoad> | null };

/** What a cohort tells the manager. */
export type CohortEvent =
  | {
      type: 'cohort.changed';
      cohortId: string;
      generation: number;
      counts: Counts;
      launches: number;
    }
  /** Something that should slow down or stop launching; `market`: where a launch was refused. */
  | {
      type: 'cohort.launchFailed';
      cohortId: string;
      kind: FailureReason;
      reason: string;
      market: Market | null;
      /** Where; left out: nobody knows, or wherever the settings say. */
      subnets?: string[] | undefined;
      /** The group, where it is one alone. */
      groupId?: string | undefined;
      /** A launch was given up without an answer: what it may have bought, a list will show. */
      outcomeUnknown?: true | undefined;
      /** What would show that it is over. */
      signal?: RecoverySignal | undefined;
      /** Of a group that served and ended soon: when it was launched, milliseconds since the epoch. */
      launchedAt?: number | undefined;
    }
  /** A launch of one group was taken by ECS; or the workers of a group have come to serve, or served for a while. */
  | {
      type: 'cohort.recovered';
      cohortId: string;
      groupId: string;
      signal: RecoverySignal;
      subnet: string | null;
    }
  /** ECS has said that it is STOPPED: no worker of it can be alive. */
  | { type: 'task.dead'; cohortId: string; taskArn: string }
  /** A group has ended and shown nothing. */
  | { type: 'cohort.probeInconclusive'; cohortId: string; groupId: string };

export const recovered = (
  cohortId: string,
  groupId: string,
  signal: RecoverySignal,
  subnet: string | null = null,
): CohortEvent => ({ type: 'cohort.recovered', cohortId, groupId, signal, subnet });

export const probeWithoutResult = (cohortId: string, groupId: string): CohortEvent => ({
  type: 'cohort.probeInconclusive',
  cohortId,
  groupId,
});
