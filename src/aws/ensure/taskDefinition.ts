import {
  type ContainerDefinition,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Tag,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import { type AwsTools, BootstrapFailure, codeOf, isDenied, whileCodes } from './aws.ts';

export interface DefinitionSettings {
  family: string;
  image: string;
  /** vCPU. */
  cpu: number;
  memoryGb: number;
  architecture?: 'X86_64' | 'ARM64' | undefined;
}

/** The name that the launch requests address; the original manager's. */
const containerName = 'scaler-container';

/** What of a definition is ours to set. */
const ours = ({ image, cpu, memoryGb, architecture = 'X86_64' }: DefinitionSettings) => ({
  image,
  cpu: String(cpu * 1024),
  memory: String(memoryGb * 1024),
  architecture,
});

export interface Described {
  definition: TaskDefinition;
  tags: Tag[];
}

/** The family's newest active revision; null when there is none. */
export const describeDefinition = async (
  family: string,
  { ecs, call }: AwsTools,
  signal: AbortSignal,
): Promise<Described | null> => {
  const ask = (include: 'TAGS'[]) =>
    call(
      'DescribeTaskDefinition',
      (options) =>
        ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: family, include }), options),
      signal,
    );
  try {
    const { taskDefinition, tags = [] } = await ask(['TAGS']).catch((error) => {
      if (isDenied(error)) return ask([]);
      throw error;
    });
    return taskDefinition?.taskDefinitionArn ? { definition: taskDefinition, tags } : null;
  } catch (error) {
    if (codeOf(error) === 'definitionMissing') return null;
    throw error;
  }
};

/** Whether the definition already says what the settings say. */
export const isUnchanged = (definition: TaskDefinition, settings: DefinitionSettings): boolean => {
  const { image, cpu, memory, architecture } = ours(settings);
  const container = ourContainer(definition);
  return (
    container.image === image &&
    definition.cpu === cpu &&
    definition.memory === memory &&
    (definition.runtimePlatform?.cpuArchitecture ?? 'X86_64') === architecture
  );
};

const ourContainer = ({ containerDefinitions, family }: TaskDefinition): ContainerDefinition => {
  const found = containerDefinitions?.find(({ name }) => name === containerName);
  if (found) return found;
  throw new BootstrapFailure(
    'invalid',
    `task definition ${family} has no container named ${containerName}: it was made for something else, choose another name with --ecs-task-definition`,
  );
};

const fresh = (
  settings: DefinitionSettings,
  executionRoleArn: string,
): RegisterTaskDefinitionCommandInput => {
  const { image, cpu, memory, architecture } = ours(settings);
  return {
    family: settings.family,
    cpu,
    memory,
    runtimePlatform: { cpuArchitecture: architecture, operatingSystemFamily: 'LINUX' },
    networkMode: 'awsvpc',
    containerDefinitions: [
      // The memory says what Fargate does anyway; some emulators cannot run a task without it.
      { name: containerName, image, essential: true, memory: Number(memory) },
    ],
    requiresCompatibilities: ['FARGATE'],
    executionRoleArn,
  };
};

/** The described definition with our fields changed: what a person added by hand, as logging or a task role, stays. */
export const revised = (
  { definition, tags }: Described,
  settings: DefinitionSettings,
): RegisterTaskDefinitionCommandInput => {
  const { image, cpu, memory, architecture } = ours(settings);
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    status: _status,
    requiresAttributes: _attributes,
    compatibilities: _compatibilities,
    registeredAt: _registeredAt,
    deregisteredAt: _deregisteredAt,
    deleteRequestedAt: _deleteRequestedAt,
    registeredBy: _registeredBy,
    ...kept
  } = definition;
  const copiedTags = tags.filter(({ key }) => !key?.toLowerCase().startsWith('aws:'));
  const mine = ourContainer(definition);
  const most = Number(memory);
  const containerDefinitions = (definition.containerDefinitions ?? []).map((container) => {
    if (container !== mine) return container;
    // A container that had the whole task's memory keeps the whole; none may have more than the task.
    const had = container.memory;
    const whole = had !== undefined && (String(had) === definition.memory || had > most);
    const { cpu: share, memoryReservation: reserved } = container;
    return {
      ...container,
      image,
      ...(whole && { memory: most }),
      ...(share !== undefined && { cpu: Math.min(share, Number(cpu)) }),
      ...(reserved !== undefined && { memoryReservation: Math.min(reserved, most) }),
    };
  });
  return {
    ...kept,
    family: settings.family,
    cpu,
    memory,
    runtimePlatform: {
      operatingSystemFamily: 'LINUX',
      ...definition.runtimePlatform,
      cpuArchitecture: architecture,
    },
    containerDefinitions,
    ...(copiedTags.length > 0 && { tags: copiedTags }),
  };
};

/** The ARN of the revision that launches are pinned to; registers one only if what is there differs. */
export const ensureDefinition = async (
  settings: DefinitionSettings,
  /** Asked for only when there is no definition to copy. */
  executionRole: () => Promise<string>,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<string> =>
  // Registering is not repeatable, so each further try begins with another look.
  whileCodes(['concurrentRevision', 'server', 'timeout', 'connection'], tools, signal, async () => {
    const described = await describeDefinition(settings.family, tools, signal);
    if (described && isUnchanged(described.definition, settings))
      return described.definition.taskDefinitionArn as string;
    const input = described ? revised(described, settings) : fresh(settings, await executionRole());
    const revision = await register(input, tools, signal);
    const { family } = settings;
    tools.log.report('taskDefinition.registered', { family, copied: described !== null });
    return revision;
  });

const register = async (
  input: RegisterTaskDefinitionCommandInput,
  { ecs, call }: AwsTools,
  signal: AbortSignal,
): Promise<string> => {
  const { tags, ...untagged } = input;
  const send = (each: RegisterTaskDefinitionCommandInput) =>
    call(
      'RegisterTaskDefinition',
      (options) => ecs.send(new RegisterTaskDefinitionCommand(each), options),
      signal,
    );
  const { taskDefinition } = await send(input).catch((error) => {
    // Tags are the part of a copy that needs a right of its own.
    if (tags && isDenied(error)) return send(untagged);
    throw error;
  });
  if (taskDefinition?.taskDefinitionArn) return taskDefinition.taskDefinitionArn;
  throw new BootstrapFailure('refused', `task definition ${input.family}: ECS gives no ARN for it`);
};
