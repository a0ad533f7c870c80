import { AwsError, clientError, invalidParameter } from './awsError.ts';
import { readStrategy } from './clusters.ts';
import { checkFargateSize, cpuUnits, memoryMib } from './fargateSizes.ts';
import { boolean, integer, type Members, object, objects, text, texts } from './members.ts';
import type { Cluster, Region, StrategyItem, Tag, TaskDefinition } from './model.ts';
import { groupNamed, subnetNamed } from './network.ts';
import { readTags } from './tags.ts';
import { findDefinition } from './taskDefinitions.ts';

/** A checked RunTask request. */
export interface RunTaskRequest {
  definition: TaskDefinition;
  count: number;
  clientToken: string | null;
  startedBy: string | null;
  group: string;
  tags: Tag[];
  /** null: launchType FARGATE. */
  strategy: StrategyItem[] | null;
  subnets: string[];
  overrides: Members;
  platformVersion: string;
  /** ECS Exec. */
  exec: boolean;
  cpu: string;
  memory: string;
}

/** Reads and checks a RunTask request. Throws the errors of ECS for an invalid one. */
export function readRunTask(region: Region, cluster: Cluster, body: Members): RunTaskRequest {
  const count = integer(body, 'count') ?? 1;
  if (count < 1 || count > 10) throw invalidParameter('Count must be between 1 and 10.');
  const clientToken = text(body, 'clientToken') ?? null;
  if (clientToken !== null && !/^[\x21-\x7e]{1,64}$/.test(clientToken))
    throw invalidParameter('clientToken must be 1 to 64 characters in the ASCII range 33 to 126.');
  const startedBy = text(body, 'startedBy') ?? null;
  if (startedBy !== null && !/^[A-Za-z0-9/_-]{0,128}$/.test(startedBy))
    throw invalidParameter(
      'Invalid identifier: startedBy must be at most 128 letters, digits, hyphens, slashes and underscores.',
    );
  const strategy = readCapacity(cluster, body);
  const definition = readDefinition(region, body);
  const platformVersion = platformOf(body);
  const subnets = readNetwork(region, definition, body);
  const overrides = readOverrides(definition, body);
  const cpu = text(overrides, 'cpu') ?? definition.cpu ?? undefined;
  const memory = text(overrides, 'memory') ?? definition.memory ?? undefined;
  checkFargateSize(cpu, memory);
  if (text(body, 'propagateTags') === 'SERVICE')
    throw invalidParameter('Tags can not be propagated from a service when running a task.');
  return {
    definition,
    count,
    clientToken,
    startedBy,
    group: text(body, 'group') ?? `family:${definition.family}`,
    tags: allTags(cluster, definition, body),
    strategy,
    subnets,
    overrides,
    platformVersion,
    exec: execOf(definition, overrides, body),
    cpu: String(cpuUnits(cpu!)),
    memory: String(memoryMib(memory!)),
  };
}

/** The capacity provider strategy of the request or of its cluster, or null for launchType FARGATE. */
function readCapacity(cluster: Cluster, body: Members): StrategyItem[] | null {
  const launchType = text(body, 'launchType');
  const items = objects(body, 'capacityProviderStrategy') ?? [];
  if (launchType && items.length > 0)
    throw invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  if (launchType === 'FARGATE') return null;
  if (items.length > 0) return readStrategy(items, cluster.capacityProviders);
  if (!launchType && cluster.strategy.length > 0) return cluster.strategy;
  throw invalidParameter('No Container Instances were found in your cluster.');
}

function readDefinition(region: Region, body: Members): TaskDefinition {
  const name = text(body, 'taskDefinition');
  if (!name) throw clientError('TaskDefinition can not be blank.');
  const definition = findDefinition(region, name);
  if (!definition) throw clientError('TaskDefinition not found.');
  if (definition.status !== 'ACTIVE') throw invalidParameter('TaskDefinition is inactive');
  if (
    !(definition.otherMembers.requiresCompatibilities as string[] | undefined)?.includes('FARGATE')
  )
    throw invalidParameter('Task definition does not support launch_type FARGATE.');
  return definition;
}

/** Fargate platform versions for Linux; LATEST means 1.4.0. */
const platformVersions = ['LATEST', '1.4.0', '1.3.0'];

function platformOf(body: Members): string {
  const version = text(body, 'platformVersion') || 'LATEST';
  if (!platformVersions.includes(version))
    throw new AwsError('PlatformUnknownException', "The specified platform version doesn't exist.");
  return version === 'LATEST' ? '1.4.0' : version;
}

