import { assertEvent } from 'xstate';
import type { Generation } from '../scheduler/messages.ts';
import { workersDesired } from '../scheduler/workersDesired.ts';
import { type Enqueue, fleetSetup, modesIn } from './fleetSetup.ts';
import { type Ask, judge, noViews, seenAfter, viewsBefore, workersAhead } from './lookAhead.ts';
import { mostWorkers } from './mostWorkers.ts';
import { recallable } from './plan.ts';
import { rotatesFromNow, workersWithoutReplacement } from './rotation.ts';
import { cancelDrains, drainUntil, sendCommands } from './sendCommands.ts';
import { allObserved, echoFreshAt, type Fleet, fleetCounts, returnedLately } from './state.ts';
import { atMostThere, noAsk } from './unitRequests.ts';

/** The generations whose schedulers name desired counts and nothing else. */
const declarative: readonly (Generation | undefined)[] = ['g3', 'g4'];

const capacityOf = ({ advertised, settings: { maxTasks, workersPerTask } }: Fleet): number =>
  advertised ?? (maxTasks === null ? Number.POSITIVE_INFINITY : maxTasks * workersPerTask);

/** How many tasks are desired, and why: as many as the scheduler asks for, or as its work needs. */
function desiredTasks(
  fleet: Fleet,
  ask: Ask,
): { tasks: number; ahead: number | null; why: string } {
  const { views, policy: evidence, terms, now, settings } = fleet;
  const { tasksPerWorker, workersPerTask, echoLimitMs: askLimitMs } = settings;
  const isDeclarative = declarative.includes(terms?.generation) && echoFreshAt(fleet, now);
  const capacity = capacityOf(fleet);
  const ahead = workersAhead({
    ...{ ask, views, evidence, isDeclarative, askLimitMs, capacity, tasksPerWorker, now },
  });
  const workers = ahead ?? fleet.replacedFrom ?? ask.workers;
  const { degradedMissing, surplusWorkers } = fleetCounts(fleet);
  // Which groups lack workers for good is known again once their workers had time to find a scheduler that has come back.
  const missing = returnedLately(fleet, now) ? 0 : degradedMissing;
  // Workers that groups have beyond `workersPerTask` need no further groups. `groupsToKeep` does not subtract them, so no
  // group is drained for them.
  const others = Math.max(1, workers + missing - surplusWorkers);
  return {
    tasks: workers > 0 ? Math.ceil(others / workersPerTask) : 0,
    ahead,
    why:
      ahead === null
        ? `${workers} workers desired`
        : `scheduler asks ${ask.workers}, work needs ${ahead}`,
  };
}

/** Records `change`, and what is desired after it. */
function recordDesired(before: Fleet, change: Partial<Fleet>, enqueue: Enqueue): void {
  const fleet = { ...before, ...change };
  if (fleet.ask === null) {
    enqueue.assign(change);
    return;
  }
  const { tasks: desired, ahead, why } = desiredTasks(fleet, fleet.ask);
  const rotatesFrom = rotatesFromNow(fleet);
  enqueue.assign({ ...change, desired, desiredWhy: why, workersAhead: ahead, rotatesFrom });
  // Before a replacement is launched.
  if (rotatesFrom !== before.rotatesFrom)
    enqueue({ type: 'noteRotation', params: { workers: rotatesFrom } });
  if (desired !== before.desired) enqueue({ type: 'noteDesired', params: { tasks: desired, why } });
}

