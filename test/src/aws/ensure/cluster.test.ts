import { describe, expect, it } from 'vitest';
import { ensureCluster } from '../../../../src/aws/ensure/cluster.ts';
import { awsError, denied, scripted } from './scripted.ts';

const active = { clusters: [{ status: 'ACTIVE' }] };
const none = { clusters: [], failures: [{ reason: 'MISSING' }] };
const created = { cluster: { status: 'ACTIVE' } };
const early = awsError(
  'InvalidParameterException',
  'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
);

describe('ensureCluster', () => {
  const ensure = (script: Parameters<typeof scripted>[0], provider?: 'FARGATE_SPOT') => {
    const world = scripted(script);
    const settings = { cluster: 'c', capacityProvider: provider };
    return { world, done: ensureCluster(settings, world.tools, world.signal) };
  };

  it('leaves an active cluster alone', async () => {
    const { world, done } = ensure({ DescribeClusters: [active] });
    await done;
    expect(world.operations()).toEqual(['DescribeClusters']);
  });

  it.each([none, { clusters: [{ status: 'INACTIVE' }] }, { clusters: [{ status: 'FAILED' }] }])(
    'creates one when there is %j',
    async (found) => {
      const { world, done } = ensure({ DescribeClusters: [found], CreateCluster: [created] });
      await done;
      expect(world.input('CreateCluster')).toEqual({ clusterName: 'c' });
    },
  );

  it('waits for the account’s service-linked role', async () => {
    const { world, done } = ensure({
      DescribeClusters: [none],
      CreateCluster: [early, early, created],
    });
    await done;
    expect(world.operations()).toEqual([
      'DescribeClusters',
      'CreateCluster',
      'CreateCluster',
      'CreateCluster',
    ]);
  });

  it('does not wait for ever', async () => {
    const { done } = ensure({ DescribeClusters: [none], CreateCluster: [early] });
    await expect(done).rejects.toMatchObject({ kind: 'refused', code: 'serviceLinkedRole' });
  });

  it('waits until a cluster that is being made is active', async () => {
    const { world, done } = ensure({
      DescribeClusters: [
        { clusters: [{ status: 'PROVISIONING' }] },
        { clusters: [{ status: 'PROVISIONING' }] },
        active,
      ],
    });
    await done;
    expect(world.operations()).toHaveLength(3);
  });

  it('says so when it never becomes active', async () => {
    const { done } = ensure({ DescribeClusters: [{ clusters: [{ status: 'PROVISIONING' }] }] });
    await expect(done).rejects.toThrow('cluster c does not become active');
  });

  it('takes the cluster that somebody else made at the same moment', async () => {
    const differs = awsError(
      'InvalidParameterException',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
    const { done } = ensure({ DescribeClusters: [none, active], CreateCluster: [differs] });
    await expect(done).resolves.toBeUndefined();
  });

  it('associates the providers, and keeps those that were there', async () => {
    const strategy = [{ capacityProvider: 'mine', weight: 1 }];
    const { world, done } = ensure(
      {
        DescribeClusters: [
          {
            clusters: [
              {
                status: 'ACTIVE',
                capacityProviders: ['mine', 'FARGATE'],
                defaultCapacityProviderStrategy: strategy,
              },
            ],
          },
        ],
        PutClusterCapacityProviders: [awsError('UpdateInProgressException'), {}],
      },
      'FARGATE_SPOT',
    );
    await done;
    expect(world.input('PutClusterCapacityProviders')).toEqual({
      cluster: 'c',
      capacityProviders: ['mine', 'FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: strategy,
    });
  });

  it('creates a cluster with them at once', async () => {
    const { world, done } = ensure(
      {
        DescribeClusters: [none],
        CreateCluster: [
          ({ capacityProviders }) => ({ cluster: { status: 'ACTIVE', capacityProviders } }),
        ],
      },
      'FARGATE_SPOT',
    );
    await done;
    expect(world.operations()).toEqual(['DescribeClusters', 'CreateCluster']);
    expect(world.input('CreateCluster')).toEqual({
      clusterName: 'c',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    });
  });

  it('passes on what a person must settle', async () => {
    const { done } = ensure({ DescribeClusters: [denied] });
    await expect(done).rejects.toMatchObject({ kind: 'denied' });
  });
});
