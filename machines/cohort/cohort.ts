import { assertEvent, assign, type DoneActorEvent, type ErrorActorEvent, setup } from 'xstate';
import { type Counts, noCounts, serving } from '../fleet/plan.ts';
import { type LaunchEnd, launch } from '../group/launch.ts';
import { type GroupEnd, type GroupReport, workerGroup } from '../group/workerGroup.ts';
import type { FailureKind, TaskObservation } from '../shared/domain.ts';
import { effect } from '../shared/effect.ts';
import { type FailureNote, noteOf } from '../shared/failure.ts';
import { taskIdOf } from '../shared/ids.ts';
import { parent } from '../shared/parent.ts';
import {
  admitted,
  adopted,
  type CohortRecords,
  countRecords,
  expired,
  type GroupRecord,
  leavesForGood,
  type Outbox,
  recordLoads,
  recordServing,
  type Timeouts,
  type Transition,
} from './groupRecords.ts';
import { type CohortCommand, type CohortEvent, probeInconclusive, recovered } from './messages.ts';
import { assumeUnobserved, reconcileObserved } from './observe.ts';
import { groupOutcome } from './outcome.ts';
import { drained, evicted, released, undrained } from './scaleDown.ts';
import { settled, unwantedLaunches } from './settleLaunch.ts';

export interface CohortContext extends CohortRecords {
  cohortId: string;
  timeouts: Timeouts;
  /** The last command of the fleet manager that is in these records. */
  observedGeneration: number;
  /** The last report, so that the fleet manager gets changes only. */
  lastReport: { generation: number; counts: Counts; launches: number };
  lastPolledAt: number;
  /** The monitor stream shows which groups serve; and it did so once. */
  monitorConnected: boolean;
  monitorEverConnected: boolean;
  /** Everything is to end. */
  ending: boolean;
}

/** The end of a group, with the times that are known of its task; milliseconds since the epoch. */
export interface GroupEnded extends GroupEnd {
  createdAt: number | null;
  runningAt: number | null;
  registeredAt: number | null;
}

type Event = CohortCommand | GroupReport | DoneActorEvent<unknown> | ErrorActorEvent;

const groupActor = (groupId: string): string => `group.${groupId}`;
const launchActor = (label: string): string => `launch.${label}`;
/** `group.e-1-0` is the actor of the group e-1-0. */
const nameIn = (actorId: string): string => actorId.slice(actorId.indexOf('.') + 1);

const kept = (counts: Counts): number => counts.pending + serving(counts);

const sameCounts = (a: Counts, b: Counts): boolean =>
  (Object.keys(noCounts) as (keyof Counts)[]).every((key) => a[key] === b[key]);

const baseSetup = setup({
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
    /** A report of what the record holds already is not worth copying and counting a hundred records. */
    changesRecord: ({ context, event }) => {
      assertEvent(event, 'group.changed');
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
    denied: (_, { kind }: FailureNote) => kind === 'denied',
  },
  actions: {
    recordPollTime: assign({
      lastPolledAt: ({ event }) => {
        assertEvent(event, 'cohort.poll');
        return event.at;
      },
    }),
    /** A group has ended: the ledger and the log record it. */
    noteEnded: (_, _end: GroupEnded) => {},
    /** The workers of a group have come to count as known to the scheduler. */
    noteRegistered: (_, _claim: { groupId: string; taskArn: string }) => {},
    noteRefusal: (_, _refusal: { label: string; kind: FailureKind; reason: string }) => {},
    /** An actor died of an exception: a bug. */
    noteCrash: (_, _crash: { actorId: string; error: unknown }) => {},
    noteDescribeFailed: (_, _failure: { kind: FailureKind; reason: string }) => {},
  },
});

type Enqueue = Parameters<Parameters<typeof baseSetup.enqueueActions>[0]>[0]['enqueue'];

const sendToGroups = (outbox: Outbox, enqueue: Enqueue): void => {
  for (const [groupId, event] of outbox) enqueue.sendTo(groupActor(groupId), event);
};

/** Takes over the records of a transition and sends its events. */
const apply = ({ outbox, ...records }: Transition, enqueue: Enqueue): void => {
  enqueue.assign(records);
  sendToGroups(outbox, enqueue);
};

