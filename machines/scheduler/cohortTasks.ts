import { type Change, withChange } from '../shared/change.ts';

/** Our Fargate tasks, by cohort. */
export type CohortTasks = Record<string, string[]>;

/** Fargate tasks that a cohort has come to own, and those that have ended there. */
export interface TasksChange extends Change {
  cohortId: string;
}

/** The cohorts keep their order: the monitor tells of one after another. */
export function withChangedTasks(tasks: CohortTasks, change: TasksChange): CohortTasks {
  const taskIds = withChange(tasks[change.cohortId] ?? [], change);
  if (taskIds.length > 0) return { ...tasks, [change.cohortId]: taskIds };
  const { [change.cohortId]: _, ...others } = tasks;
  return others;
}
