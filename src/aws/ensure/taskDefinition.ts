import {
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import {
  diffTaskDefinition,
  type ExistingTaskDefinition,
  needsExecutionRole,
  type TaskDefinitionSettings,
} from './taskDefinitionDiff.ts';
import { type AwsTools, BootstrapFailure, failureCode, isDenied, retryWhile } from './tools.ts';

/** The family's newest active revision; null if there is none. Reads it without tags where those are denied. */
export async function inspectTaskDefinition(
  family: string,
  { ecs, call }: AwsTools,
  signal: AbortSignal,
): Promise<ExistingTaskDefinition | null> {
  const describe = (include: 'TAGS'[]) =>
    call(
      'DescribeTaskDefinition',
      (options) =>
        ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: family, include }), options),
      signal,
    );
  try {
    const { taskDefinition, tags = [] } = await describe(['TAGS']).catch((error) => {
      if (isDenied(error)) return describe([]);
      throw error;
    });
    return taskDefinition?.taskDefinitionArn ? { definition: taskDefinition, tags } : null;
  } catch (error) {
    if (failureCode(error) === 'definitionMissing') return null;
    throw error;
  }
}

/**
 * Resolves to the ARN of the revision that launches use: `newest`, which was just read, if it fits the settings, else a
 * new one. `executionRole` is called only where a revision needs a role that neither the settings nor the one before
 * name. RegisterTaskDefinition is not idempotent, so every retry inspects the family again first.
 */
export async function ensureTaskDefinition(
  settings: TaskDefinitionSettings,
  newest: ExistingTaskDefinition | null,
  executionRole: () => Promise<string>,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<string> {
  const codes = ['concurrentRevision', 'server', 'timeout', 'deadline', 'connection', 'garbled'];
  let isRetry = false;
  return retryWhile(codes, tools, signal, async () => {
    const existing = isRetry ? await inspectTaskDefinition(settings.family, tools, signal) : newest;
    isRetry = true;
    const change = diffTaskDefinition(settings, existing);
    if (change.action === 'none') return change.revision;
    const copied = change.action === 'revise';
    const { executionRoleArn } = change.input;
    const lacksRole = !executionRoleArn && (!copied || needsExecutionRole(settings));
    const input = lacksRole
      ? { ...change.input, executionRoleArn: await executionRole() }
      : change.input;
    const revision = await register(input, tools, signal);
    tools.log.report('taskDefinition.registered', { family: settings.family, copied });
    return revision;
  });
}

/** Registers a revision, without tags if those are denied, and resolves to its ARN. */
async function register(
  input: RegisterTaskDefinitionCommandInput,
  { ecs, call }: AwsTools,
  signal: AbortSignal,
): Promise<string> {
  const { tags, ...untagged } = input;
  const send = (request: RegisterTaskDefinitionCommandInput) =>
    call(
      'RegisterTaskDefinition',
      (options) => ecs.send(new RegisterTaskDefinitionCommand(request), options),
      signal,
    );
  const { taskDefinition } = await send(input).catch((error) => {
    // Tagging needs the permission ecs:TagResource.
    if (tags && isDenied(error)) return send(untagged);
    throw error;
  });
  if (taskDefinition?.taskDefinitionArn) return taskDefinition.taskDefinitionArn;
  throw new BootstrapFailure(
    'refused',
    `task definition ${input.family}: ECS returned no ARN for it`,
  );
}
