import { assertEvent } from 'xstate';
import { parent } from '../shared/parent.ts';
import { cohortSetup, groupActor, isCurrent, launchActor } from './cohortSetup.ts';
import type { CohortEvent } from './messages.ts';
import { checkStop } from './scaleDown.ts';

/** What a call was decided on can be old when AWS's limits let it pass. */
export const passOnLaunchTurn = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'launch.turn');
  const { label, at } = event;
  const { cohortId } = context;
  enqueue.sendTo(parent, { type: 'cohort.launchTurn', cohortId, label, at } satisfies CohortEvent);
});

/** Launches whose answer was lost learn what they have started. */
export const passOnFound = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.launchesFound');
  for (const [label, tasks] of Object.entries(event.found))
    if (label in context.launches)
      enqueue.sendTo(launchActor(label), { type: 'launch.found', ...tasks });
});

export const answerLaunchTurn = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.launchTurnAnswered');
  const { label, allowed } = event;
  if (!(label in context.launches)) return;
  enqueue.sendTo(launchActor(label), { type: allowed ? 'launch.send' : 'launch.abandon' });
});

export const onStopTurn = cohortSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'group.turn');
  const { groupId, at } = event;
  const record = context.groups[groupId];
  if (!record) return;
  const [next, answer] = checkStop(record, at, !isCurrent(context, at));
  enqueue.assign({ groups: { ...context.groups, [groupId]: next } });
  enqueue.sendTo(groupActor(groupId), answer);
});
