import {
  type Cluster,
  CreateClusterCommand,
  type CreateClusterCommandInput,
  DescribeClustersCommand,
  PutClusterCapacityProvidersCommand,
  type PutClusterCapacityProvidersCommandInput,
} from '@aws-sdk/client-ecs';
import { type AwsTools, BootstrapFailure, failureCode, retryWhile } from './tools.ts';

export interface ClusterSettings {
  /** Name or ARN. */
  cluster: string;
  /** Left out: launches use launch type FARGATE, and the cluster needs no capacity provider. */
  capacityProvider?: 'FARGATE' | 'FARGATE_SPOT' | undefined;
}

/** The change that brings a cluster to what the settings need. */
export type ClusterChange =
  | { action: 'none' }
  /** The cluster is being created; its status has to be read again. */
  | { action: 'wait' }
  | { action: 'create'; input: CreateClusterCommandInput }
  | { action: 'associateProviders'; input: PutClusterCapacityProvidersCommandInput };

const provisioningPollMs = 2_000;
const provisioningTimeoutMs = 60_000;

/** The cluster as ECS describes it; undefined if there is none of this name. */
export async function inspectCluster(
  name: string,
  { ecs, call }: AwsTools,
  signal: AbortSignal,
): Promise<Cluster | undefined> {
  const { clusters = [] } = await call(
    'DescribeClusters',
    (options) => ecs.send(new DescribeClustersCommand({ clusters: [name] }), options),
    signal,
  );
  return clusters[0];
}

/** Compares the cluster that exists with the settings. Pure. */
export function diffCluster(
  { cluster: name, capacityProvider }: ClusterSettings,
  existing: Cluster | undefined,
): ClusterChange {
  const required: string[] = capacityProvider ? ['FARGATE', 'FARGATE_SPOT'] : [];
  if (existing?.status === 'PROVISIONING') return { action: 'wait' };
  if (existing?.status !== 'ACTIVE') {
    const providers = required.length > 0 && { capacityProviders: required };
    return { action: 'create', input: { clusterName: name, ...providers } };
  }
  const associated = existing.capacityProviders ?? [];
  if (required.every((provider) => associated.includes(provider))) return { action: 'none' };
  return {
    action: 'associateProviders',
    // PutClusterCapacityProviders replaces both lists, so the input repeats what is already there.
    input: {
      cluster: name,
      capacityProviders: [...new Set([...associated, ...required])],
      defaultCapacityProviderStrategy: existing.defaultCapacityProviderStrategy ?? [],
    },
  };
}

/**
 * Creates the cluster if there is no active one, and associates the Fargate capacity providers if the settings
 * use one. Rejects with a BootstrapFailure if the cluster is not ACTIVE within 60 s. `created`: it did not exist
 * before, and runs no task.
 */
export async function ensureCluster(
  settings: ClusterSettings,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<{ created: boolean }> {
  const found = await inspectCluster(settings.cluster, tools, signal);
  const change = diffCluster(settings, found);
  const { cluster, created } =
    change.action === 'create'
      ? await createCluster(settings.cluster, change.input, tools, signal)
      : { cluster: found, created: false };
  const active = await waitUntilActive(settings.cluster, cluster, tools, signal);
  const rest = diffCluster(settings, active);
  if (rest.action === 'associateProviders') await associateProviders(rest.input, tools, signal);
  const { runningTasksCount = 0, pendingTasksCount = 0 } = active;
  return { created: created && runningTasksCount + pendingTasksCount === 0 };
}

async function createCluster(
  name: string,
  input: CreateClusterCommandInput,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<{ cluster: Cluster | undefined; created: boolean }> {
  const { ecs, call, log } = tools;
  const create = async () => {
    const send = (options: { abortSignal: AbortSignal }) =>
      ecs.send(new CreateClusterCommand(input), options);
    return (await call('CreateCluster', send, signal)).cluster;
  };
  try {
    // An account's first CreateCluster also creates the service-linked role and fails until that exists.
    const cluster = await retryWhile(['serviceLinkedRole', 'busy'], tools, signal, create);
    log.report('cluster.created', { cluster: name });
    return { cluster, created: true };
  } catch (error) {
    // Another process created the cluster at the same time, with other settings.
    if (failureCode(error) !== 'clusterDiffers') throw error;
    return { cluster: await inspectCluster(name, tools, signal), created: false };
  }
}

async function waitUntilActive(
  name: string,
  existing: Cluster | undefined,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<Cluster> {
  const { clock } = tools;
  const deadline = clock.now() + provisioningTimeoutMs;
  let cluster = existing;
  while (cluster?.status === 'PROVISIONING' && clock.now() < deadline) {
    await clock.sleep(provisioningPollMs, signal);
    cluster = await inspectCluster(name, tools, signal);
  }
  if (cluster?.status === 'ACTIVE') return cluster;
  throw new BootstrapFailure(
    'refused',
    `cluster ${name} does not become active: its status is ${cluster?.status ?? 'unknown'}`,
  );
}

async function associateProviders(
  input: PutClusterCapacityProvidersCommandInput,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<void> {
  const { ecs, call, log } = tools;
  await retryWhile(['busy', 'serviceLinkedRole'], tools, signal, () =>
    call(
      'PutClusterCapacityProviders',
      (options) => ecs.send(new PutClusterCapacityProvidersCommand(input), options),
      signal,
    ),
  );
  const { cluster = '', capacityProviders: providers = [] } = input;
  log.report('capacityProviders.associated', { cluster, providers });
}
