import { assign, type DoneActorEvent, type ErrorActorEvent, setup } from 'xstate';
import { type LaunchEnd, launch } from '../group/launch.ts';
import { type GroupEnd, type GroupReport, workerGroup } from '../group/workerGroup.ts';
import type { FailureKind, TaskSighting } from '../shared/domain.ts';
import { effect } from '../shared/effect.ts';
import { noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';
import {
  admitted,
  adopted,
  aged,
  type Books,
  countRows,
  drained,
  expired,
  type GroupRow,
  heard,
  type Patience,
  released,
  reprieved,
  type Step,
  settled,
  unwanted,
} from './groupRecords.ts';
import { type CohortOrder, type CohortReport, proved, unproved } from './messages.ts';
import { compared, presumed } from './observe.ts';
import { obituary } from './outcome.ts';

export interface CohortContext extends Books {
  cohortId: string;
  patience: Patience;
  /** The last order of the manager that is in these books. */
  order: number;
  /** What the manager was last told, so that it hears of changes only. */
  told: string;
  lookedAt: number;
  /** The monitor stream tells who serves; and it did so once. */
  monitored: boolean;
  watched: boolean;
  /** Everything is to end. */
  ending: boolean;
}

type Event = CohortOrder | GroupReport | DoneActorEvent<unknown> | ErrorActorEvent;

const cohortSetup = setup({
  types: {} as {
    input: { cohortId: string; patience: Patience; watched: boolean };
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
    /** What the books say already is not worth copying and counting a hundred rows. */
    tellsNews: ({ context, event }) => {
      if (event.type !== 'group.changed') return false;
      const row = context.groups[event.groupId];
      return (
        row !== undefined &&
        (row.phase !== event.phase ||
          row.registered !== event.registered ||
          row.leaving !== event.leaving ||
          row.stopAccepted !== event.stopAccepted)
      );
    },
    somethingToLookAt: ({ context }) =>
      Object.values(context.groups).some(({ taskArn }) => taskArn !== null),
  },
  actions: {
    noteTime: assign({
      lookedAt: ({ context, event }) =>
        event.type === 'cohort.look' ? event.at : context.lookedAt,
    }),
    /** A group is over: the ledger and the log want to know. */
    noteEnded: (_, _end: GroupEnd) => {},
    /** The workers of a group have come to count as known to the scheduler. */
    noteRegistered: (_, _claim: { groupId: string; taskArn: string }) => {},
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
  const { toGroups, ...books } = drained(context, event, { ...event, watched: context.watched });
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

const hearGroup = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'group.changed') return;
  const { type: _, groupId, ...news } = event;
  const row = context.groups[groupId] as GroupRow;
  // What it says may be older than our order to stop, and nobody comes back from there.
  const phase = row.phase === 'stopping' ? row.phase : news.phase;
  enqueue.assign({ groups: { ...context.groups, [groupId]: { ...row, ...news, phase } } });
  if (!news.registered || row.registered) return;
  const { taskArn } = row;
  if (taskArn !== null) enqueue({ type: 'noteRegistered', params: { groupId, taskArn } });
  enqueue.sendTo(parent, proved(context.cohortId, groupId, 'served', row.subnet));
});

/** What is due whatever ECS will answer. */
const pressOn = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.look') return;
  // Said again to those who were asking when it was said first.
  for (const label of unwanted(context)) enqueue.sendTo(label, { type: 'launch.abandon' });
  const tick = { type: 'launch.tick', now: event.at, allowed: event.launching } as const;
  for (const label of Object.keys(context.launches)) enqueue.sendTo(label, tick);
  const { lasting, ...present } = aged(context, event.at);
  for (const groupId of lasting)
    enqueue.sendTo(parent, proved(context.cohortId, groupId, 'lasted'));
  const { toGroups, ...books } = expired(present, event.at);
  enqueue.assign({ ...books, monitored: event.monitored, ending: event.ending });
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  enqueue(report);
});

const hear = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.heard') return;
  const { toGroups, ...books } = heard(context, event.loads, event.at);
  const monitored = event.loads !== null;
  enqueue.assign({ ...books, monitored, watched: context.watched || monitored });
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  enqueue(report);
});

/** Not being allowed to look is no reason to believe that stopped tasks run for ever. */
const presume = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { kind, reason } = noteOf((event as ErrorActorEvent).error);
  enqueue({ type: 'noteBlind', params: { kind, reason } });
  if (kind !== 'denied') return;
  const { lookedAt, patience, monitored, ending } = context;
  const blindStopMs = ending ? patience.blindEndMs : patience.blindStopMs;
  const step = presumed(context, lookedAt, { ...patience, blindStopMs }, monitored);
  const { toGroups, ...books } = step;
  enqueue.assign(books);
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  enqueue(report);
});

const compare = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const sightings = (event as DoneActorEvent<TaskSighting[]>).output;
  const { lookedAt, patience, monitored } = context;
  const { toGroups, ...books } = compared(context, sightings, lookedAt, patience, monitored);
  enqueue.assign(books);
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  enqueue(report);
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
          doubted: true,
        };
  const { cohortId } = context;
  const [groupId, ...others] = context.launches[end.label] ?? [];
  const alone = others.length === 0 ? groupId : undefined;
  const { toGroups, ...books }: Step = settled(context, end, context.lookedAt);
  enqueue.assign(books);
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  const { market } = end;
  for (const no of new Map(end.refusals.map((no) => [no.reason, no])).values()) {
    const { kind, reason, subnet } = no;
    enqueue({ type: 'noteRefusal', params: { label: end.label, kind, reason } });
    const subnets = subnet === undefined ? end.subnets : [subnet];
    const { doubted } = end;
    const setback = { cohortId, kind, reason, market, subnets, groupId: alone, doubted };
    enqueue.sendTo(parent, { type: 'cohort.setback', ...setback } satisfies CohortReport);
  }
  if (alone !== undefined)
    enqueue.sendTo(
      parent,
      end.groups.length > 0 ? proved(cohortId, alone, 'launched') : unproved(cohortId, alone),
    );
  enqueue.stopChild(actorId);
  enqueue(report);
});

const reap = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId, output: end } = event as DoneActorEvent<GroupEnd>;
  const { [actorId]: row, ...groups } = context.groups;
  const { cohortId } = context;
  enqueue.assign({ groups });
  enqueue({ type: 'noteEnded', params: end });
  if (row) for (const news of obituary(cohortId, row, end)) enqueue.sendTo(parent, news);
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
    ending: false,
  }),
  initial: 'resting',
  on: {
    'cohort.admit': { actions: admit },
    'cohort.adopt': { actions: adopt },
    'cohort.drain': { actions: drain },
    'cohort.release': { actions: release },
    'cohort.reprieve': { actions: reprieve },
    'cohort.heard': { actions: hear },
    'group.changed': { guard: 'tellsNews', actions: [hearGroup, report] },
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
          { guard: 'somethingToLookAt', target: 'looking', actions: ['noteTime', pressOn] },
          { actions: ['noteTime', pressOn] },
        ],
      },
    },
    looking: {
      // What is due is due, however long ECS takes to answer.
      on: { 'cohort.look': { actions: pressOn } },
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
