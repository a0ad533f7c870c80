import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  GetRoleCommand,
  ListAttachedRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { startTestEmulator } from './testEmulator.ts';

const hollow = { hollow: true };

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
