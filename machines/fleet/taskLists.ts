import type { ClusterFailure, Inventory, TaskList } from '../shared/domain.ts';
import { undescribedGoneMs } from '../shared/timing.ts';

/** What is remembered of the lists before. */
export interface ListMemory {
  /** Since when each task has been listed by ListTasks and unknown to DescribeTasks, by task ARN. */
  undescribedSince: Record<string, number>;
  /** How many lists in a row each cluster elsewhere has not answered, by its ARN. */
  unanswered: Record<string, number>;
}

export const noLists: ListMemory = { undescribedSince: {}, unanswered: {} };

/** What a list says, read by what the lists before it have shown. */
export interface ListReading {
  /** Without the tasks that count as gone. It counts only where the list is complete. */
  inventory: Inventory;
  /** Clusters elsewhere without which the list counts as complete. */
  leftOut: ClusterFailure[];
  /** Why the list is not complete; null: it is. */
  incomplete: ClusterFailure | null;
  memory: ListMemory;
}

/** A cluster elsewhere that has not answered so many lists in a row is left out. */
const unansweredLimit = 5;

/** Failures after which the same list may succeed by itself. */
function mayPass({ kind, code }: ClusterFailure): boolean {
  return (
    kind === 'unreachable' ||
    kind === 'throttled' ||
    (kind === 'credentials' && code !== 'otherAccount')
  );
}

/** A task that was described in between starts anew. Of a task that an incomplete list lacks, what was known stays. */
function undescribedSince(
  { startedAt, tasks }: TaskList,
  before: Record<string, number>,
  isComplete: boolean,
): Record<string, number> {
  const since: Record<string, number> = {};
  if (!isComplete) {
    const listed = new Set(tasks.map(({ taskArn }) => taskArn));
    for (const [taskArn, at] of Object.entries(before))
      if (!listed.has(taskArn)) since[taskArn] = at;
  }
  for (const { taskArn, phase } of tasks)
    if (phase === 'missing') since[taskArn] = before[taskArn] ?? startedAt;
  return since;
}

/**
 * Decides whether a list is complete. A cluster elsewhere that cannot be listed (it is gone, of another account, denied,
 * or has not answered five times in a row) is left out: what may run there must not hold up the fleet for ever. A list
 * that is not complete says nothing of the tasks that it does not describe.
 */
export function readList(list: TaskList, before: ListMemory): ListReading {
  const { startedAt, tasks, unlisted } = list;
  const unanswered = Object.fromEntries(
    unlisted.map(({ cluster }) => [cluster, (before.unanswered[cluster] ?? 0) + 1]),
  );
  const isAwaited = (failure: ClusterFailure) =>
    mayPass(failure) && (unanswered[failure.cluster] ?? 0) < unansweredLimit;
  const incomplete = unlisted.find(isAwaited) ?? null;
  const since = undescribedSince(list, before.undescribedSince, incomplete === null);
  return {
    inventory: {
      startedAt,
      tasks: tasks.filter(
        ({ taskArn }) => startedAt - (since[taskArn] ?? startedAt) < undescribedGoneMs,
      ),
    },
    leftOut: unlisted.filter((failure) => !isAwaited(failure)),
    incomplete,
    memory: { undescribedSince: since, unanswered },
  };
}
