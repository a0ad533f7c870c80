import {
  type Cluster,
  CreateClusterCommand,
  DescribeClustersCommand,
  PutClusterCapacityProvidersCommand,
} from '@aws-sdk/client-ecs';
import { type AwsTools, BootstrapFailure, codeOf, whileCodes } from './aws.ts';

export interface ClusterSettings {
  cluster: string;
  capacityProvider?: 'FARGATE' | 'FARGATE_SPOT' | undefined;
}

const settling = 2_000;

/** Makes sure that there is an active cluster of this name that offers the capacity provider. */
export const ensureCluster = async (
  { cluster: name, capacityProvider }: ClusterSettings,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<void> => {
  const { ecs, call, clock, log } = tools;
  const wanted: string[] = capacityProvider ? ['FARGATE', 'FARGATE_SPOT'] : [];

  const describe = async (): Promise<Cluster | undefined> => {
    const { clusters = [] } = await call(
      'DescribeClusters',
      (options) => ecs.send(new DescribeClustersCommand({ clusters: [name] }), options),
      signal,
    );
    return clusters[0];
  };

  const create = async (): Promise<Cluster | undefined> => {
    const input = { clusterName: name, ...(wanted.length > 0 && { capacityProviders: wanted }) };
    try {
      // The first cluster of an account makes the service-linked role, and may come too early for it.
      const created = await whileCodes(['serviceLinkedRole', 'busy'], tools, signal, async () => {
        const send = (options: { abortSignal: AbortSignal }) =>
          ecs.send(new CreateClusterCommand(input), options);
        return (await call('CreateCluster', send, signal)).cluster;
      });
      log.report('cluster.created', { cluster: name });
      return created;
    } catch (error) {
      // Somebody else made it in the meantime, with other settings.
      if (codeOf(error) !== 'clusterDiffers') throw error;
      return await describe();
    }
  };

  const found = await describe();
  let cluster = found?.status === 'ACTIVE' ? found : undefined;
  if (!cluster) cluster = found?.status === 'PROVISIONING' ? found : await create();
  const until = clock.now() + 60_000;
  while (cluster?.status === 'PROVISIONING' && clock.now() < until) {
    await clock.sleep(settling, signal);
    cluster = await describe();
  }
  if (cluster?.status !== 'ACTIVE')
    throw new BootstrapFailure(
      'refused',
      `cluster ${name} does not become active: its status is ${cluster?.status ?? 'unknown'}`,
    );

  const present = cluster.capacityProviders ?? [];
  if (wanted.every((provider) => present.includes(provider))) return;
  // The call replaces the whole list, so what is there goes with it.
  const input = {
    cluster: name,
    capacityProviders: [...new Set([...present, ...wanted])],
    defaultCapacityProviderStrategy: cluster.defaultCapacityProviderStrategy ?? [],
  };
  await whileCodes(['busy', 'serviceLinkedRole'], tools, signal, () =>
    call(
      'PutClusterCapacityProviders',
      (options) => ecs.send(new PutClusterCapacityProvidersCommand(input), options),
      signal,
    ),
  );
  const providers = input.capacityProviders;
  log.report('capacityProviders.associated', { cluster: name, providers });
};
