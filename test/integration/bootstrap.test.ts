import {
  DescribeClustersCommand,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Account, definition, startAccount } from './account.ts';

let account: Account;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const revision = (number: number) =>
  expect.stringMatching(
    new RegExp(`^arn:aws:ecs:us-east-1:\\d+:task-definition/${definition.family}:${number}$`),
  );

const newest = async () => {
  const { taskDefinition } = await account.ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: definition.family }),
  );
  return taskDefinition;
};

it('bootstrap creates every resource in an empty account, and nothing the second time', async () => {
  expect(await account.prepare()).toEqual({ revision: revision(1), clusterCreated: true });
  expect(await account.prepare()).toEqual({ revision: revision(1), clusterCreated: false });
  const role = await account.iam.send(new GetRoleCommand({ RoleName: 'ecsTaskExecutionRole' }));
  expect((await newest())?.executionRoleArn).toBe(role.Role?.Arn);
});

it('bootstrap reads the definition once, and looks for the role meanwhile', async () => {
  const calls = () => account.emulator.ledger().calls;
  await account.prepare();
  expect(calls()).toMatchObject({ DescribeTaskDefinition: 1, GetRole: 1, AttachRolePolicy: 1 });
  await account.prepare();
  expect(calls()).toMatchObject({ DescribeTaskDefinition: 2, GetRole: 2, CreateRole: 1 });
});

it('bootstrap does not end before the policy is attached, and fails with it', async () => {
  account.emulator.setFaults([
    {
      operation: 'AttachRolePolicy',
      do: { error: { type: 'AccessDenied', message: 'no', status: 403 } },
    },
  ]);
  await expect(account.prepare()).rejects.toMatchObject({ kind: 'denied' });
});

it('bootstrap registers a new revision of a definition that a person extended, and keeps the extension', async () => {
  await account.prepare();
  const first = await newest();
  await account.ecs.send(
    new RegisterTaskDefinitionCommand({
      ...first,
      family: definition.family,
      taskRoleArn: 'arn:aws:iam::123456789012:role/inside',
      containerDefinitions: [{ ...first?.containerDefinitions?.[0], stopTimeout: 120 }],
    }),
  );
  expect(await account.prepare()).toMatchObject({ revision: revision(2) });
  expect(await account.prepare({ cpu: 2, memoryGb: 8, architecture: 'ARM64' })).toMatchObject({
    revision: revision(3),
  });
  expect(await newest()).toMatchObject({
    cpu: '2048',
    memory: '8192',
    runtimePlatform: { cpuArchitecture: 'ARM64' },
    taskRoleArn: 'arn:aws:iam::123456789012:role/inside',
    containerDefinitions: [{ name: 'scaler-container', stopTimeout: 120, memory: 8192 }],
  });
});

it('bootstrap never touches IAM where the settings name the execution role', async () => {
  const executionRole = 'arn:aws:iam::123456789012:role/start';
  expect(await account.prepare({ executionRole })).toMatchObject({ revision: revision(1) });
  expect(await account.prepare({ executionRole })).toMatchObject({ revision: revision(1) });
  expect((await newest())?.executionRoleArn).toBe(executionRole);
  const { calls } = account.emulator.ledger();
  expect(Object.keys(calls).filter((call) => /Role/.test(call))).toEqual([]);
});

it('bootstrap waits until a new account has its service-linked role', async () => {
  account.emulator.setFaults([
    { operation: 'CreateCluster', when: { times: 1 }, do: 'serviceLinkedRole' },
  ]);
  expect(await account.prepare()).toMatchObject({ revision: revision(1) });
});

it('bootstrap succeeds despite throttles and despite answers that are lost after the call took effect', async () => {
  account.emulator.setFaults([
    { operation: 'DescribeClusters', when: { times: 1 }, do: 'throttle' },
    { operation: 'CreateCluster', when: { times: 1 }, do: 'error500After' },
    { operation: 'CreateRole', when: { times: 1 }, do: 'error500After' },
    { operation: 'RegisterTaskDefinition', when: { times: 1 }, do: 'resetAfter' },
  ]);
  // The lost answer is not asked for again: the next look finds the revision.
  expect(await account.prepare()).toMatchObject({ revision: revision(1) });
});

it('two daemons may run bootstrap at the same time', async () => {
  const [one, other] = await Promise.all([account.prepare(), account.prepare()]);
  const arns = [(await newest())?.taskDefinitionArn, (await account.prepare()).revision];
  expect(arns[0]).toBe(arns[1]);
  for (const { revision } of [one, other]) expect(revision).toMatch(/:[12]$/);
});

it('bootstrap needs no IAM permission once the task definition exists', async () => {
  await account.prepare();
  account.emulator.setFaults([
    { operation: 'GetRole', do: { error: { type: 'AccessDenied', message: 'no', status: 403 } } },
  ]);
  expect(await account.prepare()).toMatchObject({ revision: revision(1) });
  expect(await account.prepare({ image: 'another:1' })).toMatchObject({ revision: revision(2) });
  await expect(account.prepare({ family: 'another' })).rejects.toMatchObject({ kind: 'denied' });
});

it('bootstrap associates the capacity providers with a cluster that lacks them', async () => {
  await account.prepare();
  await account.prepare({ capacityProvider: 'FARGATE_SPOT' });
  const { clusters } = await account.ecs.send(
    new DescribeClustersCommand({ clusters: [definition.cluster] }),
  );
  expect(clusters?.[0]?.capacityProviders?.sort()).toEqual(['FARGATE', 'FARGATE_SPOT']);
});

it('bootstrap names the task size that Fargate does not offer', async () => {
  await expect(account.prepare({ cpu: 4, memoryGb: 4 })).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringContaining('No Fargate configuration exists'),
  });
});
