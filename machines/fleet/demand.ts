import { assertEvent } from 'xstate';
import { workersWanted } from '../scheduler/demand.ts';
import { sendCommands } from './commands.ts';
import { fleetSetup } from './fleetSetup.ts';
import { allObserved, fleetCounts, kept, openLaunches } from './state.ts';

export const onDesired = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'scheduler.desired');
  const { capabilities, workersPerTask } = context.settings;
  const workers = workersWanted(event.requests, capabilities);
  if (workers === null) {
    enqueue.assign({ emptySince: context.emptySince ?? event.at });
    return;
  }
  const desired = Math.ceil(workers / workersPerTask);
  enqueue.assign({
    ...{ emptySince: null, desired, desiredWorkers: workers, replacesEnded: true },
  });
  if (desired !== context.desired)
    enqueue({ type: 'noteDesired', params: { tasks: desired, why: `${workers} workers wanted` } });
});

/** One more than there is, unless one is on its way already. */
export const onStartRequested = fleetSetup.enqueueActions(({ context, enqueue }) => {
  enqueue.assign({ replacesEnded: false, emptySince: null, desiredWorkers: null });
  const there = kept(fleetCounts(context));
  if (openLaunches(context) > 0 || (context.desired ?? 0) > there) return;
  enqueue.assign({ desired: there + 1 });
  enqueue({ type: 'noteDesired', params: { tasks: there + 1, why: 'one more is wanted' } });
});

/** Every cohort stops those of these tasks that it has; the reports will say how many ended. */
export const onShutdownRequested = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'scheduler.shutdownRequested');
  const { desired, now: at } = context;
  const { taskIds } = event;
  // What was launched in this very turn is not reported yet: it was desired, and is there.
  const isCounted = allObserved(context);
  const there = kept(fleetCounts(context));
  enqueue.assign({
    replacesEnded: false,
    desiredWorkers: null,
    desired: desired === null || !isCounted ? desired : Math.min(desired, there),
  });
  if (taskIds.length === 0) return;
  const cohortIds = Object.keys(context.cohorts);
  const release = { type: 'cohort.release', at, taskIds } as const;
  sendCommands(
    context,
    cohortIds.map((cohortId) => [cohortId, release]),
    enqueue,
  );
});

/** Ordered by an operator. Every cohort drains those of these groups that it has. */
export const onDrainGroups = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'fleet.drainGroups');
  const { groupIds, at } = event;
  const until = at + context.settings.drainTimeoutMs;
  const evict = { type: 'cohort.evict', at, until, groupIds } as const;
  sendCommands(
    context,
    Object.keys(context.cohorts).map((cohortId) => [cohortId, evict]),
    enqueue,
  );
});

const nothingDesired = (why: string) =>
  fleetSetup.enqueueActions(({ enqueue }) => {
    enqueue.assign({ desired: 0, desiredWorkers: 0 });
    enqueue({ type: 'noteDesired', params: { tasks: 0, why } });
  });

export const desireNothingWhenGone = nothingDesired('the scheduler is gone for good');
export const desireNothingWhenEmpty = nothingDesired('nothing but empty requests');

/** Nothing was desired because the scheduler was gone. What it has may be what it desires now, and then it commands nothing. */
export const awaitNextCommand = fleetSetup.assign({ desired: null, desiredWorkers: null });

export const reportNeverCommanded = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'tick');
  const seconds = Math.round((event.now - (context.firstEchoAt ?? event.now)) / 1000);
  enqueue.assign({ neverCommandedReported: true });
  enqueue({ type: 'noteNeverCommanded', params: { seconds } });
});

export const onMismatch = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'scheduler.mismatch');
  const { reason: mismatch, at } = event;
  if (mismatch === context.mismatch) return;
  enqueue.assign({ mismatch, mismatchSince: mismatch === null ? null : at });
  enqueue({ type: 'noteMismatch', params: { reason: mismatch } });
});
