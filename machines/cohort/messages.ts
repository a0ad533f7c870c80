import type { Proof } from '../fleet/circuitBreaker.ts';
import type { Counts } from '../fleet/plan.ts';
import type { WorkerLoad } from '../scheduler/monitor.ts';
import type { Blame, Market, OwnedGroup } from '../shared/domain.ts';
import type { LaunchPlan, Share } from './groupRecords.ts';

/** What the manager tells a cohort. `order` numbers what the manager asks for, so that it can tell which reports include it. */
export type CohortOrder =
  | { type: 'cohort.admit'; order: number; launches: LaunchPlan[]; at: number }
  | { type: 'cohort.adopt'; order: number; groups: OwnedGroup[] }
  /** `until`: how long those at work may wait for an idle moment. */
  | ({ type: 'cohort.drain'; order: number; at: number; until: number } & Share)
  /** Those of these Fargate tasks that are here, and at once. */
  | { type: 'cohort.release'; order: number; at: number; taskIds: string[] }
  | { type: 'cohort.reprieve'; order: number; most: number }
  /** Look at ECS, let launches in doubt ask again, end what has waited long enough. */
  | { type: 'cohort.look'; at: number; monitored: boolean; launching: boolean; ending: boolean }
  | { type: 'cohort.heard'; at: number; loads: Record<string, WorkerLoad> | null };

/** What a cohort tells the manager. */
export type CohortReport =
  | { type: 'cohort.changed'; cohortId: string; order: number; counts: Counts; launches: number }
  /** All Fargate tasks of its groups, when they have changed. */
  | { type: 'cohort.tasks'; cohortId: string; taskIds: string[] }
  /** Something that should slow down or stop launching; `market`: where a launch was refused. */
  | {
      type: 'cohort.setback';
      cohortId: string;
      kind: Blame;
      reason: string;
      market: Market | null;
      /** Where; left out: nobody knows, or wherever the settings say. */
      subnets?: string[] | undefined;
      /** The group, where it is one alone. */
      groupId?: string | undefined;
      /** A launch was given up without an answer: what it may have bought, a list will show. */
      doubted?: true | undefined;
      /** What would show that it is over. */
      proof?: Proof | undefined;
      /** Of a group that served and ended soon: when it was launched, milliseconds since the epoch. */
      launchedAt?: number | undefined;
    }
  /** A launch of one group was taken by ECS; or the workers of a group have come to serve, or served for a while. */
  | {
      type: 'cohort.proved';
      cohortId: string;
      groupId: string;
      proof: Proof;
      subnet: string | null;
    }
  /** ECS has said that it is STOPPED: no worker of it can be alive. */
  | { type: 'cohort.dead'; cohortId: string; taskArn: string }
  /** A group has ended and shown nothing. */
  | { type: 'cohort.unproved'; cohortId: string; groupId: string };

export const proved = (
  cohortId: string,
  groupId: string,
  proof: Proof,
  subnet: string | null = null,
): CohortReport => ({ type: 'cohort.proved', cohortId, groupId, proof, subnet });

export const unproved = (cohortId: string, groupId: string): CohortReport => ({
  type: 'cohort.unproved',
  cohortId,
  groupId,
});