/** Reports to the fleet manager, if the counts came out differently. */
const report = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  const { cohortId, observedGeneration: generation, lastReport } = context;
  const counts = countRecords(context.groups);
  const launches = Object.keys(context.launches).length;
  if (
    lastReport.generation === generation &&
    lastReport.launches === launches &&
    sameCounts(lastReport.counts, counts)
  )
    return;
  enqueue.assign({ lastReport: { generation, counts, launches } });
  const ordered = /^cohort\.(admit|adopt|drain|evict|cancelDrain)$/.test(event.type);
  const ended = ordered ? 0 : Math.max(0, kept(lastReport.counts) - kept(counts));
  enqueue.sendTo(parent, {
    type: 'cohort.changed',
    ...{ cohortId, generation, counts, launches, ended },
  } satisfies CohortEvent);
});

const reportTasks = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  const { output } = event as DoneActorEvent<Partial<LaunchEnd & GroupEnd> | undefined>;
  // A launch or a group without a task changes nothing.
  if (output?.groups?.length === 0 || output?.taskArn === null) return;
  const taskIds = Object.values(context.groups).flatMap(({ taskArn }) =>
    taskArn === null ? [] : [taskIdOf(taskArn)],
  );
  const { cohortId } = context;
  enqueue.sendTo(parent, { type: 'cohort.tasksChanged', cohortId, taskIds } satisfies CohortEvent);
});

const admit = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.admit');
  const launches = event.launches.filter(({ order }) => !(order.label in context.launches));
  for (const plan of launches) {
    for (const groupId of plan.groupIds)
      enqueue.spawnChild('workerGroup', { id: groupActor(groupId), input: { groupId } });
    enqueue.spawnChild('launch', { id: launchActor(plan.order.label), input: plan });
  }
  enqueue.assign({
    ...admitted(context, launches, event.at),
    observedGeneration: event.generation,
  });
});

const adopt = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.adopt');
  const owned = event.groups.filter(({ groupId }) => !(groupId in context.groups));
  for (const { groupId } of owned)
    enqueue.spawnChild('workerGroup', { id: groupActor(groupId), input: { groupId } });
  apply(adopted(context, owned), enqueue);
  enqueue.assign({ observedGeneration: event.generation });
});

const abandonLaunches = baseSetup.enqueueActions(({ context, enqueue }) => {
  for (const label of unwantedLaunches(context))
    enqueue.sendTo(launchActor(label), { type: 'launch.abandon' });
});

const drain = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.drain');
  const { monitorEverConnected } = context;
  apply(drained(context, event, { ...event, monitorEverConnected }), enqueue);
  enqueue.assign({ observedGeneration: event.generation });
});

const evict = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.evict');
  const { monitorEverConnected } = context;
  apply(evicted(context, event.groupIds, { ...event, monitorEverConnected }), enqueue);
  enqueue.assign({ observedGeneration: event.generation });
});

const release = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.release');
  apply(released(context, event.taskIds, event.at), enqueue);
  enqueue.assign({ observedGeneration: event.generation });
});

const cancelDrain = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.cancelDrain');
  apply(undrained(context, event.most), enqueue);
  enqueue.assign({ observedGeneration: event.generation });
});

const onGroupChanged = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'group.changed');
  const { type: _, groupId, ...change } = event;
  const record = context.groups[groupId] as GroupRecord;
  // The report may be older than our order to stop, and no group comes back from there.
  const phase = leavesForGood(record) ? record.phase : change.phase;
  enqueue.assign({ groups: { ...context.groups, [groupId]: { ...record, ...change, phase } } });
  if (!change.registered || record.registered) return;
  const { taskArn, subnet } = record;
  if (taskArn !== null) enqueue({ type: 'noteRegistered', params: { groupId, taskArn } });
  enqueue.sendTo(parent, recovered(context.cohortId, groupId, 'registered', subnet));
});

