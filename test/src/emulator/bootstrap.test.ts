import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  PutClusterCapacityProvidersCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  GetRoleCommand,
  ListAttachedRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { definition, startTestEmulator } from './testEmulator.ts';

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

describe('task definitions', () => {
  const register = (over: Partial<RegisterTaskDefinitionCommandInput>) =>
    new RegisterTaskDefinitionCommand({
      ...definition,
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [...definition.containerDefinitions],
      ...over,
    });

  it('get a new revision at each registration, and the family name resolves to the newest ACTIVE revision', async () => {
    const { ecs } = await startTestEmulator(hollow);
    const { taskDefinition } = await ecs.send(register({ cpu: '1 vCPU', memory: '4 GB' }));
    expect(taskDefinition).toMatchObject({
      taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/scaler:2',
      cpu: '1024',
      memory: '4096',
      status: 'ACTIVE',
      compatibilities: ['EC2', 'FARGATE'],
    });
    const describeDefinition = async (taskDefinition: string) =>
      (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition;
    expect((await describeDefinition('scaler'))?.revision).toBe(2);
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'scaler:2' }));
    expect((await describeDefinition('scaler'))?.revision).toBe(1);
    expect((await describeDefinition('scaler:2'))?.status).toBe('INACTIVE');
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'scaler:1' }));
    await expect(describeDefinition('scaler')).rejects.toThrow(
      'Unable to describe task definition.',
    );
    const { taskDefinitionArns } = await ecs.send(
      new ListTaskDefinitionsCommand({ familyPrefix: 'scaler', status: 'INACTIVE' }),
    );
    expect(taskDefinitionArns).toHaveLength(2);
    expect((await ecs.send(register({}))).taskDefinition?.revision).toBe(3);
  });

  const container = definition.containerDefinitions[0];
  const cases: [Partial<RegisterTaskDefinitionCommandInput>, string | RegExp][] = [
    [{ networkMode: 'bridge' }, 'Fargate only supports network mode ‘awsvpc’.'],
    [{ cpu: undefined }, "Fargate requires that 'cpu' be defined at the task level."],
    [{ memory: undefined }, "Fargate requires that 'memory' be defined at the task level."],
    [{ cpu: '4096', memory: '31744' }, /^No Fargate configuration exists for given values/],
    [{ cpu: 'lots' }, "Invalid 'cpu' setting for task."],
    [{ containerDefinitions: [] }, 'Container list cannot be empty.'],
    [{ containerDefinitions: [{ name: 'x' }] }, 'Container.image should not be null or empty.'],
    [
      { containerDefinitions: [{ ...container, stopTimeout: 121 }] },
      'Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.',
    ],
    [
      { containerDefinitions: [{ ...container, logConfiguration: { logDriver: 'awslogs' } }] },
      'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
    ],
    [{ ephemeralStorage: { sizeInGiB: 20 } }, 'EphemeralStorage size should be at least 21'],
  ];
  it.each(cases)('are refused with the ClientException of ECS: %j', async (over, message) => {
    const { ecs } = await startTestEmulator(hollow);
    const error = await ecs.send(register(over)).catch((thrown) => thrown);
    expect(error).toMatchObject({
      name: 'ClientException',
      message: expect.stringMatching(message),
    });
  });
});

describe('roles', () => {
  const trust = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  const policy = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy';

  it('can be created once and read, and AttachRolePolicy is idempotent', async () => {
    const { iam } = await startTestEmulator(hollow);
    const get = () => iam.send(new GetRoleCommand({ RoleName: 'execution' }));
    await expect(get()).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      message: 'The role with name execution cannot be found.',
    });
    const create = () =>
      iam.send(new CreateRoleCommand({ RoleName: 'execution', AssumeRolePolicyDocument: trust }));
    const { Role } = await create();
    expect(Role?.Arn).toBe('arn:aws:iam::123456789012:role/execution');
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(trust);
    expect((await get()).Role).toEqual(Role);
    await expect(create()).rejects.toMatchObject({
      name: 'EntityAlreadyExistsException',
      message: 'Role with name execution already exists.',
    });
    for (let i = 0; i < 2; i++)
      await iam.send(new AttachRolePolicyCommand({ RoleName: 'execution', PolicyArn: policy }));
    const { AttachedPolicies } = await iam.send(
      new ListAttachedRolePoliciesCommand({ RoleName: 'execution' }),
    );
    expect(AttachedPolicies).toEqual([
      { PolicyName: 'AmazonECSTaskExecutionRolePolicy', PolicyArn: policy },
    ]);
  });

  it('are refused with a malformed trust policy, and policies of unknown roles with NoSuchEntity', async () => {
    const { iam } = await startTestEmulator(hollow);
    await expect(
      iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{' })),
    ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
    await expect(
      iam.send(new AttachRolePolicyCommand({ RoleName: 'r', PolicyArn: policy })),
    ).rejects.toMatchObject({ name: 'NoSuchEntityException' });
    const linked = await iam.send(
      new CreateServiceLinkedRoleCommand({ AWSServiceName: 'ecs.amazonaws.com' }),
    );
    expect(linked.Role?.RoleName).toBe('AWSServiceRoleForECS');
  });
});