/** Whether ECS Exec is on. ECS refuses it without a task role. */
function execOf({ otherMembers }: TaskDefinition, overrides: Members, body: Members): boolean {
  const exec = boolean(body, 'enableExecuteCommand') ?? false;
  if (exec && !otherMembers.taskRoleArn && !text(overrides, 'taskRoleArn'))
    throw invalidParameter(
      'The execute command failed because a valid task role is not being used. Specify a valid task role in your task definition or as a task override and try again.',
    );
  return exec;
}

/** Runs a look-up in the network; its error becomes that of ECS, which quotes EC2. */
function retrieved<Item>(what: string, id: string, find: () => Item): Item {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw invalidParameter(
      `Error retrieving ${what} information for [${id}]: ${error.message} (ErrorCode: ${error.code})`,
    );
  }
}

function checkNetwork({ network, name }: Region, subnets: string[], groups: string[]): void {
  const vpcs = subnets.map(
    (id) => retrieved('subnet', id, () => subnetNamed(network, name, id)).vpc,
  );
  if (new Set(vpcs).size > 1)
    throw invalidParameter('The provided subnets are not all in the same VPC.');
  for (const id of groups)
    if (retrieved('security group', id, () => groupNamed(network, id)).vpc !== vpcs[0])
      throw invalidParameter(
        `Security group ${id} does not appear to belong to the same VPC as the input subnets.`,
      );
}

function readNetwork(region: Region, definition: TaskDefinition, body: Members): string[] {
  const network = object(body, 'networkConfiguration');
  const awsvpc = network && object(network, 'awsvpcConfiguration');
  if (!awsvpc)
    throw invalidParameter(
      `Network Configuration must be provided when networkMode '${definition.otherMembers.networkMode}' is specified.`,
    );
  const subnets = texts(awsvpc, 'subnets') ?? [];
  const groups = texts(awsvpc, 'securityGroups') ?? [];
  if (subnets.length === 0) throw invalidParameter('subnets can not be empty.');
  if (subnets.length > 16) throw invalidParameter('subnets can have at most 16 items.');
  if (groups.length > 5) throw invalidParameter('securityGroups can have at most 5 items.');
  checkNetwork(region, subnets, groups);
  const publicIp = text(awsvpc, 'assignPublicIp') ?? 'DISABLED';
  if (publicIp !== 'ENABLED' && publicIp !== 'DISABLED')
    throw invalidParameter('assignPublicIp must be ENABLED or DISABLED.');
  return subnets;
}

function readOverrides(definition: TaskDefinition, body: Members): Members {
  const overrides = object(body, 'overrides') ?? {};
  const containers = objects(overrides, 'containerOverrides') ?? [];
  if (JSON.stringify(overrides).length > 8192)
    throw invalidParameter('Container Overrides length must be at most 8192');
  for (const override of containers) {
    const { name, ...rest } = override;
    if (Object.keys(rest).length === 0 && name === undefined) continue;
    if (!text(override, 'name'))
      throw invalidParameter('Container override must name a container of the TaskDefinition.');
    if (!definition.containers.some((container) => container.name === name))
      throw invalidParameter(
        `Override for container named ${name} is not a container in the TaskDefinition.`,
      );
    texts(override, 'command');
    for (const pair of objects(override, 'environment') ?? []) {
      text(pair, 'name');
      text(pair, 'value');
    }
  }
  return {
    ...overrides,
    containerOverrides: containers,
    inferenceAcceleratorOverrides: objects(overrides, 'inferenceAcceleratorOverrides') ?? [],
  };
}

function allTags(cluster: Cluster, definition: TaskDefinition, body: Members): Tag[] {
  const tags = readTags(body);
  if (text(body, 'propagateTags') === 'TASK_DEFINITION')
    tags.push(...definition.tags.filter(({ key }) => !tags.some((tag) => tag.key === key)));
  if (boolean(body, 'enableECSManagedTags'))
    tags.push({ key: 'aws:ecs:clusterName', value: cluster.name });
  return tags;
}

/** The capacity provider of each task of the request: first the bases, then by weight. */
export function placements({ strategy, count }: RunTaskRequest): (string | null)[] {
  if (strategy === null) return Array.from({ length: count }, () => null);
  const placed: string[] = [];
  for (const { capacityProvider, base } of strategy)
    while (placed.length < Math.min(count, base)) placed.push(capacityProvider);
  const weighted = strategy.length === 1 ? [{ ...strategy[0]!, weight: 1 }] : strategy;
  const shares = new Map<string, number>();
  while (placed.length < count) {
    const share = (item: StrategyItem) =>
      ((shares.get(item.capacityProvider) ?? 0) + 1) / item.weight;
    const next = weighted
      .filter(({ weight }) => weight > 0)
      .reduce((best, item) => (share(item) < share(best) ? item : best));
    shares.set(next.capacityProvider, (shares.get(next.capacityProvider) ?? 0) + 1);
    placed.push(next.capacityProvider);
  }
  return placed;
}
