import { assertEvent } from 'xstate';
import type { CohortCommand, CohortEvent, FoundTasks } from '../cohort/messages.ts';
import type { Inventory } from '../shared/domain.ts';
import { parent } from '../shared/parent.ts';
import { fleetSetup } from './fleetSetup.ts';

/**
 * What open launches have started, by label. ECS creates the tasks of a launch at one moment, so once one is `settleMs`
 * old a list shows all of them.
 */
function foundTasks({ startedAt, tasks }: Inventory, settleMs: number): Record<string, FoundTasks> {
  const found: Record<string, FoundTasks> = {};
  for (const { taskArn, label, phase, createdAt, owned, launchOpen } of tasks) {
    const lives = phase === 'starting' || phase === 'running';
    if (label === null || createdAt === null || owned || !launchOpen || !lives) continue;
    if (startedAt - createdAt < settleMs) continue;
    const known = found[label] ?? { taskArns: [], createdAt: {} };
    found[label] = {
      taskArns: [...known.taskArns, taskArn],
      createdAt: { ...known.createdAt, [taskArn]: createdAt },
    };
  }
  return found;
}

/** Tasks that died before a group could own them: no group of ours will ever show it. */
function deadOrphans({ tasks }: Inventory): string[] {
  return tasks
    .filter(({ phase, owned }) => phase === 'stopped' && !owned)
    .map(({ taskArn }) => taskArn);
}

/**
 * Tells what a list shows, except an incomplete one, and while adoption is deferred: what open launches have started, what has died, and to the cohorts in
 * which DescribeTasks denies some tasks, which tasks live all the same.
 */
export const tellListed = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'list.read');
  const { inventory } = event.reading;
  const { cohorts, settings, now: at } = context;
  const found = foundTasks(inventory, settings.settleMs);
  if (Object.keys(found).length > 0)
    for (const cohortId of Object.keys(cohorts))
      enqueue.sendTo(cohortId, { type: 'cohort.launchesFound', found } satisfies CohortCommand);
  const denied = Object.keys(cohorts).filter((id) => (cohorts[id]?.counts.denied ?? 0) > 0);
  if (denied.length > 0) {
    const taskArns = inventory.tasks.flatMap(({ taskArn, owned }) => (owned ? taskArn : []));
    const listed: CohortCommand = { type: 'cohort.listed', at: inventory.startedAt, taskArns };
    for (const cohortId of denied) enqueue.sendTo(cohortId, listed);
  }
  for (const taskArn of deadOrphans(inventory))
    enqueue.sendTo(parent, { type: 'task.dead', at, taskArn } satisfies CohortEvent);
});
