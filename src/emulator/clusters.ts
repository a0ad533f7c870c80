import { AwsError, invalidParameter } from './awsError.ts';
import { canonicalJson } from './canonicalJson.ts';
import { integer, type Members, object, objects, text, texts } from './members.ts';
import { type Cluster, ecsArn, type Region, type StrategyItem } from './model.ts';
import { page } from './page.ts';
import { readTags } from './tags.ts';

const clusterNameIn = (nameOrArn: string): string =>
  nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);

/** The cluster that a request names, `default` without a name. Throws ClusterNotFoundException when it does not exist or is INACTIVE. */
export function clusterOf(region: Region, body: Members): Cluster {
  const cluster = region.clusters.get(clusterNameIn(text(body, 'cluster') ?? 'default'));
  if (!cluster) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  if (cluster.status === 'INACTIVE')
    throw new AwsError('ClusterNotFoundException', 'The referenced cluster was inactive.');
  return cluster;
}

/** A cluster as DescribeClusters shows it; `include` adds TAGS and SETTINGS. */
export function clusterView(cluster: Cluster, include: string[] = []): Members {
  const tasks = [...cluster.desiredRunning];
  const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length;
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: running,
    pendingTasksCount: tasks.length - running,
    activeServicesCount: 0,
    statistics: [],
    tags: include.includes('TAGS') ? cluster.tags : [],
    settings: include.includes('SETTINGS') ? cluster.settings : [],
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: cluster.strategy,
    ...(cluster.configuration ? { configuration: cluster.configuration } : {}),
  };
}

function readProviders(body: Members): string[] {
  const providers = texts(body, 'capacityProviders') ?? [];
  for (const provider of providers)
    if (provider !== 'FARGATE' && provider !== 'FARGATE_SPOT')
      throw invalidParameter(
        'The specified capacity provider does not exist. Specify a valid name or ARN and try again.',
      );
  return providers;
}

/** Reads a capacity provider strategy; weight and base default to 0. Throws InvalidParameterException for a provider that is not associated with the cluster. */
export function readStrategy(items: Members[], associated: string[]): StrategyItem[] {
  if (items.length > 20)
    throw invalidParameter(
      'A capacity provider strategy can contain a maximum of 20 capacity providers.',
    );
  const strategy = items.map((item) => ({
    capacityProvider: text(item, 'capacityProvider') ?? '',
    weight: integer(item, 'weight') ?? 0,
    base: integer(item, 'base') ?? 0,
  }));
  for (const { capacityProvider, weight, base } of strategy) {
    if (!associated.includes(capacityProvider))
      throw invalidParameter(
        'The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.',
      );
    if (weight < 0 || weight > 1000 || base < 0 || base > 100_000)
      throw invalidParameter('The weight or base of a capacity provider is out of range.');
  }
  if (strategy.filter(({ base }) => base > 0).length > 1)
    throw invalidParameter('Only one capacity provider in a strategy can have a base defined.');
  if (strategy.length > 1 && strategy.every(({ weight }) => weight === 0))
    throw invalidParameter(
      'At least one capacity provider in the strategy must have a weight greater than 0.',
    );
  return strategy;
}

const defaultSettings = [{ name: 'containerInsights', value: 'disabled' }];

/** CreateCluster. Idempotent for equal parameters; throws InvalidParameterException when an ACTIVE cluster of that name has other ones. */
export function createCluster(region: Region, body: Members): Members {
  const name = text(body, 'clusterName') ?? 'default';
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name))
    throw invalidParameter('Identifier is not valid: cluster name');
  const capacityProviders = readProviders(body);
  const requested = {
    capacityProviders,
    strategy: readStrategy(
      objects(body, 'defaultCapacityProviderStrategy') ?? [],
      capacityProviders,
    ),
    settings: objects(body, 'settings') ?? defaultSettings,
    configuration: object(body, 'configuration') ?? null,
  };
  const existing = region.clusters.get(name);
  if (existing?.status === 'ACTIVE') {
    // As in ECS, parameters absent from the request are not compared: the cluster may have been configured by another client.
    const differs = (attribute: keyof typeof requested, parameter: string) =>
      body[parameter] != null &&
      canonicalJson(existing[attribute]) !== canonicalJson(requested[attribute]);
    if (
      differs('capacityProviders', 'capacityProviders') ||
      differs('strategy', 'defaultCapacityProviderStrategy') ||
      differs('settings', 'settings') ||
      differs('configuration', 'configuration')
    )
      throw invalidParameter(
        'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
      );
    return { cluster: clusterView(existing, ['TAGS', 'SETTINGS']) };
  }
  const cluster: Cluster = {
    arn: ecsArn(region.name, `cluster/${name}`),
    name,
    status: 'ACTIVE',
    ...requested,
    tags: readTags(body),
    desiredRunning: new Set(),
    desiredStopped: new Set(),
    launchesByToken: new Map(),
  };
  region.clusters.set(name, cluster);
  return { cluster: clusterView(cluster, ['TAGS', 'SETTINGS']) };
}

/** DescribeClusters. Unknown clusters are `failures` with the reason MISSING. */
export function describeClusters(region: Region, body: Members): Members {
  const names = texts(body, 'clusters') ?? [];
  if (names.length > 100) throw invalidParameter('Clusters can have at most 100 items.');
  const clusters: Members[] = [];
  const failures: Members[] = [];
  for (const name of names.length > 0 ? names : ['default']) {
    const cluster = region.clusters.get(clusterNameIn(name));
    if (cluster) clusters.push(clusterView(cluster, texts(body, 'include')));
    else
      failures.push({
        arn: ecsArn(region.name, `cluster/${clusterNameIn(name)}`),
        reason: 'MISSING',
      });
  }
  return { clusters, failures };
}

/** ListClusters: the ARNs of the ACTIVE clusters. */
export function listClusters(region: Region, body: Members): Members {
  const active = [...region.clusters.values()].filter(({ status }) => status === 'ACTIVE');
  const { items, nextToken } = page(
    active.map(({ arn }) => arn),
    body,
  );
  return { clusterArns: items, nextToken };
}

/** DeleteCluster: sets the status INACTIVE. Throws ClusterContainsTasksException while tasks are not STOPPED. */
export function deleteCluster(region: Region, body: Members): Members {
  const name = text(body, 'cluster');
  if (!name) throw invalidParameter('Cluster can not be blank.');
  const cluster = clusterOf(region, body);
  if (
    cluster.desiredRunning.size > 0 ||
    [...cluster.desiredStopped].some((task) => task.lastStatus !== 'STOPPED')
  )
    throw new AwsError(
      'ClusterContainsTasksException',
      'The Cluster cannot be deleted while Tasks are active.',
    );
  cluster.status = 'INACTIVE';
  return { cluster: clusterView(cluster) };
}

/** PutClusterCapacityProviders. Throws InvalidParameterException for unknown providers or a missing strategy. */
export function putClusterCapacityProviders(region: Region, body: Members): Members {
  const cluster = clusterOf(region, body);
  const strategy = objects(body, 'defaultCapacityProviderStrategy');
  if (!body.capacityProviders || !strategy)
    throw invalidParameter(
      'capacityProviders and defaultCapacityProviderStrategy must both be specified.',
    );
  const capacityProviders = readProviders(body);
  const checkedStrategy = readStrategy(strategy, capacityProviders);
  cluster.capacityProviders = capacityProviders;
  cluster.strategy = checkedStrategy;
  return { cluster: clusterView(cluster, ['SETTINGS']) };
}
