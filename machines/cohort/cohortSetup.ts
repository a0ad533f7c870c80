import { assertEvent, assign, type DoneActorEvent, type ErrorActorEvent, setup } from 'xstate';
import { sameCounts } from '../fleet/counts.ts';
import type { Modes } from '../fleet/modes.ts';
import { type Counts, kept } from '../fleet/plan.ts';
import { type LaunchEnd, launch } from '../group/launch.ts';
import type { LaunchTurn, LaunchUnanswered } from '../group/launchReports.ts';
import {
  type GroupEnd,
  type GroupReport,
  type StopAnswer,
  type StopTurn,
  workerGroup,
} from '../group/workerGroup.ts';
import type { TasksChange } from '../scheduler/cohortTasks.ts';
import type { Bill, Prices } from '../shared/bill.ts';
import type { FailureKind, TaskObservation } from '../shared/domain.ts';
import { effect } from '../shared/effect.ts';
import type { FailureNote } from '../shared/failure.ts';
import { taskIdOf } from '../shared/ids.ts';
import { parent } from '../shared/parent.ts';
import { catchUpMs, longestPollGapMs } from '../shared/timing.ts';
import { busyLoads } from './busyLoads.ts';
import type { DegradedGroup } from './degraded.ts';
import type { CohortRecords, Transition } from './groupRecords.ts';
import type { CohortCommand, CohortEvent } from './messages.ts';
import { type Counted, countedNow } from './recount.ts';
import type { SlowStop } from './slowStops.ts';
import type { Timeouts } from './timeouts.ts';

export interface CohortContext extends CohortRecords {
  cohortId: string;
  timeouts: Timeouts;
  workersPerTask: number;
  /** The last command of the fleet manager that is in these records. */
  observedGeneration: number;
  /** The records as they were last counted. */
  counted: Counted;
  /** The last report, so that the fleet manager gets changes only. */
  lastReport: { generation: number; counts: Counts; launches: number };
  lastPolledAt: number;
  /** When this process went on after it had stood still: what is known is from before that; null: never. */
  wokeAt: number | null;
  /**
   * What the fleet manager tells of its own states, each cohort the same: whether the monitor stream shows which groups
   * serve. It and the two that follow are read where records change, and change no answer to an event, so they are no states.
   */
  monitor: Modes['monitor'];
  /** What the stream last showed is so old that no group counts as idle for sure. */
  loadsAreOld: boolean;
  /** Everything is to end. */
  ending: boolean;
  /** Left out: not known, and nothing is counted. */
  prices?: Prices | undefined;
  /** When DescribeTasks last answered; null: never. */
  describedAt: number | null;
  /** When the last complete list of our tasks began; null: none is to be had. */
  listedAt: number | null;
  /** What the tasks have cost that have ended, USD; and whether some of that is not known. */
  endedUsd: number;
  isLowerBound: boolean;
  /** What they may have cost besides, USD. */
  endedGapUsd: number;
  /** The last bill that was reported. */
  lastBill: Bill;
}

/** The end of a group, with the times that are known of its task; milliseconds since the epoch. */
export interface GroupEnded extends GroupEnd {
  createdAt: number | null;
  runningAt: number | null;
  registeredAt: number | null;
  /** What its task has cost, USD; null: no price is known. */
  usd: number | null;
}

export type Event =
  | CohortCommand
  | GroupReport
  | StopTurn
  | StopAnswer
  | LaunchTurn
  | LaunchUnanswered
  | DoneActorEvent<unknown>
  | ErrorActorEvent;

export const groupActor = (groupId: string): string => `group.${groupId}`;
export const launchActor = (label: string): string => `launch.${label}`;
/** `group.e-1-0` is the actor of the group e-1-0. */
export const nameIn = (actorId: string): string => actorId.slice(actorId.indexOf('.') + 1);

/** What is known of the work of the groups is not of old, and not from before this process stood still. */
export const isWorkCurrent = (
  {
    lastPolledAt,
    wokeAt,
    loadsAreOld,
  }: Pick<CohortContext, 'lastPolledAt' | 'wokeAt' | 'loadsAreOld'>,
  at: number,
): boolean =>
  !loadsAreOld &&
  (lastPolledAt === 0 || at - lastPolledAt <= longestPollGapMs) &&
  (wokeAt === null || at - wokeAt >= catchUpMs);

/** How long a group must have been idle before it is stopped for that, ms; at the end of everything no time. */
export const minIdleOf = ({
  timeouts,
  ending,
}: Pick<CohortContext, 'timeouts' | 'ending'>): number => (ending ? 0 : (timeouts.minIdleMs ?? 0));

