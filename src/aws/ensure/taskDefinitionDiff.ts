import type {
  ContainerDefinition,
  RegisterTaskDefinitionCommandInput,
  Tag,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import { BootstrapFailure } from './tools.ts';

export interface TaskDefinitionSettings {
  family: string;
  image: string;
  /** vCPU. */
  cpu: number;
  /** GB; counted as 1024 MiB each. */
  memoryGb: number;
  /** Default X86_64. */
  architecture?: 'X86_64' | 'ARM64' | undefined;
}

/** An existing revision and its tags. */
export interface ExistingTaskDefinition {
  definition: TaskDefinition;
  /** Empty also where reading tags is denied. */
  tags: Tag[];
}

/** The change that brings a task definition family to what the settings need. */
export type TaskDefinitionChange =
  /** `revision`: the ARN of the newest active revision, which fits. */
  | { action: 'none'; revision: string }
  /** The family's first revision; the caller adds the execution role. */
  | { action: 'create'; input: RegisterTaskDefinitionCommandInput }
  /** A copy of the newest revision with the settings' values. */
  | { action: 'revise'; input: RegisterTaskDefinitionCommandInput };

/** The container that RunTask's overrides name; the original manager of Scaler uses the same name. */
const containerName = 'scaler-container';

/**
 * Compares the family's newest active revision (null: none) with the settings. Pure. Throws a BootstrapFailure of
 * kind `invalid` if the revision has no container named `scaler-container`.
 */
export function diffTaskDefinition(
  settings: TaskDefinitionSettings,
  existing: ExistingTaskDefinition | null,
): TaskDefinitionChange {
  if (!existing) return { action: 'create', input: firstRevision(settings) };
  if (matches(existing.definition, settings))
    return { action: 'none', revision: existing.definition.taskDefinitionArn as string };
  return { action: 'revise', input: nextRevision(existing, settings) };
}

/** The settings as fields of a task definition: CPU units (1024 per vCPU) and MiB, both as text. */
function requiredFields(settings: TaskDefinitionSettings) {
  const { image, cpu, memoryGb, architecture = 'X86_64' } = settings;
  return { image, cpu: String(cpu * 1024), memory: String(memoryGb * 1024), architecture };
}

function matches(definition: TaskDefinition, settings: TaskDefinitionSettings): boolean {
  const required = requiredFields(settings);
  return (
    workerContainer(definition).image === required.image &&
    definition.cpu === required.cpu &&
    definition.memory === required.memory &&
    (definition.runtimePlatform?.cpuArchitecture ?? 'X86_64') === required.architecture
  );
}

function workerContainer({ containerDefinitions, family }: TaskDefinition): ContainerDefinition {
  const found = containerDefinitions?.find(({ name }) => name === containerName);
  if (found) return found;
  throw new BootstrapFailure(
    'invalid',
    `task definition ${family} has no container named ${containerName}: it was made for something else, choose another name with --ecs-task-definition`,
  );
}

function firstRevision(settings: TaskDefinitionSettings): RegisterTaskDefinitionCommandInput {
  const { image, cpu, memory, architecture } = requiredFields(settings);
  return {
    family: settings.family,
    cpu,
    memory,
    runtimePlatform: { cpuArchitecture: architecture, operatingSystemFamily: 'LINUX' },
    networkMode: 'awsvpc',
    containerDefinitions: [
      // Fargate gives the container the task's memory anyway; some emulators run no task without this field.
      { name: containerName, image, essential: true, memory: Number(memory) },
    ],
    requiresCompatibilities: ['FARGATE'],
  };
}

/**
 * Copies the existing revision and changes only the settings' fields, so that manual changes such as logging or
 * a task role are kept. Leaves out the fields and tags that RegisterTaskDefinition does not accept.
 */
function nextRevision(
  { definition, tags }: ExistingTaskDefinition,
  settings: TaskDefinitionSettings,
): RegisterTaskDefinitionCommandInput {
  const { cpu, memory, architecture } = requiredFields(settings);
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
  const worker = workerContainer(definition);
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
    containerDefinitions: (definition.containerDefinitions ?? []).map((container) =>
      container === worker ? resized(worker, definition.memory, settings) : container,
    ),
    ...(copiedTags.length > 0 && { tags: copiedTags }),
  };
}

/**
 * The worker container with the settings' image. A container that had the whole memory of the old task gets that
 * of the new one; no other limit may exceed the task's.
 */
function resized(
  container: ContainerDefinition,
  oldTaskMemory: string | undefined,
  settings: TaskDefinitionSettings,
): ContainerDefinition {
  const { image, cpu, memory } = requiredFields(settings);
  const maxCpu = Number(cpu);
  const maxMemory = Number(memory);
  const { cpu: cpuUnits, memory: limit, memoryReservation: reservation } = container;
  const hadWholeTask = limit !== undefined && String(limit) === oldTaskMemory;
  const isTooLarge = limit !== undefined && limit > maxMemory;
  return {
    ...container,
    image,
    ...((hadWholeTask || isTooLarge) && { memory: maxMemory }),
    ...(cpuUnits !== undefined && { cpu: Math.min(cpuUnits, maxCpu) }),
    ...(reservation !== undefined && { memoryReservation: Math.min(reservation, maxMemory) }),
  };
}
