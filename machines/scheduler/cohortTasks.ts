/** Our Fargate tasks, by cohort. */
export type CohortTasks = Record<string, string[]>;

/** Fargate tasks that a cohort has come to own, and those that have ended there. */
export interface TasksChange {
  cohortId: string;
  added: string[];
  removed: string[];
}

export function withChangedTasks(
  tasks: CohortTasks,
  { cohortId, added, removed }: TasksChange,
): CohortTasks {
  const { [cohortId]: before = [], ...others } = tasks;
  const gone = new Set(removed);
  const left = gone.size > 0 ? before.filter((taskId) => !gone.has(taskId)) : before;
  const taskIds = [...left, ...added];
  return taskIds.length > 0 ? { ...others, [cohortId]: taskIds } : others;
}
