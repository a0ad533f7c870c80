import { assign, type DoneActorEvent, type ErrorActorEvent, setup } from 'xstate';
import { type LaunchEnd, launch } from '../group/launch.ts';
import { type GroupEnd, type GroupReport, workerGroup } from '../group/workerGroup.ts';
import type { FailureKind, TaskObservation } from '../shared/domain.ts';
import { effect } from '../shared/effect.ts';
import { noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';
import {
  admitted,
  adopted,
  type CohortRecords,
  countRecords,
  drained,
  expired,
  type GroupRecord,
  recordLoads,
  recordServing,
  released,
  settled,
  type Timeouts,
  type Transition,
  undrained,
  unwantedLaunches,
} from './groupRecords.ts';
import { type CohortCommand, type CohortEvent, probeWithoutResult, recovered } from './messages.ts';
import { assumeUnobserved, reconcileObserved } from './observe.ts';
import { groupOutcome } from './outcome.ts';

export interface CohortContext extends CohortRecords {
  cohortId: string;
  timeouts: Timeouts;
  /** The last order of the manager that is in these books. */
  observedGeneration: number;
  /** What the manager was last told, so that it hears of changes only. */
  lastReport: string;
  lastPolledAt: number;
  /** The monitor stream tells who serves; and it did so once. */
  monitorConnected: boolean;
  monitorEverConnected: boolean;
  /** Everything is to end. */
  ending: boolean;
}

type Event = CohortCommand | GroupReport | DoneActorEvent<unknown> | ErrorActorEvent;

const cohortSetup = setup({
  types: {} as {
    input: { cohortId: string; timeouts: Timeouts; monitorEverConnected: boolean };
    context: CohortContext;
    events: Event;
  },
  actors: {
    workerGroup,
    launch,
    describeTasks: effect<TaskObservation[], { taskArns: string[] }>('describeTasks'),
  },
  guards: {
    ofLaunch: ({ context, event }) => 'actorId' in event && event.actorId in context.launches,
    ofGroup: ({ context, event }) => 'actorId' in event && event.actorId in context.groups,
    /** What the books say already is not worth copying and counting a hundred rows. */
    changesRecord: ({ context, event }) => {
      if (event.type !== 'group.changed') return false;
      const record = context.groups[event.groupId];
      return (
        record !== undefined &&
        (record.phase !== event.phase ||
          record.registered !== event.registered ||
          record.drainRequested !== event.drainRequested ||
          record.stopAccepted !== event.stopAccepted)
      );
    },
    hasTasks: ({ context }) =>
      Object.values(context.groups).some(({ taskArn }) => taskArn !== null),
  },
  actions: {
    recordPollTime: assign({
      lastPolledAt: ({ context, event }) =>
        event.type === 'cohort.poll' ? event.at : context.lastPolledAt,
    }),
    /** A group is over: the ledger and the log want to know. */
    noteEnded: (_, _end: GroupEnd) => {},
    noteRefusal: (_, _refusal: { label: string; kind: FailureKind; reason: string }) => {},
    /** An actor died of an exception: a bug. */
    noteCrash: (_, _crash: { actorId: string; error: unknown }) => {},
    noteDescribeFailed: (_, _trouble: { kind: FailureKind; reason: string }) => {},
  },
});

/** Tells the manager, if the counts came out differently. */
const report = cohortSetup.enqueueActions(({ context, enqueue }) => {
  const { cohortId, observedGeneration: generation } = context;
  const counts = countRecords(context.groups);
  const launches = Object.keys(context.launches).length;
  const lastReport = JSON.stringify([generation, counts, launches]);
  if (lastReport === context.lastReport) return;
  enqueue.assign({ lastReport });
  const changed: CohortEvent = { type: 'cohort.changed', cohortId, generation, counts, launches };
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
  enqueue.assign({
    ...admitted(context, launches, event.at),
    observedGeneration: event.generation,
  });
  enqueue(report);
});

const adopt = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.adopt') return;
  const owned = event.groups.filter(({ groupId }) => !(groupId in context.groups));
  for (const { groupId } of owned)
    enqueue.spawnChild('workerGroup', { id: groupId, input: { groupId } });
  const { outbox, ...records } = adopted(context, owned);
  enqueue.assign({ ...records, observedGeneration: event.generation });
  for (const [groupId, event] of outbox) enqueue.sendTo(groupId, event);
  enqueue(report);
});

