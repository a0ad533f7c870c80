/** The id of a Fargate task: the last part of its ARN. */
export function taskIdOf(taskArn: string): string {
  return taskArn.slice(taskArn.lastIndexOf('/') + 1);
}

/** The name of a launch: the run's epoch, and the number of the launch in it. */
export function launchLabelOf(epoch: string, number: number): string {
  return `${epoch}-${number}`;
}

/** Whether the run of that epoch has made this launch, or this group. One that it adopted is not of it. */
export function isOfRun(epoch: string, name: string): boolean {
  return name.startsWith(`${epoch}-`);
}

/** The group that gets the task at `index` of a launch. */
export function groupIdOf(label: string, index: number): string {
  return `${label}-${index}`;
}

/** The groups of a launch of `count` tasks, in the order of its tasks. */
export function groupIdsOf(label: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => groupIdOf(label, index));
}
