import { assertEvent } from 'xstate';
import { parent } from '../shared/parent.ts';
import { apply, cohortSetup, isWorkCurrent, launchActor } from './cohortSetup.ts';
import { answeredStop } from './drain.ts';
import { withUnanswered } from './groupRecords.ts';
import type { CohortEvent } from './messages.ts';
import { withRecord } from './recount.ts';

/** RunTask may be sent now, possibly long after it was decided on: the fleet manager is asked whether it still is to be. */
export const passOnLaunchTurn = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'launch.turn');
  const { label, at } = event;
  const { cohortId } = context;
  enqueue.sendTo(parent, { type: 'cohort.launchTurn', cohortId, label, at } satisfies CohortEvent);
});

/** The launch learns what the fleet manager has answered. */
export const passOnLaunchAnswer = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.launchTurnAnswered');
  const { label, allowed } = event;
  if (!(label in context.launches)) return;
  enqueue.sendTo(launchActor(label), { type: allowed ? 'launch.send' : 'launch.withdraw' });
});

/** StopTask may be sent now: is it still to be? What it was decided on is in the record, so the cohort itself answers. */
export const onStopTurn = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'group.turn');
  const { groupId, at } = event;
  const { groups, launches } = context;
  const { outbox, ...answered } = answeredStop(
    { groups, launches },
    groupId,
    at,
    !isWorkCurrent(context, at),
  );
  // No other group is changed by it.
  const counted = withRecord(context, groupId, answered.groups[groupId] ?? null);
  apply({ ...answered, ...counted, outbox }, enqueue);
});

/** Its groups count as unanswered until it is settled, so that the fleet manager knows that a list is waited for. */
export const onLaunchUnanswered = cohortSetup.assign({
  groups: ({ context, event }) => {
    assertEvent(event, 'launch.unanswered');
    return withUnanswered(context, event.label);
  },
});

/** Launches whose answer was lost learn what they have started. */
export const passOnFound = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.launchesFound');
  for (const [label, tasks] of Object.entries(event.found))
    if (label in context.launches)
      enqueue.sendTo(launchActor(label), { type: 'launch.found', ...tasks });
});
