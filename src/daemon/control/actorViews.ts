import type { AnyActorRef } from 'xstate';
import type { CohortContext } from '../../../machines/cohort/cohortSetup.ts';
import {
  type Degraded,
  degradedIn,
  type GroupStatus,
  groupStatus,
} from '../../../machines/cohort/groupStatus.ts';
import { type FleetStatus, fleetStatus } from '../../../machines/fleet/fleetStatus.ts';
import { modesOf } from '../../../machines/fleet/modes.ts';
import type { Fleet } from '../../../machines/fleet/state.ts';
import { taskIdOf } from '../../../machines/shared/ids.ts';
import { now } from '../../shared/clock.ts';

interface Snapshot<Context> {
  value: Record<string, unknown>;
  context: Context;
  children: Record<string, AnyActorRef>;
}

/** Degraded groups that are told one by one; the others are counted. */
const mostDegraded = 20;
/** A name that could mean more groups than this is not clear anyway. */
const mostMatches = 10;

export type Found = { group: GroupStatus } | { unknown: true } | { ambiguous: string[] };

const numberOf = (cohortId: string): number => Number(cohortId.slice(cohortId.indexOf('.') + 1));

/** What the snapshots of the actors show. Looks at most at one cohort's groups where a fleet may have 10,000. */
export function createActorViews(root: { getSnapshot(): unknown }, workersPerTask: number) {
  /** Records are never changed, only replaced: what was found in them stays true. */
  const degradedOf = new WeakMap<object, Degraded[]>();

  function fleetSnapshot(): Snapshot<Fleet> {
    const { children } = root.getSnapshot() as Snapshot<unknown>;
    return children.fleetManager?.getSnapshot() as Snapshot<Fleet>;
  }

  function cohorts(): CohortContext[] {
    const { children, context } = fleetSnapshot();
    return Object.keys(context.cohorts)
      .sort((a, b) => numberOf(a) - numberOf(b))
      .flatMap((cohortId) => {
        const snapshot = children[cohortId]?.getSnapshot() as Snapshot<CohortContext> | undefined;
        return snapshot ? [snapshot.context] : [];
      });
  }

  function degradedInCohort(groups: CohortContext['groups']): Degraded[] {
    const known = degradedOf.get(groups) ?? degradedIn(groups, workersPerTask);
    degradedOf.set(groups, known);
    return known;
  }

  function viewOf({ cohortId, groups, prices }: CohortContext, groupId: string): GroupStatus[] {
    const record = groups[groupId];
    const cost = { prices, at: now() };
    return record ? [groupStatus(cohortId, groupId, record, workersPerTask, cost)] : [];
  }

  return {
    /** State of the root machine, and why AWS could not be prepared. */
    root(): { state: string; trouble: string | null } {
      const { value, context } = root.getSnapshot() as Snapshot<{
        trouble: { reason: string } | null;
      }>;
      const isPrepared = (value as unknown) === 'serving';
      return {
        state: typeof value === 'string' ? value : JSON.stringify(value),
        trouble: isPrepared ? null : (context.trouble?.reason ?? null),
      };
    },

    fleet(): FleetStatus {
      const { value, context } = fleetSnapshot();
      return fleetStatus(context, modesOf(value));
    },

    degraded(): { count: number; groups: Degraded[] } {
      let count = 0;
      const first: Degraded[] = [];
      for (const { groups } of cohorts()) {
        const found = degradedInCohort(groups);
        count += found.length;
        if (first.length < mostDegraded) first.push(...found.slice(0, mostDegraded - first.length));
      }
      return { count, groups: first };
    },

    /** The groups of the next cohort after this one. */
    page(cursor: string | undefined): { groups: GroupStatus[]; next: string | null } {
      const after = cursor === undefined ? Number.NEGATIVE_INFINITY : numberOf(cursor);
      const [cohort, following] = cohorts().filter(({ cohortId }) => numberOf(cohortId) > after);
      if (!cohort) return { groups: [], next: null };
      return {
        groups: Object.keys(cohort.groups).flatMap((groupId) => viewOf(cohort, groupId)),
        next: following === undefined ? null : cohort.cohortId,
      };
    },

    /** The living group with this id, or whose task has it; else the only one whose id or task id begins so. */
    find(name: string): Found {
      const all = cohorts();
      const exact = all.flatMap((cohort) => viewOf(cohort, name))[0];
      if (exact) return { group: exact };
      const matches: GroupStatus[] = [];
      for (const cohort of all) {
        for (const groupId of Object.keys(cohort.groups)) {
          const { taskArn } = cohort.groups[groupId] ?? {};
          const isMatch =
            groupId.startsWith(name) ||
            taskArn === name ||
            (taskArn != null && taskIdOf(taskArn).startsWith(name));
          if (isMatch) matches.push(...viewOf(cohort, groupId));
          if (matches.length > mostMatches) break;
        }
      }
      const [only, ...others] = matches;
      if (!only) return { unknown: true };
      return others.length === 0
        ? { group: only }
        : { ambiguous: matches.map(({ groupId }) => groupId) };
    },
  };
}

export type ActorViews = ReturnType<typeof createActorViews>;
