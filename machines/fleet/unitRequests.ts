import { assertEvent } from 'xstate';
import { fleetSetup } from './fleetSetup.ts';
import { kept, recallable } from './plan.ts';
import { cancelDrains, sendCommands } from './sendCommands.ts';
import { allObserved, type Fleet, fleetCounts, openLaunches } from './state.ts';

/** Of a scheduler that has not said yet how many it wants, or does not say it in workers. */
export const noAsk = {
  ask: null,
  desiredWorkers: null,
  workersAhead: null,
  replacedFrom: null,
} as const;

/** No start is open: no more is desired than there is. */
export const atMostThere = (fleet: Fleet): number | null =>
  fleet.desired === null ? null : Math.min(fleet.desired, kept(fleetCounts(fleet)));

/** One more than there is, unless one is on its way already. */
export const onStartRequested = fleetSetup.enqueueActions(({ context, enqueue }) => {
  enqueue.assign({ ...noAsk, emptySince: null });
  const there = kept(fleetCounts(context));
  if (openLaunches(context) > 0 || (context.desired ?? 0) > there) return;
  const why = 'one more is desired';
  enqueue.assign({ desired: there + 1, desiredWhy: why });
  enqueue({ type: 'noteDesired', params: { tasks: there + 1, why } });
});

/** Every cohort stops those of these tasks that it has; the reports will say how many ended. */
export const onShutdownRequested = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'scheduler.shutdownRequested');
  const { now: at } = context;
  const { taskIds } = event;
  // Until every cohort has reported, the counts lack groups that were just launched or adopted.
  const isCounted = allObserved(context);
  enqueue.assign({
    ...noAsk,
    ...(isCounted && { desired: atMostThere(context) }),
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

/**
 * Groups that are to leave and whose StopTask is not sent yet stay: they may be the answers to the next starts, or count as what
 * the scheduler has, and it says which are to go. What no limit allows is told to leave again when that is planned next.
 */
export const onRequestsForgotten = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const counts = fleetCounts(context);
  const desired = allObserved(context) ? kept(counts) + recallable(counts) : null;
  const why = 'the scheduler says which are to go';
  enqueue.assign({ ...noAsk, desired, desiredWhy: why });
  if (desired !== null) enqueue({ type: 'noteDesired', params: { tasks: desired, why } });
  cancelDrains(context, enqueue);
});