const drain = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.drain') return;
  const { outbox, ...records } = drained(context, event, {
    ...event,
    monitorEverConnected: context.monitorEverConnected,
  });
  enqueue.assign({ ...records, observedGeneration: event.generation });
  for (const [groupId, event] of outbox) enqueue.sendTo(groupId, event);
  for (const label of unwantedLaunches(records)) enqueue.sendTo(label, { type: 'launch.abandon' });
  enqueue(report);
});

const release = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.release') return;
  const { outbox, ...records } = released(context, event.taskIds, event.at);
  enqueue.assign({ ...records, observedGeneration: event.generation });
  for (const [groupId, event] of outbox) enqueue.sendTo(groupId, event);
  enqueue(report);
});

const cancelDrain = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.cancelDrain') return;
  const { outbox, ...records } = undrained(context, event.most);
  enqueue.assign({ ...records, observedGeneration: event.generation });
  for (const [groupId, event] of outbox) enqueue.sendTo(groupId, event);
  enqueue(report);
});

const onGroupChanged = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'group.changed') return;
  const { type: _, groupId, ...change } = event;
  const record = context.groups[groupId] as GroupRecord;
  // What it says may be older than our order to stop, and nobody comes back from there.
  const phase = record.phase === 'stopping' ? record.phase : change.phase;
  enqueue.assign({ groups: { ...context.groups, [groupId]: { ...record, ...change, phase } } });
  if (change.registered && !record.registered)
    enqueue.sendTo(parent, recovered(context.cohortId, groupId, 'registered', record.subnet));
});

/** What is due whatever ECS will answer. */
const enforceDeadlines = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.poll') return;
  // Said again to those who were asking when it was said first.
  for (const label of unwantedLaunches(context)) enqueue.sendTo(label, { type: 'launch.abandon' });
  const tick = { type: 'launch.tick', now: event.at, allowed: event.launching } as const;
  for (const label of Object.keys(context.launches)) enqueue.sendTo(label, tick);
  const { nowStable, ...present } = recordServing(context, event.at);
  for (const groupId of nowStable)
    enqueue.sendTo(parent, recovered(context.cohortId, groupId, 'stable'));
  const { outbox, ...records } = expired(present, event.at);
  enqueue.assign({ ...records, monitorConnected: event.monitorConnected, ending: event.ending });
  for (const [groupId, event] of outbox) enqueue.sendTo(groupId, event);
  enqueue(report);
});

const onMonitorChanged = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.loads') return;
  const { outbox, ...records } = recordLoads(context, event.loads, event.at);
  const monitorConnected = event.loads !== null;
  enqueue.assign({
    ...records,
    monitorConnected,
    monitorEverConnected: context.monitorEverConnected || monitorConnected,
  });
  for (const [groupId, event] of outbox) enqueue.sendTo(groupId, event);
  enqueue(report);
});

/** Not being allowed to look is no reason to believe that stopped tasks run for ever. */
const onDescribeFailed = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { kind, reason } = noteOf((event as ErrorActorEvent).error);
  enqueue({ type: 'noteDescribeFailed', params: { kind, reason } });
  if (kind !== 'denied') return;
  const { lastPolledAt, timeouts, monitorConnected, ending } = context;
  const unobservedStopMs = ending ? timeouts.unobservedExitMs : timeouts.unobservedStopMs;
  const step = assumeUnobserved(
    context,
    lastPolledAt,
    { ...timeouts, unobservedStopMs },
    monitorConnected,
  );
  const { outbox, ...records } = step;
  enqueue.assign(records);
  for (const [groupId, event] of outbox) enqueue.sendTo(groupId, event);
  enqueue(report);
});

const onDescribed = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const observations = (event as DoneActorEvent<TaskObservation[]>).output;
  const { lastPolledAt, timeouts, monitorConnected } = context;
  const { outbox, ...records } = reconcileObserved(
    context,
    observations,
    lastPolledAt,
    timeouts,
    monitorConnected,
  );
  enqueue.assign(records);
  for (const [groupId, event] of outbox) enqueue.sendTo(groupId, event);
  enqueue(report);
});

