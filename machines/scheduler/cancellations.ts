import type { MonitorMessage } from './messages.ts';
import { taskIdOfWorker } from './workerId.ts';

/**
 * Tasks of the scheduler that are being cancelled. One release's scheduler ends itself when a worker leaves it that
 * has such a task.
 */
export interface Cancellations {
  /** By the id of the task that is being cancelled, the Fargate task that has it; empty: none of ours. */
  taskIds: Record<string, string>;
  /** How many of them each Fargate task has. */
  counts: Record<string, number>;
  /** None began before we listened: the scheduler counts no more than are known here. */
  complete: boolean;
}

export const noCancellations: Cancellations = { taskIds: {}, counts: {}, complete: false };

/** The states of tasks, in the order in which they came; the same object: nothing has changed. */
export function onTaskStates(
  before: Cancellations,
  states: readonly Extract<MonitorMessage, { type: 'monitor.task' }>[],
): Cancellations {
  const relevant = states.filter(
    ({ taskId, state }) => state === 'canceling' || taskId in before.taskIds,
  );
  if (relevant.length === 0) return before;
  const taskIds = { ...before.taskIds };
  const counts = { ...before.counts };
  const add = (taskId: string, difference: number): void => {
    if (taskId === '') return;
    const count = (counts[taskId] ?? 0) + difference;
    if (count > 0) counts[taskId] = count;
    else delete counts[taskId];
  };
  // All of them: the end of what begins in this batch was not relevant before it.
  for (const { taskId, workerId, state } of states) {
    add(taskIds[taskId] ?? '', -1);
    delete taskIds[taskId];
    if (state !== 'canceling') continue;
    const next = taskIdOfWorker(workerId) ?? '';
    taskIds[taskId] = next;
    add(next, 1);
  }
  return { ...before, taskIds, counts };
}

/** The scheduler has listed its workers. `canceling`: how many cancellations it counts. */
export function onWorkerList(before: Cancellations, canceling = 0): Cancellations {
  const complete = canceling <= Object.keys(before.taskIds).length;
  return complete === before.complete ? before : { ...before, complete };
}

export function cancelingAt({ counts }: Cancellations, taskId: string): number {
  return counts[taskId] ?? 0;
}

/** By Fargate task, where the count is another than before. */
export function changedCounts(
  before: Cancellations,
  { counts }: Cancellations,
): Record<string, number> {
  const taskIds = Object.keys({ ...before.counts, ...counts });
  const changed = taskIds.filter((taskId) => before.counts[taskId] !== counts[taskId]);
  return Object.fromEntries(changed.map((taskId) => [taskId, counts[taskId] ?? 0]));
}

/** That Fargate task certainly has no task that is being cancelled. */
export function isSettled(cancellations: Cancellations, taskId: string): boolean {
  return cancellations.complete && cancelingAt(cancellations, taskId) === 0;
}