/** What is due whatever ECS will answer. Launches that nobody wants are abandoned again: some were requesting when it was said first. */
const enforceDeadlines = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.poll');
  const { at, launching, monitorConnected, ending } = event;
  const tick = { type: 'launch.tick', now: at, allowed: launching } as const;
  for (const label of Object.keys(context.launches)) enqueue.sendTo(launchActor(label), tick);
  const { nowStable, ...present } = recordServing(context, at);
  for (const groupId of nowStable)
    enqueue.sendTo(parent, recovered(context.cohortId, groupId, 'stable'));
  apply(expired(present, at), enqueue);
  enqueue.assign({ monitorConnected, ending });
});

const onLoads = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.loads');
  apply(recordLoads(context, event.loads, event.at), enqueue);
  const monitorConnected = event.loads !== null;
  const monitorEverConnected = context.monitorEverConnected || monitorConnected;
  enqueue.assign({ monitorConnected, monitorEverConnected });
});

/** DescribeTasks is denied: that is no reason to believe that stopped tasks run for ever. */
const onDescribeDenied = baseSetup.enqueueActions(({ context, enqueue }) => {
  const { lastPolledAt, timeouts, monitorConnected, ending } = context;
  const unobservedStopMs = ending ? timeouts.unobservedExitMs : timeouts.unobservedStopMs;
  const given = { ...timeouts, unobservedStopMs };
  apply(assumeUnobserved(context, lastPolledAt, given, monitorConnected), enqueue);
});

const onDescribed = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  const { output } = event as DoneActorEvent<TaskObservation[]>;
  const { lastPolledAt, timeouts, monitorConnected } = context;
  apply(reconcileObserved(context, output, lastPolledAt, timeouts, monitorConnected), enqueue);
});

/** An actor that died of a bug leaves an unknown outcome. */
function launchEndOf(event: DoneActorEvent<LaunchEnd> | ErrorActorEvent): LaunchEnd {
  if ('output' in event) return event.output;
  return {
    label: nameIn(event.actorId),
    groups: [],
    refusals: [{ kind: 'bug', reason: noteOf(event.error).reason }],
    market: 'onDemand',
    outcomeUnknown: true,
  };
}

const onLaunchDone = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  const end = launchEndOf(event as DoneActorEvent<LaunchEnd> | ErrorActorEvent);
  const { cohortId } = context;
  const { label, market, outcomeUnknown } = end;
  const [groupId, ...others] = context.launches[label] ?? [];
  const alone = others.length === 0 ? groupId : undefined;
  apply(settled(context, end, context.lastPolledAt), enqueue);
  for (const refusal of new Map(end.refusals.map((each) => [each.reason, each])).values()) {
    const { kind, reason, subnet } = refusal;
    enqueue({ type: 'noteRefusal', params: { label, kind, reason } });
    const subnets = subnet === undefined ? end.subnets : [subnet];
    const failure = { cohortId, kind, reason, market, subnets, groupId: alone, outcomeUnknown };
    enqueue.sendTo(parent, { type: 'cohort.launchFailed', ...failure } satisfies CohortEvent);
  }
  if (alone !== undefined)
    enqueue.sendTo(
      parent,
      end.groups.length > 0
        ? recovered(cohortId, alone, 'launched')
        : probeInconclusive(cohortId, alone),
    );
  enqueue.stopChild((event as DoneActorEvent).actorId);
});

const onGroupDone = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId, output: end } = event as DoneActorEvent<GroupEnd>;
  const { [nameIn(actorId)]: record, ...groups } = context.groups;
  enqueue.stopChild(actorId);
  if (!record) return;
  enqueue.assign({ groups });
  const { createdAt, runningAt, servingSince: registeredAt } = record;
  enqueue({ type: 'noteEnded', params: { ...end, createdAt, runningAt, registeredAt } });
  for (const outcome of groupOutcome(context.cohortId, record, end, context.lastPolledAt))
    enqueue.sendTo(parent, outcome);
});

