import { assertEvent } from 'xstate';
import type { CohortCommand } from '../cohort/messages.ts';
import { parent } from '../shared/parent.ts';
import { probeEarly } from './circuitBreaker.ts';
import { withStatuses } from './cohortTotals.ts';
import { dueForPoll } from './duePolls.ts';
import { nextExcess, overdueGroups } from './excess.ts';
import { fleetSetup, modesIn } from './fleetSetup.ts';
import { mayBeSent } from './launchGate.ts';
import { withoutCohort } from './money.ts';
import { total } from './plan.ts';
import { listDenied, quietSinceAt } from './state.ts';
import { byCohort, withTasksChanged } from './taskIndex.ts';
import { updateBreakers } from './updateBreakers.ts';
import { sendLoadsOfTurn, sendWaitingLoads, withShown } from './waitingLoads.ts';

/** What the tick itself changes: the time, and what Fargate allows. */
export const advanceClock = fleetSetup.assign(({ context, event }) => {
  assertEvent(event, 'tick');
  const { settings, now: before, allowance, fullUntil } = context;
  const { now } = event;
  const earned =
    (Math.max(0, now - Math.max(before, fullUntil)) / 1000) * settings.launchesPerSecond;
  return {
    now,
    decisionStale: false,
    quietSince: quietSinceAt(context, now),
    ...nextExcess(context, now),
    allowance: Math.min(settings.launchBurst, allowance + earned),
  };
});

/**
 * Tells the cohorts that are due to ask ECS: paced, so that the fleet's size does not set the rate. Loads that wait come
 * first: what ECS answers is judged by them.
 */
export const pollCohorts = fleetSetup.enqueueActions(({ context, event, enqueue, check }) => {
  assertEvent(event, 'tick');
  const { now: at } = event;
  const modes = modesIn(check);
  const due = dueForPoll(context, modes, at);
  const polled = new Set(due.map(([cohortId]) => cohortId));
  const waiting = Object.entries(context.cohorts).filter(
    ([cohortId, { launches }]) => launches > 0 && !polled.has(cohortId),
  );
  const launching = mayBeSent({ ...context, now: at }, modes);
  for (const [cohortId] of waiting)
    enqueue.sendTo(cohortId, { type: 'cohort.tick', at, launching } satisfies CohortCommand);
  if (due.length === 0) return;
  const poll: CohortCommand = {
    ...{ type: 'cohort.poll', at, launching },
    ending: modes.lifecycle === 'stopping',
    listedAt: listDenied(context) ? null : (context.inventoryAt ?? 0),
  };
  sendWaitingLoads(context, [...polled], enqueue);
  let left = overdueGroups({ ...context, now: at });
  for (const [cohortId, { counts }] of due) {
    const overdue = Math.min(left, counts.drainPending + counts.waiting);
    left -= overdue;
    enqueue.sendTo(cohortId, { ...poll, ...(overdue > 0 && { overdue }) });
  }
  const polledNow = due.map(([cohortId, status]) => [cohortId, { ...status, lastPolledAt: at }]);
  enqueue.assign(withStatuses(context, Object.fromEntries(polledNow)));
});

/** Each cohort gets the loads of its own tasks, a few cohorts per turn; all of them learn that nothing is shown any more. */
export const passOnLoads = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'monitor.loads');
  const { loads } = event;
  if (loads !== null) {
    const waitingLoads = withShown(context, loads);
    enqueue.assign({ waitingLoads });
    sendLoadsOfTurn({ ...context, waitingLoads }, enqueue);
    return;
  }
  enqueue.assign({ waitingLoads: {} });
  for (const cohortId of Object.keys(context.cohorts))
    enqueue.sendTo(cohortId, {
      ...{ type: 'cohort.loads', at: context.now, loads },
    } satisfies CohortCommand);
});

/** The event loop has turned: the next cohorts get their loads. */
export const passOnNextLoads = fleetSetup.enqueueActions(({ context, enqueue }) => {
  sendLoadsOfTurn(context, enqueue);
});

/** Each cohort gets the cancellations of its own tasks, after the loads that were shown before. */
export const passOnCanceling = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'monitor.canceling');
  const cancelings = [...byCohort(context.taskIndex, event.canceling)].filter(
    // A cohort may have ended meanwhile.
    ([cohortId]) => cohortId in context.cohorts,
  );
  sendWaitingLoads(
    context,
    cancelings.map(([cohortId]) => cohortId),
    enqueue,
  );
  for (const [cohortId, canceling] of cancelings)
    enqueue.sendTo(cohortId, { type: 'cohort.canceling', canceling } satisfies CohortCommand);
});

/** The stream has connected: cohorts learn it though none of their tasks is shown yet. */
export const announceMonitor = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const { now: at } = context;
  for (const cohortId of Object.keys(context.cohorts))
    enqueue.sendTo(cohortId, { type: 'cohort.loads', at, loads: {} } satisfies CohortCommand);
});

/**
 * Every cohort learns whether what was last shown as idle still counts as that. That it does is known of a cohort only
 * with its loads, so all that wait come first.
 */
export const passOnFreshness = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'monitor.freshness');
  const { at, isCurrent } = event;
  enqueue.assign({ loadsAreOld: !isCurrent });
  if (isCurrent) sendWaitingLoads(context, Object.keys(context.waitingLoads), enqueue);
  for (const cohortId of Object.keys(context.cohorts))
    enqueue.sendTo(cohortId, { type: 'cohort.freshness', at, isCurrent } satisfies CohortCommand);
});

export const onTasksChanged = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.tasksChanged');
  const { cohortId, added, removed } = event;
  enqueue.assign({ taskIndex: withTasksChanged(context.taskIndex, event) });
  enqueue.sendTo(parent, { type: 'fleet.tasksChanged', cohortId, added, removed });
});

export const recordCohortReport = fleetSetup.enqueueActions(
  ({ context, event, enqueue, check }) => {
    assertEvent(event, 'cohort.changed');
    const { cohortId, generation, counts, launches, ended, busyLoads } = event;
    const record = context.cohorts[cohortId];
    if (!record) return;
    // A scheduler that asks for tasks one by one would ask for the same one again.
    if (ended > 0 && context.desired !== null && check('byStarts'))
      enqueue.assign({ desired: Math.max(0, context.desired - ended) });
    // It has not carried out our last command yet: its counts would undo what we have just asked for.
    if (generation !== record.generation) return;
    if (total(counts) === 0 && launches === 0) {
      // The end of each group has told that its task is gone.
      const money = withoutCohort(context.money, cohortId);
      enqueue.assign({ ...withStatuses(context, { [cohortId]: null }), money });
      enqueue.stopChild(cohortId);
      return;
    }
    const ranked = busyLoads && { at: context.now, busyLoads };
    const reported = { ...record, counts, launches, observedGeneration: generation, ranked };
    enqueue.assign(withStatuses(context, { [cohortId]: reported }));
  },
);

/** ECS says that a task has ended. That frees quota: allow an early probe. */
export const onTaskDead = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'task.dead');
  enqueue.sendTo(parent, event);
  updateBreakers(context.breakers, probeEarly(context.breakers, 'quota', context.now), enqueue);
});
