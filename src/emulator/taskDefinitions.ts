import { now } from '../shared/clock.ts';
import { clientError, invalidParameter } from './awsError.ts';
import { checkFargateSize, cpuUnits, memoryMib } from './fargateSizes.ts';
import { boolean, integer, type Members, object, objects, text, texts } from './members.ts';
import { accountId, ecsArn, type Region, type TaskDefinition } from './model.ts';
import { page } from './page.ts';
import { readTags } from './tags.ts';

/** RegisterTaskDefinition: adds a revision. Throws ClientException for what ECS or Fargate refuses. */
export function registerTaskDefinition(region: Region, body: Members): Members {
  const family = text(body, 'family') ?? '';
  if (family === '') throw clientError('Family can not be blank.');
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(family))
    throw clientError('Invalid identifier: task definition family');
  const containers = readContainers(body);
  const fargate = (texts(body, 'requiresCompatibilities') ?? []).includes('FARGATE');
  if (fargate) checkFargate(body, containers);
  const revisions = region.families.get(family) ?? [];
  const revision = revisions.length + 1;
  const definition: TaskDefinition = {
    arn: ecsArn(region.name, `task-definition/${family}:${revision}`),
    family,
    revision,
    status: 'ACTIVE',
    cpu: normalizedSize(text(body, 'cpu'), cpuUnits),
    memory: normalizedSize(text(body, 'memory'), memoryMib),
    otherMembers: otherMembersOf(body, fargate),
    containers,
    tags: readTags(body),
    registeredAt: now(),
    deregisteredAt: null,
  };
  region.families.set(family, [...revisions, definition]);
  return { taskDefinition: definitionView(definition), tags: definition.tags };
}

const normalizedSize = (value: string | undefined, read: (value: string) => number | null) =>
  value === undefined ? null : String(read(value) ?? value);

function readContainers(body: Members): Members[] {
  const containers = objects(body, 'containerDefinitions') ?? [];
  if (containers.length === 0) throw clientError('Container list cannot be empty.');
  if (containers.length > 10)
    throw clientError('Task definition exceeded the maximum number of containers: 10.');
  for (const container of containers) {
    if (!text(container, 'name')) throw clientError('Container.name should not be null or empty.');
    if (!text(container, 'image'))
      throw clientError('Container.image should not be null or empty.');
    texts(container, 'command');
    texts(container, 'entryPoint');
    objects(container, 'environment');
    integer(container, 'stopTimeout');
    boolean(container, 'essential');
  }
  if (new Set(containers.map(({ name }) => name)).size < containers.length)
    throw clientError('Container.name contains duplicate values.');
  if (containers.every(({ essential }) => essential === false))
    throw clientError('A task definition must have at least one essential container.');
  return containers.map((container) => ({
    cpu: 0,
    portMappings: [],
    essential: true,
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    ...container,
  }));
}

function checkFargate(body: Members, containers: Members[]): void {
  if (text(body, 'networkMode') !== 'awsvpc')
    throw clientError('Fargate only supports network mode ‘awsvpc’.');
  checkFargateSize(text(body, 'cpu'), text(body, 'memory'));
  const role = text(body, 'executionRoleArn');
  for (const container of containers) {
    const timeout = integer(container, 'stopTimeout');
    if (timeout !== undefined && timeout < 0)
      throw clientError('Container stop timeout must not be negative.');
    if (timeout !== undefined && timeout > 120)
      throw clientError(
        'Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.',
      );
    const lacks = (what: string) =>
      clientError(
        `Fargate requires task definition to have execution role ARN to support ${what}.`,
      );
    if (!role && object(container, 'logConfiguration')?.logDriver === 'awslogs')
      throw lacks('log driver awslogs');
    const secrets = objects(container, 'secrets') ?? [];
    for (const secret of secrets)
      if (!text(secret, 'name') || !text(secret, 'valueFrom'))
        throw clientError('The container secret name and valueFrom should not be null or empty.');
    if (!role && secrets.length > 0)
      throw clientError(
        "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
      );
    if (!role && /^\d{12}\.dkr\.ecr\./.test(String(container.image))) throw lacks('ECR images');
  }
  const storage = object(body, 'ephemeralStorage');
  const size = storage && integer(storage, 'sizeInGiB');
  if (size !== undefined && size < 21)
    throw clientError('EphemeralStorage size should be at least 21');
  if (size !== undefined && size > 200)
    throw clientError('EphemeralStorage size should be at most 200');
}

