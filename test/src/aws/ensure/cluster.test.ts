import { describe, expect, it } from 'vitest';
import { diffCluster, ensureCluster } from '../../../../src/aws/ensure/cluster.ts';
import { awsError, denied, scripted } from './scripted.ts';

const active = { clusters: [{ status: 'ACTIVE' }] };
const none = { clusters: [], failures: [{ reason: 'MISSING' }] };
const created = { cluster: { status: 'ACTIVE' } };
const noServiceLinkedRole = awsError(
  'InvalidParameterException',
  'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
);

describe('diffCluster', () => {
  const spot = { cluster: 'c', capacityProvider: 'FARGATE_SPOT' } as const;

  it.each([undefined, { status: 'INACTIVE' }, { status: 'FAILED' }, { status: 'DEPROVISIONING' }])(
    'creates a cluster in place of %j',
    (existing) => {
      expect(diffCluster({ cluster: 'c' }, existing)).toEqual({
        action: 'create',
        input: { clusterName: 'c' },
      });
      expect(diffCluster(spot, existing)).toEqual({
        action: 'create',
        input: { clusterName: 'c', capacityProviders: ['FARGATE', 'FARGATE_SPOT'] },
      });
    },
  );

  it('waits for a cluster that is PROVISIONING', () => {
    expect(diffCluster(spot, { status: 'PROVISIONING' })).toEqual({ action: 'wait' });
  });

  it('changes nothing if the active cluster has both Fargate providers or needs none', () => {
    const both = { status: 'ACTIVE', capacityProviders: ['FARGATE_SPOT', 'mine', 'FARGATE'] };
    expect(diffCluster(spot, both)).toEqual({ action: 'none' });
    expect(diffCluster({ cluster: 'c' }, { status: 'ACTIVE' })).toEqual({ action: 'none' });
  });

  it('adds the missing provider to those of the active cluster', () => {
    const existing = { status: 'ACTIVE', capacityProviders: ['mine', 'FARGATE_SPOT'] };
    expect(diffCluster(spot, existing)).toEqual({
      action: 'associateProviders',
      input: {
        cluster: 'c',
        capacityProviders: ['mine', 'FARGATE_SPOT', 'FARGATE'],
        defaultCapacityProviderStrategy: [],
      },
    });
  });
});

describe('ensureCluster', () => {
  const ensure = (script: Parameters<typeof scripted>[0], provider?: 'FARGATE_SPOT') => {
    const aws = scripted(script);
    const settings = { cluster: 'c', capacityProvider: provider };
    return { aws, done: ensureCluster(settings, aws.tools, aws.signal) };
  };

  it('only describes a cluster that is active', async () => {
    const { aws, done } = ensure({ DescribeClusters: [active] });
    await done;
    expect(aws.operations()).toEqual(['DescribeClusters']);
  });

  it.each([none, { clusters: [{ status: 'INACTIVE' }] }, { clusters: [{ status: 'FAILED' }] }])(
    'creates the cluster if DescribeClusters answers %j',
    async (found) => {
      const { aws, done } = ensure({ DescribeClusters: [found], CreateCluster: [created] });
      await done;
      expect(aws.input('CreateCluster')).toEqual({ clusterName: 'c' });
    },
  );

  it('repeats CreateCluster until the service-linked role of the account exists', async () => {
    const { aws, done } = ensure({
      DescribeClusters: [none],
      CreateCluster: [noServiceLinkedRole, noServiceLinkedRole, created],
    });
    await done;
    expect(aws.operations()).toEqual([
      'DescribeClusters',
      'CreateCluster',
      'CreateCluster',
      'CreateCluster',
    ]);
  });

  it('fails if the service-linked role does not exist within 60 s', async () => {
    const { done } = ensure({ DescribeClusters: [none], CreateCluster: [noServiceLinkedRole] });
    await expect(done).rejects.toMatchObject({ kind: 'refused', code: 'serviceLinkedRole' });
  });

  it('waits until a cluster that is PROVISIONING is ACTIVE', async () => {
    const { aws, done } = ensure({
      DescribeClusters: [
        { clusters: [{ status: 'PROVISIONING' }] },
        { clusters: [{ status: 'PROVISIONING' }] },
        active,
      ],
    });
    await done;
    expect(aws.operations()).toHaveLength(3);
  });

  it('fails if the cluster is not ACTIVE within 60 s', async () => {
    const { done } = ensure({ DescribeClusters: [{ clusters: [{ status: 'PROVISIONING' }] }] });
    await expect(done).rejects.toThrow('cluster c does not become active');
  });

  it('uses the cluster that another process created with other settings at the same time', async () => {
    const differs = awsError(
      'InvalidParameterException',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
    const { done } = ensure({ DescribeClusters: [none, active], CreateCluster: [differs] });
    await expect(done).resolves.toEqual({ created: false });
  });

  it('associates the missing providers and keeps the existing ones and the default strategy', async () => {
    const strategy = [{ capacityProvider: 'mine', weight: 1 }];
    const { aws, done } = ensure(
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
        PutClusterCapacityProviders: [awsError('UpdateInProgressException'), created],
      },
      'FARGATE_SPOT',
    );
    await done;
    expect(aws.input('PutClusterCapacityProviders')).toEqual({
      cluster: 'c',
      capacityProviders: ['mine', 'FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: strategy,
    });
  });

  it('creates a cluster with the Fargate providers if the settings use one', async () => {
    const { aws, done } = ensure(
      {
        DescribeClusters: [none],
        CreateCluster: [
          ({ capacityProviders }) => ({ cluster: { status: 'ACTIVE', capacityProviders } }),
        ],
      },
      'FARGATE_SPOT',
    );
    await done;
    expect(aws.operations()).toEqual(['DescribeClusters', 'CreateCluster']);
    expect(aws.input('CreateCluster')).toEqual({
      clusterName: 'c',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    });
  });

  it('fails as denied if DescribeClusters is denied', async () => {
    const { done } = ensure({ DescribeClusters: [denied] });
    await expect(done).rejects.toMatchObject({ kind: 'denied' });
  });
});
