import { describe, expect, it } from 'vitest';
import { ensureExecutionRole } from '../../../../src/aws/ensure/executionRole.ts';
import { awsError, denied, scripted } from './scripted.ts';

const arn = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';
const role = { Role: { Arn: arn } };
const none = awsError('NoSuchEntityException', 'not found', 404);

const ensure = (script: Parameters<typeof scripted>[0]) => {
  const world = scripted(script);
  return { world, done: ensureExecutionRole(world.tools, world.signal) };
};

describe('ensureExecutionRole', () => {
  it('creates what is missing, for Fargate’s agent alone', async () => {
    const { world, done } = ensure({ GetRole: [none], CreateRole: [role], AttachRolePolicy: [{}] });
    expect(await done).toBe(arn);
    expect(world.operations()).toEqual(['GetRole', 'CreateRole', 'AttachRolePolicy']);
    expect(JSON.parse(String(world.input('CreateRole')?.AssumeRolePolicyDocument))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'ecs-tasks.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ],
    });
    expect(world.input('AttachRolePolicy')).toEqual({
      RoleName: 'ecsTaskExecutionRole',
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
    });
  });

  it('attaches the policy to a role that was there, as an earlier start may have died in between', async () => {
    const { world, done } = ensure({ GetRole: [role], AttachRolePolicy: [{}] });
    expect(await done).toBe(arn);
    expect(world.operations()).toEqual(['GetRole', 'AttachRolePolicy']);
  });

  it.each(['aws-cn', 'aws-us-gov'])('speaks the names of partition %s', async (partition) => {
    const { world, done } = ensure({
      GetRole: [{ Role: { Arn: arn.replace('aws', partition) } }],
      AttachRolePolicy: [{}],
    });
    await done;
    expect(world.input('AttachRolePolicy')?.PolicyArn).toBe(
      `arn:${partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`,
    );
  });

  it('takes the role that somebody else made at the same moment', async () => {
    const { done } = ensure({
      GetRole: [none, role],
      CreateRole: [awsError('EntityAlreadyExistsException', 'exists', 409)],
      AttachRolePolicy: [{}],
    });
    expect(await done).toBe(arn);
  });

  it('waits until IAM sees the new role everywhere', async () => {
    const { world, done } = ensure({
      GetRole: [none],
      CreateRole: [role],
      AttachRolePolicy: [none, awsError('ConcurrentModificationException', 'busy', 409), {}],
    });
    await done;
    expect(world.operations().slice(2)).toEqual(Array(3).fill('AttachRolePolicy'));
  });

  it('uses an existing role whose policies it may not touch, but none of its own without them', async () => {
    expect(await ensure({ GetRole: [role], AttachRolePolicy: [denied] }).done).toBe(arn);
    await expect(
      ensure({ GetRole: [none], CreateRole: [role], AttachRolePolicy: [denied] }).done,
    ).rejects.toMatchObject({ kind: 'denied' });
  });

  it('passes on what a person must settle', async () => {
    await expect(ensure({ GetRole: [denied] }).done).rejects.toMatchObject({ kind: 'denied' });
  });
});
