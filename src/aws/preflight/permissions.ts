import { executionPolicyArn } from '../ensure/executionRole.ts';
import { clusterName, type PreflightSettings, partitionOf } from './settings.ts';

/** What ARNs are made of. */
export interface Scope {
  partition: string;
  region: string;
  /** `*` if it is not known. */
  account: string;
  cluster: string;
  family: string;
  capacityProvider: string | undefined;
  /** The roles that tasks get: the execution role, and the task role of an existing definition. */
  passedRoles: string[];
  /** The execution role, and whether the settings name it: then IAM is neither read nor written. */
  executionRole: string;
  hasOwnExecutionRole: boolean;
  /** Tasks get tags. */
  tagsTasks: boolean;
  /** The user or role whose policy this is. */
  principal: string;
}

/** `firstRun`: only until everything exists; `steadyState`: always; `doctor`: read by doctor alone. */
export type Phase = 'firstRun' | 'steadyState' | 'doctor';

/** One action that this program calls, or that AWS checks when it does. */
export interface Permission {
  action: string;
  phase: Phase;
  resources: string[];
  /** Operator, key and values of an IAM condition. */
  condition?: Record<string, Record<string, string>>;
  /** What is lost without it; absent: it is required. */
  lostWithout?: string;
}

export const serviceLinkedRoleName = 'AWSServiceRoleForECS';
const defaultExecutionRole = 'ecsTaskExecutionRole';

/** The scope of the settings; account, principal and roles as far as they are known. */
export function scopeOf(
  settings: Pick<PreflightSettings, 'region' | 'cluster' | 'family' | 'capacityProvider'> &
    Partial<Pick<PreflightSettings, 'executionRole' | 'taskRole' | 'tagsTasks'>>,
  known: { account?: string | undefined; principal?: string | undefined; roles?: string[] } = {},
): Scope {
  const partition = partitionOf(settings.region);
  const account = known.account ?? '*';
  const own = [settings.executionRole, settings.taskRole].filter((arn) => arn !== undefined);
  const executionRole =
    settings.executionRole ??
    known.roles?.[0] ??
    `arn:${partition}:iam::${account}:role/${defaultExecutionRole}`;
  return {
    partition,
    region: settings.region,
    account,
    cluster: clusterName(settings),
    family: settings.family,
    capacityProvider: settings.capacityProvider,
    passedRoles: [...new Set([executionRole, ...own, ...(known.roles ?? [])])],
    executionRole,
    hasOwnExecutionRole: settings.executionRole !== undefined,
    tagsTasks: settings.tagsTasks ?? false,
    principal: known.principal ?? '*',
  };
}

/** Every permission of these settings, in the order of their use. */
export function permissionsOf(scope: Scope): Permission[] {
  const { partition, region, account, cluster, family } = scope;
  const ecs = (rest: string) => `arn:${partition}:ecs:${region}:${account}:${rest}`;
  const clusterArn = ecs(`cluster/${cluster}`);
  const inCluster = { ArnEquals: { 'ecs:cluster': clusterArn } };
  const tasks = [ecs(`task/${cluster}/*`)];
  const definition = [ecs(`task-definition/${family}:*`)];
  const newRole = `arn:${partition}:iam::${account}:role/${defaultExecutionRole}`;
  const linkedRole = `arn:${partition}:iam::${account}:role/aws-service-role/ecs.amazonaws.com/${serviceLinkedRoleName}`;
  const firstRun = (action: string, resources: string[], more: Partial<Permission> = {}) =>
    ({ action, phase: 'firstRun', resources, ...more }) as const;
  const steady = (action: string, resources: string[], more: Partial<Permission> = {}) =>
    ({ action, phase: 'steadyState', resources, ...more }) as const;
  const doctor = (action: string, resources: string[] = ['*']) =>
    ({ action, phase: 'doctor', resources, lostWithout: 'doctor sees less' }) as const;
  return [
    firstRun('ecs:CreateCluster', [clusterArn]),
    ...(scope.capacityProvider ? [firstRun('ecs:PutClusterCapacityProviders', [clusterArn])] : []),
    firstRun('ecs:RegisterTaskDefinition', ['*']),
    firstRun('ecs:TagResource', definition, {
      lostWithout: 'a new revision loses the tags of the one before it',
    }),
    ...(scope.hasOwnExecutionRole
      ? []
      : [
          firstRun('iam:CreateRole', [newRole]),
          firstRun('iam:AttachRolePolicy', [newRole], {
            condition: { ArnEquals: { 'iam:PolicyARN': executionPolicyArn(newRole) } },
          }),
        ]),
    firstRun('iam:CreateServiceLinkedRole', [linkedRole], {
      condition: { StringLike: { 'iam:AWSServiceName': 'ecs.amazonaws.com' } },
    }),
    steady('ecs:DescribeClusters', [clusterArn]),
    steady('ecs:DescribeTaskDefinition', ['*']),
    steady('ecs:RunTask', definition, { condition: inCluster }),
    // ECS checks it for the tags that RunTask gives.
    ...(scope.tagsTasks ? [steady('ecs:TagResource', tasks)] : []),
    steady('ecs:StopTask', tasks, { condition: inCluster }),
    steady('ecs:DescribeTasks', tasks, {
      condition: inCluster,
      lostWithout: 'the reasons why tasks end stay unknown, and a dead task is noticed late',
    }),
    steady('ecs:ListTasks', ['*'], {
      condition: inCluster,
      lostWithout: 'tasks that a lost journal forgot are not found, and go on costing money',
    }),
    // AWS compares it when RegisterTaskDefinition and RunTask name a role; it changes nothing in IAM.
    steady('iam:PassRole', scope.passedRoles, {
      condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    }),
    ...(scope.hasOwnExecutionRole
      ? [doctor('iam:GetRole', [scope.executionRole])]
      : [
          steady('iam:GetRole', [scope.executionRole], {
            lostWithout: 'the execution role is not checked at start',
          }),
        ]),
    doctor('ec2:DescribeSubnets'),
    doctor('ec2:DescribeSecurityGroups'),
    doctor('ec2:DescribeVpcs'),
    doctor('ec2:DescribeRouteTables'),
    doctor('servicequotas:GetServiceQuota'),
    doctor('iam:ListAttachedRolePolicies', [scope.executionRole]),
    doctor('iam:GetRole', [linkedRole]),
    doctor('iam:SimulatePrincipalPolicy', [scope.principal]),
  ];
}