export const onDesired = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'scheduler.desired');
  const { requests, at } = event;
  const workers = workersDesired(requests, context.settings.capabilities);
  if (workers === null) {
    enqueue.assign({ emptySince: context.emptySince ?? at });
    return;
  }
  const isPlain = requests.length === 1 && requests[0]?.capabilities.length === 0;
  const capacity = capacityOf(context);
  const around = viewsBefore(context.views, at);
  const ask = { at, workers, isPlain, isCapped: workers >= capacity, around };
  const living = mostWorkers(context);
  const policy = judge(context.policy, context.views, ask, { capacity, living, now: at });
  // A full allowance does not grow. Launches may use it from now on, so it grows from now on, not from the last tick.
  const isFull = context.allowance >= context.settings.launchBurst;
  const replacedFrom = workersWithoutReplacement({ ...context, policy }, ask);
  const change = {
    ...{ emptySince: null, ask, policy },
    ...{ replacedFrom, desiredWorkers: replacedFrom ?? workers },
    ...(isFull && { fullUntil: at }),
  };
  recordDesired(context, change, enqueue);
});

/** The monitor stream shows other work, or none any more. */
export const onWork = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, ['monitor.work', 'monitor.closed']);
  const work = event.type === 'monitor.work' ? event.work : null;
  if (work === null) return recordDesired(context, { views: noViews }, enqueue);
  const views = { last: work, before: context.views.last };
  recordDesired(context, { views, ask: seenAfter(context.ask, work) }, enqueue);
});

/** Time and reports of cohorts change what follows from the last command. */
export const refreshDesired = fleetSetup.enqueueActions(({ context, enqueue, check }) => {
  recordDesired(context, {}, enqueue);
  if (!check('startsCalledOff') || !allObserved(context)) return;
  enqueue.assign({ desired: atMostThere(context) });
  enqueue.raise({ type: 'fleet.startsSettled' });
});

/** Ordered by an operator. Every cohort drains those of these groups that it has. */
export const onDrainGroups = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'fleet.drainGroups');
  const { groupIds, at } = event;
  const until = drainUntil({ ...context, now: at });
  const evict = { type: 'cohort.evict', at, until, groupIds } as const;
  sendCommands(
    context,
    Object.keys(context.cohorts).map((cohortId) => [cohortId, evict]),
    enqueue,
  );
});

const nothingDesired = (why: string) =>
  fleetSetup.enqueueActions(({ enqueue }) => {
    // Fewer since long ago: no cooldown follows the wait that has just ended.
    const fewerSince = 0;
    enqueue.assign({ ...noAsk, desired: 0, desiredWhy: why, desiredWorkers: 0, fewerSince });
    enqueue({ type: 'noteDesired', params: { tasks: 0, why } });
    enqueue({ type: 'noteFleetDrained', params: { why } });
  });

export const desireNothingWhenGone = nothingDesired('the scheduler is gone for good');
export const desireNothingWhenEmpty = nothingDesired('nothing but empty requests');

/**
 * Without a scheduler nothing says that groups which are draining are still to leave: they stay. While the daemon stops
 * or leaves they do not.
 */
export const keepDraining = fleetSetup.enqueueActions(({ context, enqueue, check }) => {
  const { lifecycle } = modesIn(check);
  // A cohort that has not reported yet may have some.
  const mayHaveSome = recallable(fleetCounts(context)) > 0 || !allObserved(context);
  if (mayHaveSome && (lifecycle === 'recovering' || lifecycle === 'active'))
    cancelDrains(context, enqueue);
});

/**
 * Nothing was desired because the scheduler was gone. It may desire exactly what it has, and then it sends no command:
 * `keepDraining` follows.
 */
export const awaitNextCommand = fleetSetup.assign(({ event }) => {
  assertEvent(event, 'scheduler.heartbeatEcho');
  return { ...noAsk, desired: null, answersSince: event.at };
});

export const reportNeverCommanded = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'tick');
  const seconds = Math.round((event.now - (context.answersSince ?? event.now)) / 1000);
  enqueue({ type: 'noteNeverCommanded', params: { seconds } });
});

export const onMismatch = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'scheduler.mismatch');
  const { reason: mismatch, at } = event;
  if (mismatch === context.mismatch) return;
  enqueue.assign({ mismatch, mismatchSince: mismatch === null ? null : at });
  enqueue({ type: 'noteMismatch', params: { reason: mismatch } });
});
