import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  type CreateRoleCommandInput,
  GetRoleCommand,
} from '@aws-sdk/client-iam';
import {
  type AwsTools,
  BootstrapFailure,
  failureCode,
  isDenied,
  reportOnce,
  retryWhile,
} from './tools.ts';

export const executionRoleName = 'ecsTaskExecutionRole';

const trustPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ],
});

/** The change that brings the execution role to what Fargate needs. */
export interface ExecutionRoleChange {
  /** Null: the role exists. */
  create: CreateRoleCommandInput | null;
  /** Whether a denied AttachRolePolicy is only logged: an existing role may already have the policy. */
  attachIsOptional: boolean;
}

/** The ARN of the execution role; undefined if there is no such role. */
export async function inspectExecutionRole(
  { iam, call }: AwsTools,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { Role } = await call(
      'GetRole',
      (options) => iam.send(new GetRoleCommand({ RoleName: executionRoleName }), options),
      signal,
    );
    return Role?.Arn;
  } catch (error) {
    if (failureCode(error) === 'roleMissing') return undefined;
    throw error;
  }
}

/**
 * Compares the role that exists with what Fargate needs. Pure. The policy is attached in either case:
 * AttachRolePolicy is idempotent, and a start that ended between CreateRole and AttachRolePolicy left a role
 * without it.
 */
export function diffExecutionRole(existingArn: string | undefined): ExecutionRoleChange {
  if (existingArn) return { create: null, attachIsOptional: true };
  return {
    create: { RoleName: executionRoleName, AssumeRolePolicyDocument: trustPolicy },
    attachIsOptional: false,
  };
}

/** AWS's managed policy for execution roles, in the partition of the role (`aws`, `aws-cn`, `aws-us-gov`). */
export function executionPolicyArn(roleArn: string): string {
  const partition = roleArn.split(':')[1] || 'aws';
  return `arn:${partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`;
}

/** The role, and what is still to be done about its policy. */
export interface ExecutionRole {
  arn: string;
  attachIsOptional: boolean;
}

/**
 * Creates the task execution role if it is missing. `found`: what inspectExecutionRole resolves to. A definition can
 * name the role before it has its policy.
 */
export async function ensureExecutionRole(
  tools: AwsTools,
  signal: AbortSignal,
  found = inspectExecutionRole(tools, signal),
): Promise<ExecutionRole> {
  const existingArn = await found;
  const { create, attachIsOptional } = diffExecutionRole(existingArn);
  const arn = create ? await createRole(create, tools, signal) : existingArn;
  if (arn) return { arn, attachIsOptional };
  throw new BootstrapFailure('refused', `role ${executionRoleName}: IAM returned no ARN for it`);
}

/** Attaches AWS's managed policy to the role: without it a task cannot be started. */
export async function ensureExecutionPolicy(
  { arn, attachIsOptional }: ExecutionRole,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<void> {
  const policy = executionPolicyArn(arn);
  try {
    await attachPolicy(policy, tools, signal);
  } catch (error) {
    const role = executionRoleName;
    if (attachIsOptional && isDenied(error))
      reportOnce(tools.log, 'executionRole.policyNotAttached', { role });
    // AWS has it in every account; an emulator may not, and runs tasks without it.
    else if (failureCode(error) === 'policyMissing')
      reportOnce(tools.log, 'executionRole.policyMissing', { role, policy });
    else throw error;
  }
}

async function createRole(
  input: CreateRoleCommandInput,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { iam, call, log } = tools;
  try {
    const { Role } = await call(
      'CreateRole',
      (options) => iam.send(new CreateRoleCommand(input), options),
      signal,
    );
    log.report('executionRole.created', { role: executionRoleName });
    return Role?.Arn;
  } catch (error) {
    // Created by another process meanwhile, or by our own request whose answer was lost.
    if (failureCode(error) === 'roleExists') return await inspectExecutionRole(tools, signal);
    throw error;
  }
}

/** Retries while IAM, which is eventually consistent, does not know a role that was just created. */
async function attachPolicy(
  policyArn: string,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<void> {
  const { iam, call } = tools;
  const input = { RoleName: executionRoleName, PolicyArn: policyArn };
  await retryWhile(['busy', 'roleMissing'], tools, signal, () =>
    call(
      'AttachRolePolicy',
      (options) => iam.send(new AttachRolePolicyCommand(input), options),
      signal,
    ),
  );
}