const onLaunchDone = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId } = event as DoneActorEvent<unknown>;
  const end: LaunchEnd =
    'output' in event
      ? (event as DoneActorEvent<LaunchEnd>).output
      : {
          label: actorId,
          groups: [],
          refusals: [{ kind: 'bug', reason: noteOf((event as ErrorActorEvent).error).reason }],
          market: 'onDemand',
          outcomeUnknown: true,
        };
  const { cohortId } = context;
  const [groupId, ...others] = context.launches[end.label] ?? [];
  const alone = others.length === 0 ? groupId : undefined;
  const { outbox, ...records }: Transition = settled(context, end, context.lastPolledAt);
  enqueue.assign(records);
  for (const [groupId, event] of outbox) enqueue.sendTo(groupId, event);
  const { market } = end;
  for (const no of new Map(end.refusals.map((no) => [no.reason, no])).values()) {
    const { kind, reason, subnet } = no;
    enqueue({ type: 'noteRefusal', params: { label: end.label, kind, reason } });
    const subnets = subnet === undefined ? end.subnets : [subnet];
    const { outcomeUnknown } = end;
    const failure = { cohortId, kind, reason, market, subnets, groupId: alone, outcomeUnknown };
    enqueue.sendTo(parent, { type: 'cohort.launchFailed', ...failure } satisfies CohortEvent);
  }
  if (alone !== undefined)
    enqueue.sendTo(
      parent,
      end.groups.length > 0
        ? recovered(cohortId, alone, 'launched')
        : probeWithoutResult(cohortId, alone),
    );
  enqueue.stopChild(actorId);
  enqueue(report);
});

const onGroupDone = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId, output: end } = event as DoneActorEvent<GroupEnd>;
  const { [actorId]: record, ...groups } = context.groups;
  const { cohortId } = context;
  enqueue.assign({ groups });
  enqueue({ type: 'noteEnded', params: end });
  if (record)
    for (const event of groupOutcome(cohortId, record, end)) enqueue.sendTo(parent, event);
  enqueue.stopChild(actorId);
  enqueue(report);
});

/** One bug must not take its siblings along: the books know enough to put the actor back. */
const restartGroup = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId: groupId } = event as ErrorActorEvent;
  const record = context.groups[groupId];
  if (!record) return;
  enqueue.stopChild(groupId);
  enqueue.spawnChild('workerGroup', { id: groupId, input: { groupId } });
  if (record.drainRequested && record.drainDeadline === null)
    enqueue.sendTo(groupId, { type: 'group.stop' });
  if (record.taskArn !== null)
    enqueue.sendTo(groupId, { type: 'group.launched', taskArn: record.taskArn });
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
    observedGeneration: 0,
    lastReport: '',
    lastPolledAt: 0,
    monitorConnected: false,
    ending: false,
  }),
  initial: 'idle',
  on: {
    'cohort.admit': { actions: admit },
    'cohort.adopt': { actions: adopt },
    'cohort.drain': { actions: drain },
    'cohort.release': { actions: release },
    'cohort.cancelDrain': { actions: cancelDrain },
    'cohort.loads': { actions: onMonitorChanged },
    'group.changed': { guard: 'changesRecord', actions: [onGroupChanged, report] },
    'xstate.done.actor.*': [
      { guard: 'ofLaunch', actions: onLaunchDone },
      { guard: 'ofGroup', actions: onGroupDone },
    ],
    'xstate.error.actor.*': [
      { guard: 'ofLaunch', actions: [crashed, onLaunchDone] },
      { guard: 'ofGroup', actions: [crashed, restartGroup] },
    ],
  },
  states: {
    idle: {
      on: {
        'cohort.poll': [
          {
            guard: 'hasTasks',
            target: 'describing',
            actions: ['recordPollTime', enforceDeadlines],
          },
          { actions: ['recordPollTime', enforceDeadlines] },
        ],
      },
    },
    describing: {
      // What is due is due, however long ECS takes to answer.
      on: { 'cohort.poll': { actions: enforceDeadlines } },
      invoke: {
        id: 'describeTasks',
        src: 'describeTasks',
        input: ({ context }) => ({
          taskArns: Object.values(context.groups).flatMap(({ taskArn }) => taskArn ?? []),
        }),
        onDone: { target: 'idle', actions: onDescribed },
        onError: { target: 'idle', actions: onDescribeFailed },
      },
    },
  },
});
