import { describe, expect, it } from 'vitest';
import {
  diffExecutionRole,
  ensureExecutionPolicy,
  ensureExecutionRole,
  executionPolicyArn,
} from '../../../../src/aws/ensure/executionRole.ts';
import type { Log } from '../../../../src/telemetry/log.ts';
import { awsError, denied, scripted } from './scripted.ts';

const arn = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';
const role = { Role: { Arn: arn } };
const none = awsError('NoSuchEntityException', 'not found', 404);

async function ensured(...[tools, signal]: Parameters<typeof ensureExecutionRole>) {
  const made = await ensureExecutionRole(tools, signal);
  await ensureExecutionPolicy(made, tools, signal);
  return made.arn;
}

const ensure = (script: Parameters<typeof scripted>[0]) => {
  const aws = scripted(script);
  return { aws, done: ensured(aws.tools, aws.signal) };
};

describe('diffExecutionRole', () => {
  it('creates a role only if there is none', () => {
    expect(diffExecutionRole(undefined)).toEqual({
      create: {
        RoleName: 'ecsTaskExecutionRole',
        AssumeRolePolicyDocument: expect.stringContaining('ecs-tasks.amazonaws.com'),
      },
      attachIsOptional: false,
    });
    expect(diffExecutionRole(arn)).toEqual({ create: null, attachIsOptional: true });
  });
});

it('executionPolicyArn takes the partition from the ARN of the role', () => {
  const policy = 'iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy';
  expect(executionPolicyArn(arn)).toBe(`arn:aws:${policy}`);
  expect(executionPolicyArn(arn.replace('aws', 'aws-cn'))).toBe(`arn:aws-cn:${policy}`);
  expect(executionPolicyArn('role')).toBe(`arn:aws:${policy}`);
});

describe('ensureExecutionRole', () => {
  it('creates a missing role that only ECS tasks can assume, and attaches the policy', async () => {
    const { aws, done } = ensure({ GetRole: [none], CreateRole: [role], AttachRolePolicy: [{}] });
    expect(await done).toBe(arn);
    expect(aws.operations()).toEqual(['GetRole', 'CreateRole', 'AttachRolePolicy']);
    expect(JSON.parse(String(aws.input('CreateRole')?.AssumeRolePolicyDocument))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'ecs-tasks.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ],
    });
    expect(aws.input('AttachRolePolicy')).toEqual({
      RoleName: 'ecsTaskExecutionRole',
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
    });
  });

  it('attaches the policy to an existing role, which an interrupted start may have left without it', async () => {
    const { aws, done } = ensure({ GetRole: [role], AttachRolePolicy: [{}] });
    expect(await done).toBe(arn);
    expect(aws.operations()).toEqual(['GetRole', 'AttachRolePolicy']);
  });

  it.each(['aws-cn', 'aws-us-gov'])('attaches the policy of partition %s', async (partition) => {
    const { aws, done } = ensure({
      GetRole: [{ Role: { Arn: arn.replace('aws', partition) } }],
      AttachRolePolicy: [{}],
    });
    await done;
    expect(aws.input('AttachRolePolicy')?.PolicyArn).toBe(
      `arn:${partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`,
    );
  });

  it('uses the role that another process created at the same time', async () => {
    const { done } = ensure({
      GetRole: [none, role],
      CreateRole: [awsError('EntityAlreadyExistsException', 'exists', 409)],
      AttachRolePolicy: [{}],
    });
    expect(await done).toBe(arn);
  });

  it('repeats AttachRolePolicy until IAM knows the new role', async () => {
    const { aws, done } = ensure({
      GetRole: [none],
      CreateRole: [role],
      AttachRolePolicy: [none, awsError('ConcurrentModificationException', 'busy', 409), {}],
    });
    await done;
    expect(aws.operations().slice(2)).toEqual(Array(3).fill('AttachRolePolicy'));
  });

  it('uses an existing role if AttachRolePolicy is denied', async () => {
    expect(await ensure({ GetRole: [role], AttachRolePolicy: [denied] }).done).toBe(arn);
  });

  it('fails as denied if AttachRolePolicy is denied for a role that it has just created', async () => {
    await expect(
      ensure({ GetRole: [none], CreateRole: [role], AttachRolePolicy: [denied] }).done,
    ).rejects.toMatchObject({ kind: 'denied' });
  });

  describe('where IAM has no such policy, as in an emulator', () => {
    const noPolicy = awsError(
      'NoSuchEntityException',
      'Policy arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy does not exist or is not attachable.',
      404,
    );

    it.each([
      ['an existing', { GetRole: [role] }],
      ['a new', { GetRole: [none], CreateRole: [role] }],
    ])('uses %s role without it, at once, and reports it once', async (_, script) => {
      const names: string[] = [];
      const log: Log = { report: (name) => void names.push(name) };
      for (let times = 0; times < 3; times++) {
        const aws = scripted({ ...script, AttachRolePolicy: [noPolicy] });
        expect(await ensured({ ...aws.tools, log }, aws.signal)).toBe(arn);
        expect(aws.operations().filter((each) => each === 'AttachRolePolicy')).toHaveLength(1);
      }
      expect(names.filter((name) => name.endsWith('policyMissing'))).toHaveLength(1);
    });
  });

  it('fails as denied if GetRole is denied', async () => {
    await expect(ensure({ GetRole: [denied] }).done).rejects.toMatchObject({ kind: 'denied' });
  });
});
