import { executionRoleName } from '../ensure/executionRole.ts';
import { type AwsFacts, found, type Role, reasonOf } from './awsFacts.ts';
import { error, type Finding, listed, ok, unchecked, warning } from './finding.ts';
import { serviceLinkedRoleName } from './permissions.ts';
import type { PreflightSettings } from './settings.ts';

/** The roles that Fargate uses: the execution role and ECS's service-linked role. Pure. */
export function checkRoles(
  settings: RoleSettings,
  facts: Pick<AwsFacts, 'definition' | 'executionRole' | 'serviceLinkedRole' | 'cluster'>,
): Finding[] {
  return [
    ...checkExecutionRole(settings, facts),
    ...checkSecrets(settings, facts),
    ...checkExec(settings, facts),
    checkServiceLinkedRole(facts),
  ];
}

type RoleSettings = Partial<
  Pick<PreflightSettings, 'executionRole' | 'taskRole' | 'exec' | 'secrets'>
>;

/** AWS's policy for execution roles lets no role read a secret. */
function checkSecrets(
  settings: RoleSettings,
  { definition }: Pick<AwsFacts, 'definition'>,
): Finding[] {
  const { secrets = [] } = settings;
  const existing = found(definition)?.definition.executionRoleArn;
  const role = settings.executionRole ?? existing ?? executionRoleName;
  if (secrets.length === 0 || !new RegExp(`(^|/)${executionRoleName}$`).test(role)) return [];
  return [
    warning(
      'executionRole.secrets',
      `${listed(secrets.map(({ name }) => name))} are read by the role ${executionRoleName}`,
      'AmazonECSTaskExecutionRolePolicy does not allow it to read secrets, and a task that cannot read them does not start',
      'set --ecs-execution-role to a role with secretsmanager:GetSecretValue or ssm:GetParameters on them',
    ),
  ];
}

function checkExec(
  { exec, taskRole }: RoleSettings,
  { definition }: Pick<AwsFacts, 'definition'>,
): Finding[] {
  if (!exec || taskRole !== undefined || found(definition)?.definition.taskRoleArn) return [];
  return [
    error(
      'exec.taskRole',
      '--ecs-exec is set, and the tasks have no task role',
      'ECS refuses every launch: execute-command needs a task role that may use ssmmessages',
      'set --ecs-task-role, or leave --ecs-exec out',
    ),
  ];
}

function checkExecutionRole(
  settings: RoleSettings,
  {
    definition: definitionRead,
    executionRole: read,
  }: Pick<AwsFacts, 'definition' | 'executionRole'>,
): Finding[] {
  const definition = found(definitionRead);
  const used = settings.executionRole ?? definition?.definition.executionRoleArn;
  const name = used?.slice(used.lastIndexOf('/') + 1) ?? executionRoleName;
  // A definition that needs none, for an image of a public registry without awslogs.
  if (definition && used === undefined) return [];
  if (!read.ok)
    return [
      unchecked(
        'executionRole.unchecked',
        `the role ${name} was not looked at: ${reasonOf(read)}`,
        'a task whose execution role is missing or cannot be assumed does not start',
        'allow iam:GetRole; see scaler-ecs policy',
      ),
    ];
  const role = read.value;
  if (role === null && (definition || settings.executionRole !== undefined))
    return [
      error(
        'executionRole.missing',
        `${settings.executionRole === undefined ? 'the task definition names' : '--ecs-execution-role is'} the role ${name}, which does not exist`,
        'ECS cannot assume it, and refuses every launch',
        settings.executionRole === undefined
          ? 'make the role again, or set --ecs-task-definition to another name'
          : 'make the role, or name one that exists',
      ),
    ];
  if (role === null)
    return [ok('executionRole.willBeCreated', `the role ${name} will be created by run`)];
  return roleFaults(name, role);
}

function roleFaults(name: string, { trust, policies }: Role): Finding[] {
  if (!trust.includes('ecs-tasks.amazonaws.com'))
    return [
      error(
        'executionRole.trust',
        `the role ${name} does not trust ecs-tasks.amazonaws.com`,
        'ECS cannot assume it, and refuses every launch',
        `aws iam update-assume-role-policy --role-name ${name} with sts:AssumeRole for ecs-tasks.amazonaws.com`,
      ),
    ];
  const attached = found(policies);
  const isComplete = attached?.some((arn) => arn.endsWith('/AmazonECSTaskExecutionRolePolicy'));
  if (attached === undefined || isComplete || name !== executionRoleName)
    return [ok('executionRole.usable', `the role ${name} exists and ECS may assume it`)];
  return [
    warning(
      'executionRole.policy',
      `AmazonECSTaskExecutionRolePolicy is not attached to the role ${name}`,
      'without it a task cannot pull from a private registry of ECR, nor write its log to CloudWatch',
      `aws iam attach-role-policy --role-name ${name} --policy-arn arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`,
    ),
  ];
}

function checkServiceLinkedRole({
  serviceLinkedRole: read,
  cluster,
}: Pick<AwsFacts, 'serviceLinkedRole' | 'cluster'>): Finding {
  if (!read.ok)
    return unchecked(
      'serviceLinkedRole.unchecked',
      `the service-linked role of ECS was not looked at: ${reasonOf(read)}`,
      'without it Fargate starts no task; AWS creates it when an account first uses ECS',
      'allow iam:GetRole on it; see scaler-ecs policy',
    );
  if (read.value) return ok('serviceLinkedRole.exists', `${serviceLinkedRoleName} exists`);
  if (found(cluster)?.status === 'ACTIVE')
    return error(
      'serviceLinkedRole.missing',
      `the account has a cluster and no ${serviceLinkedRoleName}: the role was deleted`,
      'Fargate cannot attach a network interface to a task, so none starts',
      'aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com',
    );
  return ok(
    'serviceLinkedRole.willBeCreated',
    `AWS creates ${serviceLinkedRoleName} with the first cluster`,
  );
}