/** The members that are stored unchanged, and those that AWS adds. */
function otherMembersOf(body: Members, fargate: boolean): Members {
  const copiedMembers = [
    'taskRoleArn', 'executionRoleArn', 'networkMode', 'requiresCompatibilities', 'runtimePlatform',
    'ephemeralStorage', 'pidMode', 'ipcMode', 'proxyConfiguration', 'inferenceAccelerators',
    'enableFaultInjection',
  ]; // biome-ignore format: a list of names
  return {
    ...Object.fromEntries(
      copiedMembers.filter((name) => body[name] != null).map((name) => [name, body[name]]),
    ),
    volumes: objects(body, 'volumes') ?? [],
    placementConstraints: objects(body, 'placementConstraints') ?? [],
    compatibilities: fargate ? ['EC2', 'FARGATE'] : ['EC2'],
    requiresAttributes: fargate ? [{ name: 'ecs.capability.task-eni' }] : [],
  };
}

const definitionView = (definition: TaskDefinition): Members => ({
  taskDefinitionArn: definition.arn,
  containerDefinitions: definition.containers,
  family: definition.family,
  revision: definition.revision,
  status: definition.status,
  ...(definition.cpu ? { cpu: definition.cpu } : {}),
  ...(definition.memory ? { memory: definition.memory } : {}),
  ...definition.otherMembers,
  registeredAt: Math.round(definition.registeredAt) / 1000,
  registeredBy: `arn:aws:iam::${accountId}:user/emulated`,
  ...(definition.deregisteredAt
    ? { deregisteredAt: Math.round(definition.deregisteredAt) / 1000 }
    : {}),
});

/** Finds a definition by ARN, by `family:revision`, or by `family` (its newest ACTIVE revision). */
export function findDefinition(region: Region, name: string): TaskDefinition | undefined {
  const [family = '', revision] = name.slice(name.lastIndexOf('/') + 1).split(':');
  const revisions = region.families.get(family) ?? [];
  return revision === undefined
    ? revisions.findLast(({ status }) => status === 'ACTIVE')
    : revisions.find((one) => String(one.revision) === revision);
}

/** DescribeTaskDefinition. Throws ClientException for an unknown definition. */
export function describeTaskDefinition(region: Region, body: Members): Members {
  const definition = findDefinition(region, text(body, 'taskDefinition') ?? '');
  if (!definition) throw clientError('Unable to describe task definition.');
  const withTags = texts(body, 'include')?.includes('TAGS');
  return {
    taskDefinition: definitionView(definition),
    ...(withTags ? { tags: definition.tags } : {}),
  };
}

/** DeregisterTaskDefinition: sets the status INACTIVE. Throws ClientException without a revision or for an unknown definition. */
export function deregisterTaskDefinition(region: Region, body: Members): Members {
  const name = text(body, 'taskDefinition') ?? '';
  if (!/:\d+$/.test(name)) throw clientError('Revision can not be blank.');
  const definition = findDefinition(region, name);
  if (!definition) throw clientError('The specified task definition does not exist.');
  definition.status = 'INACTIVE';
  definition.deregisteredAt ??= now();
  return { taskDefinition: definitionView(definition) };
}

/** ListTaskDefinitions, filtered by familyPrefix (the whole family name, as in ECS) and status. */
export function listTaskDefinitions(region: Region, body: Members): Members {
  const prefix = text(body, 'familyPrefix');
  const status = text(body, 'status') ?? 'ACTIVE';
  const families = [...region.families.values()].filter(
    ([first]) => prefix === undefined || first?.family === prefix,
  );
  const arns = families
    .flat()
    .filter((definition) => definition.status === status)
    .map(({ arn }) => arn);
  if (text(body, 'sort') === 'DESC') arns.reverse();
  const { items, nextToken } = page(arns, body);
  return { taskDefinitionArns: items, nextToken };
}

/** ListTaskDefinitionFamilies, filtered by a prefix and by status. */
export function listTaskDefinitionFamilies(region: Region, body: Members): Members {
  const prefix = text(body, 'familyPrefix') ?? '';
  const status = text(body, 'status') ?? 'ALL';
  if (!['ALL', 'ACTIVE', 'INACTIVE'].includes(status)) throw invalidParameter('Invalid status.');
  const names = [...region.families]
    .filter(([name]) => name.startsWith(prefix))
    .filter(([, all]) => {
      const active = all.some((one) => one.status === 'ACTIVE');
      return status === 'ALL' || active === (status === 'ACTIVE');
    })
    .map(([name]) => name);
  const { items, nextToken } = page(names, body);
  return { families: items, nextToken };
}
