import { assign, type DoneActorEvent, type ErrorActorEvent, setup } from 'xstate';
import {
  admitted,
  adopted,
  type Books,
  countRows,
  drained,
  expired,
  heard,
  type LaunchPlan,
  type Patience,
  presumed,
  released,
  reprieved,
  type Share,
  type Step,
  settled,
  unwanted,
} from './books.ts';
import { effect } from './effect.ts';
import type { FailureKind, Market, OwnedGroup, TaskSighting } from './facts.ts';
import { noteOf } from './failure.ts';
import { type LaunchEnd, launch } from './launch.ts';
import type { WorkerLoad } from './monitor.ts';
import { parent } from './parent.ts';
import type { Counts } from './plan.ts';
import { compared } from './sightings.ts';
import { type GroupEnd, type GroupReport, workerGroup } from './workerGroup.ts';

export interface CohortContext extends Books {
  cohortId: string;
  patience: Patience;
  /** The last order of the manager that is in these books. */
  order: number;
  /** What the manager was last told, so that it hears of changes only. */
  told: string;
  lookedAt: number;
  /** The monitor stream tells who serves. */
  monitored: boolean;
}

export type CohortReport =
  | { type: 'cohort.changed'; cohortId: string; order: number; counts: Counts; launches: number }
  /** Something that should slow down or stop launching; `market`: where a launch was refused. */
  | {
      type: 'cohort.setback';
      cohortId: string;
      kind: FailureKind | 'startFailed';
      reason: string;
      market: Market | null;
    };

/** `order` numbers what the manager asks for, so that it can tell which reports include it. */
export type CohortOrder =
  | { type: 'cohort.admit'; order: number; launches: LaunchPlan[]; at: number }
  | { type: 'cohort.adopt'; order: number; groups: OwnedGroup[] }
  /** `until`: how long those at work may wait for an idle moment. */
  | ({ type: 'cohort.drain'; order: number; at: number; until: number } & Share)
  /** Those of these Fargate tasks that are here, and at once. */
  | { type: 'cohort.release'; order: number; at: number; taskIds: string[] }
  | { type: 'cohort.reprieve'; order: number; most: number }
  /** Look at ECS, let launches in doubt ask again, end what has waited long enough. */
  | { type: 'cohort.look'; at: number; monitored: boolean }
  | { type: 'cohort.heard'; at: number; loads: Record<string, WorkerLoad> | null };

type Event = CohortOrder | GroupReport | DoneActorEvent<unknown> | ErrorActorEvent;

const cohortSetup = setup({
  types: {} as {
    input: { cohortId: string; patience: Patience };
    context: CohortContext;
    events: Event;
  },
  actors: {
    workerGroup,
    launch,
    describeTasks: effect<TaskSighting[], { taskArns: string[] }>('describeTasks'),
  },
  guards: {
    ofLaunch: ({ context, event }) => 'actorId' in event && event.actorId in context.launches,
    ofGroup: ({ context, event }) => 'actorId' in event && event.actorId in context.groups,
    somethingToLookAt: ({ context }) =>
      Object.values(context.groups).some(({ taskArn }) => taskArn !== null),
  },
  actions: {
    /** A group is over: the ledger and the log want to know. */
    noteEnded: (_, _end: GroupEnd) => {},
    noteRefusal: (_, _refusal: { label: string; kind: FailureKind; reason: string }) => {},
    /** An actor died of an exception: a bug. */
    noteCrash: (_, _crash: { actorId: string; error: unknown }) => {},
    noteBlind: (_, _trouble: { kind: FailureKind; reason: string }) => {},
  },
});

/** Tells the manager, if the counts came out differently. */
const report = cohortSetup.enqueueActions(({ context, enqueue }) => {
  const { cohortId, order } = context;
  const counts = countRows(context.groups);
  const launches = Object.keys(context.launches).length;
  const told = JSON.stringify([order, counts, launches]);
  if (told === context.told) return;
  enqueue.assign({ told });
  const changed: CohortReport = { type: 'cohort.changed', cohortId, order, counts, launches };
  enqueue.sendTo(parent, changed);
});

const setback = (
  cohortId: string,
  kind: FailureKind | 'startFailed',
  reason: string,
  market: Market | null = null,
): CohortReport => ({ type: 'cohort.setback', cohortId, kind, reason, market });

const admit = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.admit') return;
  const launches = event.launches.filter(({ order }) => !(order.label in context.launches));
  for (const plan of launches) {
    for (const groupId of plan.groupIds)
      enqueue.spawnChild('workerGroup', { id: groupId, input: { groupId } });
    enqueue.spawnChild('launch', { id: plan.order.label, input: plan });
  }
  enqueue.assign({ ...admitted(context, launches, event.at), order: event.order });
  enqueue(report);
});

const adopt = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.adopt') return;
  const owned = event.groups.filter(({ groupId }) => !(groupId in context.groups));
  for (const { groupId } of owned)
    enqueue.spawnChild('workerGroup', { id: groupId, input: { groupId } });
  const { toGroups, ...books } = adopted(context, owned);
  enqueue.assign({ ...books, order: event.order });
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  enqueue(report);
});

const drain = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.drain') return;
  const { toGroups, ...books } = drained(context, event, event.at, event.until);
  enqueue.assign({ ...books, order: event.order });
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  for (const label of unwanted(books)) enqueue.sendTo(label, { type: 'launch.abandon' });
  enqueue(report);
});

