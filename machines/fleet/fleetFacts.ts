import { taskIdOf } from '../shared/ids.ts';
import { parent } from '../shared/parent.ts';
import { managerSetup } from './fleetManagerSetup.ts';
import { total } from './plan.ts';
import { fleetCounts, openLaunches } from './state.ts';

/** Tasks of an earlier run that are in no cohort yet. */
export const tellRecovered = managerSetup.enqueueActions(({ context, enqueue }) => {
  const taskIds = context.owned.map(({ taskArn }) => taskIdOf(taskArn));
  enqueue.assign({ recoveredTold: taskIds.length });
  enqueue.sendTo(parent, { type: 'fleet.tasksChanged', cohortId: 'recovered', taskIds });
});

/** Tasks that are placed are no longer among the recovered ones, but never in neither. */
export const passTasks = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.tasks') return;
  const { cohortId, taskIds } = event;
  enqueue.sendTo(parent, { type: 'fleet.tasksChanged', cohortId, taskIds });
  if (context.recoveredTold > 0) enqueue(tellRecovered);
});

/** What is still there while everything is to end. */
export const tellRemaining = managerSetup.enqueueActions(({ context, enqueue }) => {
  const tasks = total(fleetCounts(context));
  enqueue.sendTo(parent, { type: 'fleet.remaining', tasks, launches: openLaunches(context) });
});
