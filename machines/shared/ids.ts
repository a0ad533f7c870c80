/** The id of a Fargate task: the last part of its ARN. */
export function taskIdOf(taskArn: string): string {
  return taskArn.slice(taskArn.lastIndexOf('/') + 1);
}

/** The group that gets the task at `index` of a launch. */
export function groupIdOf(label: string, index: number): string {
  return `${label}-${index}`;
}

/** The groups of a launch of `count` tasks, in the order of its tasks. */
export function groupIdsOf(label: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => groupIdOf(label, index));
}
