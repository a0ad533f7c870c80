import type { TasksChange } from '../scheduler/cohortTasks.ts';

/**
 * Which cohort has each of our Fargate tasks. It is in parts, so that a task that comes or goes copies its part and not
 * the ids of the whole fleet.
 */
export interface TaskIndex {
  /** How many tasks there are. */
  size: number;
  /** Ids of cohorts, by task id. */
  parts: readonly Readonly<Record<string, string>>[];
}

/** A part has forty of 10,000 tasks. */
const partCount = 256;

export const noTasks: TaskIndex = {
  size: 0,
  parts: Array.from({ length: partCount }, () => ({})),
};

/** Always the same part for the same task. */
function partOf(taskId: string): number {
  let number = 0;
  for (let i = 0; i < taskId.length; i++) number = (number * 31 + taskId.charCodeAt(i)) % partCount;
  return number;
}

/** The cohort that has this task; undefined: none has it. */
export const cohortOf = ({ parts }: TaskIndex, taskId: string): string | undefined =>
  parts[partOf(taskId)]?.[taskId];

export function withTasksChanged(
  { size: before, parts: known }: TaskIndex,
  { cohortId, added, removed }: TasksChange,
): TaskIndex {
  let size = before;
  const parts = [...known];
  for (const taskId of removed) {
    const number = partOf(taskId);
    const { [taskId]: owner, ...others } = parts[number] ?? {};
    // Another cohort may have it by now.
    if (owner !== cohortId) continue;
    parts[number] = others;
    size--;
  }
  for (const taskId of added) {
    const number = partOf(taskId);
    const part = parts[number] ?? {};
    if (!(taskId in part)) size++;
    parts[number] = { ...part, [taskId]: cohortId };
  }
  return { size, parts };
}

/** What is shown of tasks, by the cohort that has them; nothing of tasks that no cohort has. */
export function byCohort<T>(
  index: TaskIndex,
  shown: Readonly<Record<string, T>>,
): Map<string, Record<string, T>> {
  const found = new Map<string, Record<string, T>>();
  for (const [taskId, what] of Object.entries(shown)) {
    const cohortId = cohortOf(index, taskId);
    if (cohortId === undefined) continue;
    const own = found.get(cohortId) ?? {};
    own[taskId] = what;
    found.set(cohortId, own);
  }
  return found;
}
