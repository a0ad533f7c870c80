import type { ListedTask, TaskList } from '../shared/domain.ts';

/** What ECS shows of a task. */
export type FoundTask = Omit<ListedTask, 'owned' | 'launchOpen'>;

/** What the ledger knows of tasks and launches. */
export interface TaskOwners {
  /** The live group that owns a task. */
  owner(taskArn: string): string | undefined;
  /** Whether the outcome of a launch is unknown. */
  isOpen(label: string): boolean;
  /** The last groups that ended. */
  history(): { taskArn: string | null; endedAt: number }[];
}

/**
 * A list, with what the ledger knows of each task. A task that has ended since the list was asked for counts as owned:
 * the list is older than its end.
 */
export function taskListOf<Found extends FoundTask & { startedBy: string }>(
  owners: TaskOwners,
  { startedAt, tasks, unlisted }: Omit<TaskList, 'tasks'> & { tasks: readonly Found[] },
): TaskList {
  const endedSince = new Set(
    owners
      .history()
      .filter(({ endedAt }) => endedAt >= startedAt)
      .map(({ taskArn }) => taskArn),
  );
  const listed = tasks.map(
    ({ startedBy: _, ...task }): ListedTask => ({
      ...task,
      owned: owners.owner(task.taskArn) !== undefined || endedSince.has(task.taskArn),
      launchOpen: task.label !== null && owners.isOpen(task.label),
    }),
  );
  return { startedAt, tasks: listed, unlisted };
}
