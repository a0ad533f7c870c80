/** Where a task runs. */
export interface TaskPlace {
  region: string;
  /** The name of the cluster. */
  cluster: string;
}

/** What a task's ARN says; undefined for an ARN of the old format, which names no cluster: those tasks are long gone. */
export function placeOf(taskArn: string): TaskPlace | undefined {
  const [, region, cluster] = /^arn:[^:]*:ecs:([^:]*):[^:]*:task\/([^/]+)\//.exec(taskArn) ?? [];
  return region === undefined || cluster === undefined ? undefined : { region, cluster };
}
