import type {
  ContainerDefinition,
  LogConfiguration,
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
  /** ARNs. Left out, here and below: as the existing revision has it. */
  executionRole?: string | undefined;
  taskRole?: string | undefined;
  /** CloudWatch log group of the worker's output. */
  log?: { group: string; region: string } | undefined;
  ephemeralStorageGib?: number | undefined;
  /** From SIGTERM to SIGKILL. */
  stopTimeoutSeconds?: number | undefined;
  /** Environment variables and the ARNs of their values; others of the existing revision are kept. */
  secrets?: readonly { name: string; value: string }[] | undefined;
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
  if (differencesOf(settings, existing.definition).length === 0)
    return { action: 'none', revision: existing.definition.taskDefinitionArn as string };
  return { action: 'revise', input: nextRevision(existing, settings) };
}

/** The settings as fields of a task definition: CPU units (1024 per vCPU) and MiB, both as text. */
function requiredFields(settings: TaskDefinitionSettings) {
  const { image, cpu, memoryGb, architecture = 'X86_64' } = settings;
  return { image, cpu: String(cpu * 1024), memory: String(memoryGb * 1024), architecture };
}

/** One difference between a definition and the settings, as texts. */
export interface Difference {
  what: string;
  there: string;
  wanted: string;
}

const none = 'none';

/** What differs. Throws a BootstrapFailure of kind `invalid` if there is no container named `scaler-container`. */
export function differencesOf(
  settings: TaskDefinitionSettings,
  definition: TaskDefinition,
): Difference[] {
  const required = requiredFields(settings);
  const container = workerContainer(definition);
  const { executionRole, taskRole, log, ephemeralStorageGib, stopTimeoutSeconds } = settings;
  const options = container.logConfiguration?.options;
  const isLogged = container.logConfiguration?.logDriver === 'awslogs';
  const rows: [string, string | number | undefined, string | number | undefined][] = [
    ['image', container.image, required.image],
    ['cpu', definition.cpu, required.cpu],
    ['memory', definition.memory, required.memory],
    [
      'architecture',
      definition.runtimePlatform?.cpuArchitecture ?? 'X86_64',
      required.architecture,
    ],
    ['execution role', definition.executionRoleArn, executionRole],
    ['task role', definition.taskRoleArn, taskRole],
    ['log group', isLogged ? options?.['awslogs-group'] : undefined, log?.group],
    ['log region', isLogged ? options?.['awslogs-region'] : undefined, log?.region],
    ['ephemeral storage', definition.ephemeralStorage?.sizeInGiB, ephemeralStorageGib],
    ['stop timeout', container.stopTimeout, stopTimeoutSeconds],
    ...(settings.secrets ?? []).map(({ name, value }): [string, string | undefined, string] => [
      `secret ${name}`,
      container.secrets?.find((secret) => secret.name === name)?.valueFrom,
      value,
    ]),
  ];
  return rows
    .filter(([, there, wanted]) => wanted !== undefined && there !== wanted)
    .map(([what, there = none, wanted]) => ({ what, there: `${there}`, wanted: `${wanted}` }));
}

function workerContainer({ containerDefinitions, family }: TaskDefinition): ContainerDefinition {
  const found = containerDefinitions?.find(({ name }) => name === containerName);
  if (found) return found;
  throw new BootstrapFailure(
    'invalid',
    `task definition ${family} has no container named ${containerName}: it was made for something else, choose another name with --ecs-task-definition`,
  );
}

/** Long enough for a worker to end its tasks; Fargate's own default is 30. */
const defaultStopTimeoutSeconds = 120;

/** Fields of the definition that are set only where the settings say so. */
function definitionOptions({
  executionRole,
  taskRole,
  ephemeralStorageGib,
}: TaskDefinitionSettings): Partial<RegisterTaskDefinitionCommandInput> {
  return {
    ...(executionRole !== undefined && { executionRoleArn: executionRole }),
    ...(taskRole !== undefined && { taskRoleArn: taskRole }),
    ...(ephemeralStorageGib !== undefined && {
      ephemeralStorage: { sizeInGiB: ephemeralStorageGib },
    }),
  };
}

/** awslogs; what a person has set besides the group is kept. */
function logConfiguration(
  { group, region }: { group: string; region: string },
  { logConfiguration: existing }: ContainerDefinition,
): LogConfiguration {
  const kept = existing?.logDriver === 'awslogs' ? existing.options : {};
  const place = { 'awslogs-group': group, 'awslogs-region': region };
  const options = { 'awslogs-stream-prefix': 'scaler', ...kept, ...place };
  return { ...(existing?.logDriver === 'awslogs' && existing), logDriver: 'awslogs', options };
}

/** The same of the worker's container. */
function containerOptions(
  { log, stopTimeoutSeconds, secrets = [] }: TaskDefinitionSettings,
  existing: ContainerDefinition,
): Partial<ContainerDefinition> {
  const names = new Set(secrets.map(({ name }) => name));
  const kept = (existing.secrets ?? []).filter(({ name = '' }) => !names.has(name));
  return {
    ...(stopTimeoutSeconds !== undefined && { stopTimeout: stopTimeoutSeconds }),
    ...(log !== undefined && { logConfiguration: logConfiguration(log, existing) }),
    ...(secrets.length > 0 && {
      secrets: [...kept, ...secrets.map(({ name, value }) => ({ name, valueFrom: value }))],
    }),
  };
}

/** The definition needs an execution role for these settings, whatever it had one for. */
export const needsExecutionRole = ({ log, secrets = [] }: TaskDefinitionSettings): boolean =>
  log !== undefined || secrets.length > 0;

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
      {
        ...{ name: containerName, image, essential: true, memory: Number(memory) },
        stopTimeout: defaultStopTimeoutSeconds,
        ...containerOptions(settings, {}),
      },
    ],
    requiresCompatibilities: ['FARGATE'],
    ...definitionOptions(settings),
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
    ...definitionOptions(settings),
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
    ...containerOptions(settings, container),
    image,
    ...((hadWholeTask || isTooLarge) && { memory: maxMemory }),
    ...(cpuUnits !== undefined && { cpu: Math.min(cpuUnits, maxCpu) }),
    ...(reservation !== undefined && { memoryReservation: Math.min(reservation, maxMemory) }),
  };
}
