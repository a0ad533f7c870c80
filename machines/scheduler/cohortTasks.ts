import { type Change, withChange } from '../shared/change.ts';

/** Our Fargate tasks, by cohort. */
export type CohortTasks = Record<string, string[]>;

/** Fargate tasks that a cohort has come to own, and those that have ended there. */
export interface TasksChange extends Change {
  cohortId: string;
}

export function withChangedTasks(tasks: CohortTasks, change: TasksChange): CohortTasks {
  const { [change.cohortId]: before = [], ...others } = tasks;
  const taskIds = withChange(before, change);
  return taskIds.length > 0 ? { ...others, [change.cohortId]: taskIds } : others;
}
