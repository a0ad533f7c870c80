import { assertEvent, type DoneActorEvent, type ErrorActorEvent } from 'xstate';
import type { LaunchEnd } from '../group/launch.ts';
import type { GroupEnd } from '../group/workerGroup.ts';
import { minimumUsd } from '../shared/bill.ts';
import type { TaskObservation } from '../shared/domain.ts';
import { noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';
import { endedUsdOf, isEndSeen, usdOf } from './billing.ts';
import { recordCanceling } from './canceling.ts';
import {
  apply,
  type CohortContext,
  cohortSetup,
  type Enqueue,
  isWorkCurrent,
  launchActor,
  minIdleOf,
  nameIn,
} from './cohortSetup.ts';
import { recordDegraded } from './degraded.ts';
import { recordListed } from './deniedTasks.ts';
import { stoppedAtPoll } from './drain.ts';
import { type GroupRecord, isToldToStop } from './groupRecords.ts';
import { recordAged } from './lifetime.ts';
import { recordLoads } from './loads.ts';
import { type CohortEvent, probeInconclusive, recovered } from './messages.ts';
import { observedByStop, reconcileObserved } from './observe.ts';
import { groupOutcome } from './outcome.ts';
import { withOverdue } from './overdue.ts';
import { withRecord } from './recount.ts';
import { recordServing } from './serving.ts';
import { settled } from './settleLaunch.ts';
import { recordStops } from './slowStops.ts';
import { assumeUnobserved } from './unobserved.ts';

function noteRegistration(
  { cohortId, groups }: Pick<CohortContext, 'cohortId' | 'groups'>,
  groupId: string,
  enqueue: Enqueue,
): void {
  const { taskArn, subnet, assumed } = groups[groupId] as GroupRecord;
  // For the journal it would be a fact, and no later run would doubt that the task has started.
  if (!assumed)
    enqueue({ type: 'noteRegistered', params: { groupId, taskArn: taskArn as string } });
  enqueue.sendTo(parent, recovered(cohortId, groupId, 'registered', subnet));
}

export const onGroupChanged = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'group.changed');
  const { type: _, groupId, ...change } = event;
  const record = context.groups[groupId] as GroupRecord;
  // The report may be older than our order to stop. Only the cohort takes a group back from there (`takenBack`,
  // `checkStop`), and then it has changed this record itself.
  const phase = isToldToStop(record) ? record.phase : change.phase;
  enqueue.assign(withRecord(context, groupId, { ...record, ...change, phase }));
  if (change.registered && !record.registered) noteRegistration(context, groupId, enqueue);
});

function tickEach(
  { launches }: CohortContext,
  now: number,
  allowed: boolean,
  enqueue: Enqueue,
): void {
  for (const label of Object.keys(launches))
    enqueue.sendTo(launchActor(label), { type: 'launch.tick', now, allowed });
}

/** Between two polls: a launch without an answer need not wait for the next one. */
export const tickLaunches = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.tick');
  tickEach(context, event.at, event.launching, enqueue);
});

/** What is due whatever ECS will answer. */
export const enforceDeadlines = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.poll');
  const { at, launching, ending, overdue = 0 } = event;
  tickEach(context, at, launching, enqueue);
  const { nowStable, ...present } = recordServing(context, at);
  for (const groupId of nowStable)
    enqueue.sendTo(parent, recovered(context.cohortId, groupId, 'stable'));
  const { workersPerTask, timeouts } = context;
  const { newlyDegraded, ...known } = recordDegraded(recordAged(present, at, timeouts), at, {
    ...timeouts,
    workersPerTask,
  });
  for (const degraded of newlyDegraded) enqueue({ type: 'noteDegraded', params: degraded });
  const { slowStops, ...watched } = recordStops(known, at);
  for (const slowStop of slowStops) enqueue({ type: 'noteSlowStop', params: slowStop });
  const due = overdue > 0 ? withOverdue(watched, overdue, at) : watched;
  apply(stoppedAtPoll(due, at, isWorkCurrent(context, at), minIdleOf(context)), enqueue);
  enqueue.assign({ ending });
});

export const onLoads = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.loads');
  const { nowRegistered, ...transition } = recordLoads(
    context,
    event.loads,
    event.at,
    minIdleOf(context),
  );
  // Before the events for the groups: their own reports of it change nothing more.
  for (const groupId of nowRegistered) noteRegistration(context, groupId, enqueue);
  apply(transition, enqueue);
  const silent = context.monitor === 'unknown' ? 'unknown' : 'lost';
  enqueue.assign({ monitor: event.loads === null ? silent : 'connected' });
});

export const onCanceling = cohortSetup.assign({
  groups: ({ context, event }) => {
    assertEvent(event, 'cohort.canceling');
    return recordCanceling(context.groups, event.canceling);
  },
});