/** What a cohort gets, runs and reports; its machine and its actions are written in terms of this. */
export const cohortSetup = setup({
  types: {} as {
    input: Pick<
      CohortContext,
      'cohortId' | 'timeouts' | 'workersPerTask' | 'monitor' | 'loadsAreOld' | 'prices'
    >;
    context: CohortContext;
    events: Event;
  },
  actors: {
    workerGroup,
    launch,
    describeTasks: effect<TaskObservation[], { taskArns: string[] }>('describeTasks'),
  },
  guards: {
    /** A report of what the record holds already is not worth copying and counting a hundred records. */
    changesRecord: ({ context, event }) => {
      assertEvent(event, 'group.changed');
      const record = context.groups[event.groupId];
      return (
        record !== undefined &&
        (record.phase !== event.phase ||
          record.registered !== event.registered ||
          record.drainRequested !== event.drainRequested ||
          record.stopAccepted !== event.stopAccepted ||
          record.stopFailures !== event.stopFailures)
      );
    },
    hasTasks: ({ context }) =>
      Object.values(context.groups).some(({ taskArn }) => taskArn !== null),
    denied: (_, { kind }: FailureNote) => kind === 'denied',
  },
  actions: {
    recordPollTime: assign(({ context, event }) => {
      assertEvent(event, 'cohort.poll');
      const { lastPolledAt, wokeAt } = context;
      const { at, listedAt } = event;
      const stoodStill = lastPolledAt > 0 && at - lastPolledAt > longestPollGapMs;
      return { lastPolledAt: at, listedAt, wokeAt: stoodStill ? at : wokeAt };
    }),
    recordFreshness: assign({
      loadsAreOld: ({ event }) => {
        assertEvent(event, 'cohort.freshness');
        return !event.isCurrent;
      },
    }),
    /** A group has ended: the ledger and the log record it. */
    noteEnded: (_, _end: GroupEnded) => {},
    /** The workers of a group have come to count as known to the scheduler. */
    noteRegistered: (_, _claim: { groupId: string; taskArn: string }) => {},
    /** ECS takes long to carry out a stop. */
    noteSlowStop: (_, _stop: SlowStop) => {},
    /** Some of a group's workers are gone for good. */
    noteDegraded: (_, _group: DegradedGroup) => {},
    noteRefusal: (_, _refusal: { label: string; kind: FailureKind; reason: string }) => {},
    /** An actor died of an exception: a bug. */
    noteCrash: (_, _crash: { actorId: string; error: unknown }) => {},
    noteDescribeFailed: (_, _failure: { kind: FailureKind; reason: string }) => {},
  },
});

export type Enqueue = Parameters<Parameters<typeof cohortSetup.enqueueActions>[0]>[0]['enqueue'];

/** Takes over the records of a transition and sends its events. `reason`: why groups are to leave. */
export function apply(
  { outbox, ...records }: Transition,
  enqueue: Enqueue,
  reason?: string | undefined,
): void {
  enqueue.assign(records);
  for (const [groupId, event] of outbox) enqueue.sendTo(groupActor(groupId), { reason, ...event });
}

/**
 * What the fleet manager has ordered explains why fewer groups are to stay. Not `cohort.release`: the fleet manager does
 * not know which cohort has the tasks, so it counts those groups as ended.
 */
const orders: readonly string[] = [
  ...['cohort.admit', 'cohort.adopt', 'cohort.drain', 'cohort.evict', 'cohort.cancelDrain'],
];

/** Reports to the fleet manager, if the counts came out differently. */
export const report = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { cohortId, observedGeneration: generation, lastReport } = context;
  const counted = countedNow(context.counted, context.groups, context.workersPerTask);
  const { counts } = counted;
  if (counted !== context.counted) enqueue.assign({ counted });
  const launches = Object.keys(context.launches).length;
  if (
    lastReport.generation === generation &&
    lastReport.launches === launches &&
    sameCounts(lastReport.counts, counts)
  )
    return;
  enqueue.assign({ lastReport: { generation, counts, launches } });
  const ranked = event.type === 'cohort.rank' && { busyLoads: busyLoads(context.groups) };
  const isOrdered = orders.includes(event.type);
  const ended = isOrdered ? 0 : Math.max(0, kept(lastReport.counts) - kept(counts));
  enqueue.sendTo(parent, {
    type: 'cohort.changed',
    ...{ cohortId, generation, counts, launches, ended, ...ranked },
  } satisfies CohortEvent);
});

/** What an event that the cohort has taken in changes about its tasks. */
function changeOf(event: Event, { groups }: CohortRecords): Pick<TasksChange, 'added' | 'removed'> {
  if (event.type === 'cohort.adopt')
    return { added: event.groups.map(({ taskArn }) => taskIdOf(taskArn)), removed: [] };
  const { output } = event as DoneActorEvent<LaunchEnd | GroupEnd>;
  if ('taskArn' in output)
    return { added: [], removed: output.taskArn === null ? [] : [taskIdOf(output.taskArn)] };
  const launched = output.groups.filter(({ groupId }) => groupId in groups);
  return { added: launched.map(({ taskArn }) => taskIdOf(taskArn)), removed: [] };
}

export const reportTasks = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { added, removed } = changeOf(event, context);
  // A launch or a group without a task changes nothing.
  if (added.length === 0 && removed.length === 0) return;
  const { cohortId } = context;
  enqueue.sendTo(parent, {
    ...{ type: 'cohort.tasksChanged', cohortId, added, removed },
  } satisfies CohortEvent);
});
