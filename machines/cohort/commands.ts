import { assertEvent } from 'xstate';
import {
  apply,
  type CohortContext,
  cohortSetup,
  groupActor,
  launchActor,
  minIdleOf,
} from './cohortSetup.ts';
import { drained, undrained, type Wait } from './drain.ts';
import { admitted, adopted } from './groupRecords.ts';
import { recordAged } from './lifetime.ts';
import { evicted, released } from './orderedDrains.ts';
import { shareNow } from './scaleDown.ts';
import { unwantedLaunches } from './settleLaunch.ts';

export const admit = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
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

export const adopt = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.adopt');
  const owned = event.groups.filter(({ groupId }) => !(groupId in context.groups));
  for (const { groupId } of owned)
    enqueue.spawnChild('workerGroup', { id: groupActor(groupId), input: { groupId } });
  // An earlier run may have begun to replace the oldest of them.
  const at = Math.max(...owned.map(({ deadlinesFrom }) => deadlinesFrom));
  apply(recordAged(adopted(context, owned), at, context.timeouts), enqueue);
  enqueue.assign({ observedGeneration: event.generation });
});

/** Again at each poll: some were requesting when they were told first. */
export const withdrawLaunches = cohortSetup.enqueueActions(({ context, enqueue }) => {
  for (const label of unwantedLaunches(context))
    enqueue.sendTo(launchActor(label), { type: 'launch.withdraw' });
});

/** How groups that are to leave wait for an idle moment. */
const waitFor = (context: CohortContext, { at, until }: { at: number; until: number }): Wait => ({
  ...{ at, until, monitorEverConnected: context.monitor !== 'unknown' },
  // Only what the fleet manager also knows: it counted these groups as idle. A standstill is looked at in `onStopTurn`.
  isOld: context.loadsAreOld,
  minIdleMs: minIdleOf(context),
});

export const drain = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.drain');
  const { groups, workersPerTask } = context;
  const share = shareNow(event, event.of ?? event, groups, workersPerTask);
  apply(drained(context, share, waitFor(context, event)), enqueue, event.reason);
  enqueue.assign({ observedGeneration: event.generation });
});

export const evict = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.evict');
  apply(
    evicted(context, event.groupIds, waitFor(context, event)),
    enqueue,
    'an operator drains it',
  );
  enqueue.assign({ observedGeneration: event.generation });
});

export const release = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.release');
  apply(released(context, event.taskIds, event.at), enqueue, 'the scheduler has chosen it to stop');
  enqueue.assign({ observedGeneration: event.generation });
});

export const cancelDrain = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.cancelDrain');
  apply(undrained(context, event.most), enqueue);
  enqueue.assign({ observedGeneration: event.generation });
});

/** Nothing changes; the report says how much each group at work has to do. */
export const rank = cohortSetup.assign({
  observedGeneration: ({ event }) => {
    assertEvent(event, 'cohort.rank');
    return event.generation;
  },
});
