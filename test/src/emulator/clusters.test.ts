import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DescribeClustersCommand,
  PutClusterCapacityProvidersCommand,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { startTestEmulator } from './testEmulator.ts';

const hollow = { hollow: true };

describe('clusters', () => {
  it('are created, described and deleted, and CreateCluster reactivates a deleted one', async () => {
    const { ecs } = await startTestEmulator(hollow);
    const create = () => ecs.send(new CreateClusterCommand({ clusterName: 'c' }));
    const { cluster } = await create();
    expect(cluster).toMatchObject({
      clusterName: 'c',
      clusterArn: 'arn:aws:ecs:us-east-1:123456789012:cluster/c',
      status: 'ACTIVE',
    });
    expect((await create()).cluster).toEqual(cluster);
    await ecs.send(new DeleteClusterCommand({ cluster: 'c' }));
    const { clusters, failures } = await ecs.send(
      new DescribeClustersCommand({ clusters: ['c', 'unknown'] }),
    );
    expect(clusters?.[0]?.status).toBe('INACTIVE');
    expect(failures?.[0]).toMatchObject({ reason: 'MISSING' });
    expect((await create()).cluster?.status).toBe('ACTIVE');
  });

  it('are refused when CreateCluster repeats a name with other settings, or when providers come without a strategy', async () => {
    const { ecs } = await startTestEmulator(hollow);
    await expect(
      ecs.send(new CreateClusterCommand({ clusterName: 'fleet', capacityProviders: ['FARGATE'] })),
    ).rejects.toThrow(
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
    const put = (defaultCapacityProviderStrategy?: []) =>
      ecs.send(
        new PutClusterCapacityProvidersCommand({
          cluster: 'fleet',
          capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
          defaultCapacityProviderStrategy,
        }),
      );
    await expect(put()).rejects.toMatchObject({ name: 'InvalidParameterException' });
    expect((await put([])).cluster?.capacityProviders).toEqual(['FARGATE', 'FARGATE_SPOT']);
  });

  it('show their task counts and cannot be deleted while tasks run', async () => {
    const { ecs, run, waitForStatus } = await startTestEmulator(hollow);
    const { tasks } = await run('x', { count: 2 });
    for (const { taskArn } of tasks ?? []) await waitForStatus(taskArn, 'RUNNING');
    const { clusters } = await ecs.send(new DescribeClustersCommand({ clusters: ['fleet'] }));
    expect(clusters?.[0]).toMatchObject({ runningTasksCount: 2, pendingTasksCount: 0 });
    await expect(ecs.send(new DeleteClusterCommand({ cluster: 'fleet' }))).rejects.toMatchObject({
      name: 'ClusterContainsTasksException',
    });
  });
});