const release = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.release') return;
  const { toGroups, ...books } = released(context, event.taskIds, event.at);
  enqueue.assign({ ...books, order: event.order });
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  enqueue(report);
});

const reprieve = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.reprieve') return;
  const { toGroups, ...books } = reprieved(context, event.most);
  enqueue.assign({ ...books, order: event.order });
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  enqueue(report);
});

/** What is due whatever ECS will answer. */
const pressOn = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.look') return;
  for (const label of Object.keys(context.launches))
    enqueue.sendTo(label, { type: 'launch.tick', now: event.at });
  const { toGroups, ...books } = expired(context, event.at);
  enqueue.assign({ ...books, lookedAt: event.at, monitored: event.monitored });
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
});

const hear = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.heard') return;
  const { toGroups, ...books } = heard(context, event.loads, event.at);
  enqueue.assign(books);
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  enqueue(report);
});

/** Not being allowed to look is no reason to believe that stopped tasks run for ever. */
const presume = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { kind, reason } = noteOf((event as ErrorActorEvent).error);
  enqueue({ type: 'noteBlind', params: { kind, reason } });
  if (kind !== 'denied') return;
  for (const [groupId, news] of presumed(context, context.lookedAt, context.patience).toGroups)
    enqueue.sendTo(groupId, news);
});

const compare = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const sightings = (event as DoneActorEvent<TaskSighting[]>).output;
  const { lookedAt, patience, monitored } = context;
  const { toGroups, ...books } = compared(context, sightings, lookedAt, patience, monitored);
  enqueue.assign(books);
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
});

const settle = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId } = event as DoneActorEvent<unknown>;
  const end: LaunchEnd =
    'output' in event
      ? (event as DoneActorEvent<LaunchEnd>).output
      : {
          label: actorId,
          groups: [],
          refusals: [{ kind: 'bug', reason: noteOf((event as ErrorActorEvent).error).reason }],
          market: 'onDemand',
        };
  const { toGroups, ...books }: Step = settled(context, end, context.lookedAt);
  enqueue.assign(books);
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  for (const { kind, reason } of new Map(end.refusals.map((no) => [no.reason, no])).values()) {
    enqueue({ type: 'noteRefusal', params: { label: end.label, kind, reason } });
    enqueue.sendTo(parent, setback(context.cohortId, kind, reason, end.market));
  }
  enqueue.stopChild(actorId);
  enqueue(report);
});

const reap = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId, output: end } = event as DoneActorEvent<GroupEnd>;
  const { [actorId]: _, ...groups } = context.groups;
  enqueue.assign({ groups });
  enqueue({ type: 'noteEnded', params: end });
  if (!end.registered && end.taskArn !== null && end.cause !== 'drained')
    enqueue.sendTo(parent, setback(context.cohortId, 'startFailed', end.detail ?? end.cause));
  enqueue.stopChild(actorId);
  enqueue(report);
});

/** One bug must not take its siblings along: the books know enough to put the actor back. */
const revive = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId: groupId } = event as ErrorActorEvent;
  const row = context.groups[groupId];
  if (!row) return;
  enqueue.stopChild(groupId);
  enqueue.spawnChild('workerGroup', { id: groupId, input: { groupId } });
  if (row.leaving && row.waitUntil === null) enqueue.sendTo(groupId, { type: 'group.stop' });
  if (row.taskArn !== null)
    enqueue.sendTo(groupId, { type: 'group.launched', taskArn: row.taskArn });
});

const crashed = {
  type: 'noteCrash',
  params: ({ event }: { event: Event }) => {
    const { actorId, error } = event as ErrorActorEvent;
    return { actorId, error };
  },
} as const;

/** Up to a hundred groups and the launches they wait for: one DescribeTasks page. */
export const cohort = cohortSetup.createMachine({
  id: 'cohort',
  context: ({ input }) => ({
    ...input,
    groups: {},
    launches: {},
    order: 0,
    told: '',
    lookedAt: 0,
    monitored: false,
  }),
  initial: 'resting',
  on: {
    'cohort.admit': { actions: admit },
    'cohort.adopt': { actions: adopt },
    'cohort.drain': { actions: drain },
    'cohort.release': { actions: release },
    'cohort.reprieve': { actions: reprieve },
    'cohort.heard': { actions: hear },
    'group.changed': {
      actions: [
        assign({
          groups: ({ context: { groups }, event: { type: _, groupId, ...news } }) => {
            const row = groups[groupId];
            return row ? { ...groups, [groupId]: { ...row, ...news } } : groups;
          },
        }),
        report,
      ],
    },
    'xstate.done.actor.*': [
      { guard: 'ofLaunch', actions: settle },
      { guard: 'ofGroup', actions: reap },
    ],
    'xstate.error.actor.*': [
      { guard: 'ofLaunch', actions: [crashed, settle] },
      { guard: 'ofGroup', actions: [crashed, revive] },
    ],
  },
  states: {
    resting: {
      on: {
        'cohort.look': [
          { guard: 'somethingToLookAt', target: 'looking', actions: pressOn },
          { actions: pressOn },
        ],
      },
    },
    looking: {
      invoke: {
        id: 'describeTasks',
        src: 'describeTasks',
        input: ({ context }) => ({
          taskArns: Object.values(context.groups).flatMap(({ taskArn }) => taskArn ?? []),
        }),
        onDone: { target: 'resting', actions: compare },
        onError: { target: 'resting', actions: presume },
      },
    },
  },
});
