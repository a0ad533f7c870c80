import { assign, type DoneActorEvent, type ErrorActorEvent, setup } from 'xstate';
import {
  admitted,
  adopted,
  type Books,
  compared,
  countRows,
  drained,
  type LaunchPlan,
  type Patience,
  type Step,
  settled,
  unwanted,
} from './books.ts';
import { effect } from './effect.ts';
import type { FailureKind, OwnedGroup, TaskSighting } from './facts.ts';
import { noteOf } from './failure.ts';
import { type LaunchEnd, launch } from './launch.ts';
import { parent } from './parent.ts';
import type { Counts } from './plan.ts';
import { type GroupEnd, type GroupReport, workerGroup } from './workerGroup.ts';

export interface CohortContext extends Books {
  cohortId: string;
  patience: Patience;
  /** The last order of the manager that is in these books. */
  order: number;
  /** What the manager was last told, so that it hears of changes only. */
  told: string;
  lookedAt: number;
}

export type CohortReport =
  | { type: 'cohort.changed'; cohortId: string; order: number; counts: Counts; launches: number }
  /** Something that should slow down or stop launching. */
  | {
      type: 'cohort.setback';
      cohortId: string;
      kind: FailureKind | 'startFailed';
      reason: string;
    };

/** `order` numbers what the manager asks for, so that it can tell which reports include it. */
export type CohortOrder =
  | { type: 'cohort.admit'; order: number; launches: LaunchPlan[]; at: number }
  | { type: 'cohort.adopt'; order: number; groups: OwnedGroup[] }
  | { type: 'cohort.drain'; order: number; booting: number; serving: number; at: number }
  /** Look at ECS, and let launches in doubt ask again. */
  | { type: 'cohort.look'; at: number };

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
    noteBlind: (_, _trouble: { reason: string }) => {},
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
): CohortReport => ({ type: 'cohort.setback', cohortId, kind, reason });

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
  const { toGroups, ...books } = drained(context, event, event.at);
  enqueue.assign({ ...books, order: event.order });
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  for (const label of unwanted(books)) enqueue.sendTo(label, { type: 'launch.abandon' });
  enqueue(report);
});

const pressLaunches = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.look') return;
  for (const label of Object.keys(context.launches))
    enqueue.sendTo(label, { type: 'launch.tick', now: event.at });
  enqueue.assign({ lookedAt: event.at });
});

const compare = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const sightings = (event as DoneActorEvent<TaskSighting[]>).output;
  const { toGroups, ...books } = compared(context, sightings, context.lookedAt, context.patience);
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
        };
  const { toGroups, ...books }: Step = settled(context, end);
  enqueue.assign(books);
  for (const [groupId, news] of toGroups) enqueue.sendTo(groupId, news);
  for (const { kind, reason } of new Map(end.refusals.map((no) => [no.reason, no])).values()) {
    enqueue({ type: 'noteRefusal', params: { label: end.label, kind, reason } });
    enqueue.sendTo(parent, setback(context.cohortId, kind, reason));
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
  if (row.leaving) enqueue.sendTo(groupId, { type: 'group.drain' });
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
  }),
  initial: 'resting',
  on: {
    'cohort.admit': { actions: admit },
    'cohort.adopt': { actions: adopt },
    'cohort.drain': { actions: drain },
    'group.changed': {
      actions: [
        assign({
          groups: ({ context: { groups }, event: { groupId, phase, registered, leaving } }) => {
            const row = groups[groupId];
            return row ? { ...groups, [groupId]: { ...row, phase, registered, leaving } } : groups;
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
          { guard: 'somethingToLookAt', target: 'looking', actions: pressLaunches },
          { actions: pressLaunches },
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
        onError: {
          target: 'resting',
          actions: {
            type: 'noteBlind',
            params: ({ event }) => ({ reason: noteOf(event.error).reason }),
          },
        },
      },
    },
  },
});
