/** Where a task runs. */
export interface TaskPlace {
  region: string;
  account: string;
  /** The name of the cluster. */
  cluster: string;
}

/** What a task's ARN says; undefined for an ARN of the old format, which names no cluster: those tasks are long gone. */
export function placeOf(taskArn: string): TaskPlace | undefined {
  const match = /^arn:[^:]*:ecs:([^:]*):([^:]*):task\/([^/]+)\//.exec(taskArn);
  if (match === null) return undefined;
  const [, region = '', account = '', cluster = ''] = match;
  return { region, account, cluster };
}

/** The account that the ARN of a task or task definition names; undefined if it names none. */
export function accountOf(arn: string): string | undefined {
  return /^arn:[^:]*:ecs:[^:]*:(\d+):/.exec(arn)?.[1];
}

/** The region that an ARN of ECS names; undefined for anything else. */
export function regionOf(arn: string): string | undefined {
  return /^arn:[^:]*:ecs:([^:]+):/.exec(arn)?.[1];
}

/** The ARN of the cluster in which a task runs; undefined for an ARN of the old format. */
export function clusterOfTask(taskArn: string): string | undefined {
  const match = /^(arn:[^:]*:ecs:[^:]*:[^:]*:)task\/([^/]+)\//.exec(taskArn);
  return match === null ? undefined : `${match[1]}cluster/${match[2]}`;
}

/**
 * The ARN of the cluster to which a launch was sent: of its own name or ARN, and in the region and the account of its
 * task definition. Undefined if the task definition has no ARN.
 */
export function clusterOfLaunch({
  cluster,
  revision,
}: {
  cluster: string;
  revision: string;
}): string | undefined {
  if (cluster.startsWith('arn:')) return cluster;
  const match = /^(arn:[^:]*:ecs:[^:]*:[^:]*:)task-definition\//.exec(revision);
  return match === null ? undefined : `${match[1]}cluster/${cluster}`;
}

/** Region, account and name that the ARN of a cluster names. */
const clusterArn = /^arn:[^:]*:ecs:([^:]*):([^:]*):cluster\/(.+)/;

/** Where the ARN of a cluster says that it is; undefined for anything else. The account may be left out. */
export function placeOfCluster(arn: string): TaskPlace | undefined {
  const match = clusterArn.exec(arn);
  if (match === null) return undefined;
  const [, region = '', account = '', cluster = ''] = match;
  return { region, account, cluster };
}

/** Whether two ARNs name one cluster, as far as they tell: an ARN may leave out its account. */
export function sameCluster(one: string, other: string): boolean {
  const [a, b] = [clusterArn.exec(one), clusterArn.exec(other)];
  if (a === null || b === null) return false;
  const isOfOne = a[2] === b[2] || a[2] === '' || b[2] === '';
  return a[1] === b[1] && isOfOne && a[3] === b[3];
}