/** DescribeTasks is denied: that is no reason to believe that stopped tasks run for ever. */
export const onDescribeDenied = cohortSetup.enqueueActions(({ context, enqueue }) => {
  const { lastPolledAt, timeouts, monitor, ending } = context;
  const unobservedStopMs = ending ? timeouts.unobservedExitMs : timeouts.unobservedStopMs;
  const given = { ...timeouts, unobservedStopMs };
  apply(assumeUnobserved(context, lastPolledAt, given, monitor === 'connected'), enqueue);
});

export const onListed = cohortSetup.assign({
  groups: ({ context, event }) => {
    assertEvent(event, 'cohort.listed');
    return recordListed(context.groups, event.taskArns, event.at);
  },
});

export const onDescribed = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { output } = event as DoneActorEvent<TaskObservation[]>;
  const { lastPolledAt: at, timeouts, monitor, describedAt, listedAt } = context;
  const isShown = monitor === 'connected';
  apply(reconcileObserved(context, output, at, timeouts, isShown, describedAt, listedAt), enqueue);
  enqueue.assign({ describedAt: at });
});

export const onStopAnswered = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'group.stopAnswered');
  const { groupId, observation } = event;
  const record = context.groups[groupId];
  if (observation === null || record === undefined) return;
  const at = lastTimeOf(context, record);
  apply(observedByStop(context, groupId, observation, at, context.timeouts), enqueue);
});

/** The time, when something happens to this group: before the first poll, its own beginning is all that is known of it. */
const lastTimeOf = ({ lastPolledAt }: CohortContext, { deadlinesFrom }: GroupRecord): number =>
  Math.max(lastPolledAt, deadlinesFrom);

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

export const onLaunchDone = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const end = launchEndOf(event as DoneActorEvent<LaunchEnd> | ErrorActorEvent);
  const { cohortId, prices, endedGapUsd } = context;
  const { label, market, outcomeUnknown } = end;
  const waiting = context.launches[label] ?? [];
  const [groupId, ...others] = waiting;
  const alone = others.length === 0 ? groupId : undefined;
  // Tasks of it that are in no answer and no list may have run: they cost the minimum at least.
  const known = end.groups.length + end.refusals.length;
  const unseen = end.withdrawn ? 0 : Math.max(0, waiting.length - known);
  if (outcomeUnknown || unseen > 0) enqueue.assign({ isLowerBound: true });
  if (!outcomeUnknown && prices !== undefined)
    enqueue.assign({ endedGapUsd: endedGapUsd + unseen * minimumUsd(prices, market) });
  // A launch that is given up names no task.
  const mayHaveStarted = outcomeUnknown ? waiting.length : undefined;
  apply(settled(context, end, context.lastPolledAt), enqueue);
  for (const refusal of new Map(end.refusals.map((each) => [each.reason, each])).values()) {
    const { kind, reason, subnet } = refusal;
    enqueue({ type: 'noteRefusal', params: { label, kind, reason } });
    const subnets = subnet === undefined ? end.subnets : [subnet];
    const failure = { cohortId, kind, reason, market, subnets, groupId: alone, mayHaveStarted };
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

export const onGroupDone = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId, output: end } = event as DoneActorEvent<GroupEnd>;
  const groupId = nameIn(actorId);
  const record = context.groups[groupId] as GroupRecord;
  enqueue.stopChild(actorId);
  enqueue.assign(withRecord(context, groupId, null));
  const { createdAt, runningAt, servingSince: registeredAt } = record;
  const { prices, describedAt } = context;
  const at = lastTimeOf(context, record);
  const usd = endedUsdOf(record, prices, { at, describedAt });
  const most = usdOf(record, prices, at);
  enqueue.assign({
    endedUsd: context.endedUsd + (usd ?? 0),
    endedGapUsd: context.endedGapUsd + Math.max(0, (most ?? 0) - (usd ?? 0)),
    isLowerBound: context.isLowerBound || !isEndSeen(record),
  });
  enqueue({ type: 'noteEnded', params: { ...end, createdAt, runningAt, registeredAt, usd } });
  for (const outcome of groupOutcome(context.cohortId, record, end, at))
    enqueue.sendTo(parent, outcome);
});

/** One bug must not take its siblings along: the record suffices to start the actor again. */
export const restartGroup = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  const { actorId } = event as ErrorActorEvent;
  const groupId = nameIn(actorId);
  const record = context.groups[groupId] as GroupRecord;
  const { taskArn, registered, drainRequested, drainDeadline, observeUntil } = record;
  enqueue.stopChild(actorId);
  enqueue.spawnChild('workerGroup', { id: actorId, input: { groupId, registered } });
  const waits = drainDeadline !== null || observeUntil !== null;
  // One whose stop is held back stops too: when its turn comes, it is held back again.
  if (drainRequested) enqueue.sendTo(actorId, { type: waits ? 'group.drain' : 'group.stop' });
  if (taskArn !== null) enqueue.sendTo(actorId, { type: 'group.launched', taskArn });
});
