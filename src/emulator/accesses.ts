import type { Members } from './members.ts';
import { type Account, accountId, ecsArn, type Region } from './model.ts';
import type { Access } from './policy.ts';
import { findDefinition } from './taskDefinitions.ts';

const textIn = (body: Members, name: string): string | undefined =>
  typeof body[name] === 'string' ? (body[name] as string) : undefined;

const arnIn = (region: Region, kind: string, nameOrArn: string): string =>
  nameOrArn.startsWith('arn:') ? nameOrArn : ecsArn(region.name, `${kind}/${nameOrArn}`);

const namesIn = (value: unknown, otherwise: string): string[] =>
  Array.isArray(value) && value.length > 0 ? value.map(String) : [otherwise];

const passRole = (resource: string): Access => ({
  action: 'iam:PassRole',
  resource,
  context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
});

function taskAccesses(region: Region, operation: string, body: Members): Access[] {
  const cluster = arnIn(region, 'cluster', textIn(body, 'cluster') ?? 'default');
  const clusterName = cluster.slice(cluster.lastIndexOf('/') + 1);
  const tasks = operation === 'StopTask' ? [textIn(body, 'task') ?? '*'] : namesIn(body.tasks, '*');
  const context = { 'ecs:cluster': cluster };
  return tasks.map((task) => ({
    action: `ecs:${operation}`,
    resource: task.startsWith('arn:')
      ? task
      : ecsArn(region.name, `task/${clusterName}/${task.slice(task.lastIndexOf('/') + 1)}`),
    context,
  }));
}

function runTaskAccesses({ setup }: Account, region: Region, body: Members): Access[] {
  const cluster = arnIn(region, 'cluster', textIn(body, 'cluster') ?? 'default');
  const name = textIn(body, 'taskDefinition') ?? '*';
  const definition = findDefinition(region, name);
  const { executionRoleArn, taskRoleArn } = definition?.otherMembers ?? {};
  const roles = [executionRoleArn, taskRoleArn].filter((role) => typeof role === 'string');
  const propagated = body.propagateTags === 'TASK_DEFINITION' && (definition?.tags.length ?? 0) > 0;
  const tagged = propagated || (Array.isArray(body.tags) && body.tags.length > 0);
  const clusterName = cluster.slice(cluster.lastIndexOf('/') + 1);
  return [
    {
      action: 'ecs:RunTask',
      resource: definition?.arn ?? arnIn(region, 'task-definition', name),
      context: { 'ecs:cluster': cluster },
    },
    ...(tagged
      ? [{ action: 'ecs:TagResource', resource: ecsArn(region.name, `task/${clusterName}/*`) }]
      : []),
    // An allow list is only as exact as the action names, and has never asked for this one.
    ...(setup.policies === null ? [] : roles.map(passRole)),
  ];
}

/** The permissions that a call of ECS needs, with the resources that AWS compares. */
export function ecsAccesses(
  account: Account,
  region: Region,
  operation: string,
  body: Members,
): Access[] {
  const action = `ecs:${operation}`;
  const cluster = (name: string): Access => ({ action, resource: arnIn(region, 'cluster', name) });
  switch (operation) {
    case 'RunTask':
      return runTaskAccesses(account, region, body);
    case 'StopTask':
    case 'DescribeTasks':
      return taskAccesses(region, operation, body);
    case 'CreateCluster':
      return [cluster(textIn(body, 'clusterName') ?? 'default')];
    case 'DescribeClusters':
      return namesIn(body.clusters, 'default').map(cluster);
    case 'ListTasks': {
      const listed = cluster(textIn(body, 'cluster') ?? 'default').resource;
      return [{ action, resource: '*', context: { 'ecs:cluster': listed } }];
    }
    case 'RegisterTaskDefinition': {
      const roles = [textIn(body, 'executionRoleArn'), textIn(body, 'taskRoleArn')];
      const family = arnIn(region, 'task-definition', `${textIn(body, 'family')}:*`);
      const tagged = Array.isArray(body.tags) && body.tags.length > 0;
      return [
        { action, resource: '*' },
        ...(tagged ? [{ action: 'ecs:TagResource', resource: family }] : []),
        ...roles.filter((role) => role !== undefined).map(passRole),
      ];
    }
    case 'DescribeTaskDefinition':
    case 'ListClusters':
      return [{ action, resource: '*' }];
    default:
      return [{ ...cluster(textIn(body, 'cluster') ?? 'default') }];
  }
}

/** The permissions that a call of IAM needs; GetCallerIdentity of STS needs none. */
export function iamAccesses(account: Account, action: string, query: URLSearchParams): Access[] {
  if (action === 'GetCallerIdentity') return [];
  if (action === 'SimulatePrincipalPolicy')
    return [{ action: `iam:${action}`, resource: query.get('PolicySourceArn') ?? '*' }];
  const service = query.get('AWSServiceName');
  if (service !== null)
    return [
      {
        action: `iam:${action}`,
        resource: `arn:aws:iam::${accountId}:role/aws-service-role/${service}/AWSServiceRoleForECS`,
        context: { 'iam:AWSServiceName': service },
      },
    ];
  const name = query.get('RoleName');
  const policy = query.get('PolicyArn');
  const known = name === null ? undefined : account.roles.get(name)?.arn;
  return [
    {
      action: `iam:${action}`,
      resource: known ?? `arn:aws:iam::${accountId}:role/${name ?? '*'}`,
      ...(policy === null ? {} : { context: { 'iam:PolicyARN': policy } }),
    },
  ];
}