/** One bug must not take its siblings along: the record suffices to start the actor again. */
const restartGroup = baseSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId } = event as ErrorActorEvent;
  const groupId = nameIn(actorId);
  const record = context.groups[groupId];
  enqueue.stopChild(actorId);
  if (!record) return;
  enqueue.spawnChild('workerGroup', { id: actorId, input: { groupId } });
  const held = record.phase === 'held';
  if (record.drainRequested && record.drainDeadline === null && !held)
    enqueue.sendTo(actorId, { type: 'group.stop' });
  if (record.taskArn !== null)
    enqueue.sendTo(actorId, { type: 'group.launched', taskArn: record.taskArn });
  if (held) enqueue.sendTo(actorId, { type: 'group.hold' });
});

const crash = ({ event }: { event: Event }) => {
  const { actorId, error } = event as ErrorActorEvent;
  return { actorId, error };
};

const failure = ({ event }: { event: { error: unknown } }): FailureNote => noteOf(event.error);
const reason = ({ event }: { event: { error: unknown } }) => {
  const { kind, reason } = noteOf(event.error);
  return { kind, reason };
};

export const cohort = baseSetup
  .extend({
    actions: {
      ...{ report, reportTasks, admit, adopt, abandonLaunches, drain, evict, release, cancelDrain },
      ...{ onGroupChanged, enforceDeadlines, onLoads, onDescribed, onDescribeDenied },
      ...{ onLaunchDone, onGroupDone, restartGroup },
    },
  })
  .createMachine({
    id: 'cohort',
    description:
      'Up to a hundred groups and the launches they wait for: one page of DescribeTasks. It keeps a record of each group, sends each group only what changed, and reports counts to the fleet manager.',
    context: ({ input }) => ({
      ...input,
      groups: {},
      launches: {},
      observedGeneration: 0,
      lastReport: { generation: 0, counts: noCounts, launches: 0 },
      lastPolledAt: 0,
      monitorConnected: false,
      ending: false,
    }),
    initial: 'idle',
    on: {
      'cohort.admit': { actions: ['admit', 'report'] },
      'cohort.adopt': { actions: ['adopt', 'reportTasks', 'report'] },
      'cohort.drain': { actions: ['drain', 'abandonLaunches', 'report'] },
      'cohort.evict': { actions: ['evict', 'abandonLaunches', 'report'] },
      'cohort.release': { actions: ['release', 'report'] },
      'cohort.cancelDrain': { actions: ['cancelDrain', 'report'] },
      'cohort.loads': { actions: ['onLoads', 'report'] },
      'group.changed': { guard: 'changesRecord', actions: ['onGroupChanged', 'report'] },
      'xstate.done.actor.launch.*': { actions: ['onLaunchDone', 'reportTasks', 'report'] },
      'xstate.error.actor.launch.*': {
        actions: [{ type: 'noteCrash', params: crash }, 'onLaunchDone', 'report'],
      },
      'xstate.done.actor.group.*': { actions: ['onGroupDone', 'reportTasks', 'report'] },
      'xstate.error.actor.group.*': {
        actions: [{ type: 'noteCrash', params: crash }, 'restartGroup'],
      },
    },
    states: {
      idle: {
        description: 'Waits for its turn to ask ECS.',
        on: {
          'cohort.poll': [
            {
              guard: 'hasTasks',
              target: 'describing',
              actions: ['recordPollTime', 'abandonLaunches', 'enforceDeadlines', 'report'],
            },
            { actions: ['recordPollTime', 'abandonLaunches', 'enforceDeadlines', 'report'] },
          ],
        },
      },
      describing: {
        description: 'DescribeTasks is on its way. Deadlines are enforced while it is pending.',
        on: { 'cohort.poll': { actions: ['abandonLaunches', 'enforceDeadlines', 'report'] } },
        invoke: {
          id: 'describeTasks',
          src: 'describeTasks',
          input: ({ context }) => ({
            taskArns: Object.values(context.groups).flatMap(({ taskArn }) => taskArn ?? []),
          }),
          onDone: { target: 'idle', actions: ['onDescribed', 'report'] },
          onError: [
            {
              guard: { type: 'denied', params: failure },
              target: 'idle',
              actions: [
                { type: 'noteDescribeFailed', params: reason },
                'onDescribeDenied',
                'report',
              ],
            },
            { target: 'idle', actions: { type: 'noteDescribeFailed', params: reason } },
          ],
        },
      },
    },
  });
