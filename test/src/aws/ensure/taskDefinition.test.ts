import { describe, expect, it } from 'vitest';
import {
  ensureTaskDefinition,
  inspectTaskDefinition,
} from '../../../../src/aws/ensure/taskDefinition.ts';
import { arnOf, handmade } from './handmadeDefinition.ts';
import { awsError, denied, scripted } from './scripted.ts';

const settings = { family: 'f', image: 'image:1', cpu: 4, memoryGb: 30 };
const missing = awsError('ClientException', 'Unable to describe task definition.');
const registered = { taskDefinition: { taskDefinitionArn: arnOf(4) } };
const executionRoleArn = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';

const described = (more = {}, tags: object[] = []) => ({
  taskDefinition: { ...handmade, ...more },
  tags,
});

const ensure = (script: Parameters<typeof scripted>[0], changed = {}) => {
  const aws = scripted(script);
  const executionRole = async () => {
    aws.calls.push(['executionRole', {}]);
    return executionRoleArn;
  };
  const wanted = { ...settings, ...changed };
  const done = inspectTaskDefinition(wanted.family, aws.tools, aws.signal).then((newest) =>
    ensureTaskDefinition(wanted, newest, executionRole, aws.tools, aws.signal),
  );
  return { aws, done };
};

describe('ensureTaskDefinition', () => {
  it('registers a first revision with the execution role if the family is empty', async () => {
    const { aws, done } = ensure({
      DescribeTaskDefinition: [missing],
      RegisterTaskDefinition: [registered],
    });
    expect(await done).toBe(arnOf(4));
    expect(aws.input('RegisterTaskDefinition')).toEqual({
      family: 'f',
      cpu: '4096',
      memory: '30720',
      runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
      networkMode: 'awsvpc',
      containerDefinitions: [
        {
          ...{ name: 'scaler-container', image: 'image:1', essential: true, memory: 30720 },
          stopTimeout: 120,
        },
      ],
      requiresCompatibilities: ['FARGATE'],
      executionRoleArn,
    });
  });

  it('only describes the family if the newest revision matches the settings', async () => {
    const { aws, done } = ensure({ DescribeTaskDefinition: [described()] });
    expect(await done).toBe(arnOf(3));
    expect(aws.operations()).toEqual(['DescribeTaskDefinition']);
  });

  it('registers a copy with its own execution role if the settings differ', async () => {
    const { aws, done } = ensure(
      { DescribeTaskDefinition: [described()], RegisterTaskDefinition: [registered] },
      { cpu: 8 },
    );
    expect(await done).toBe(arnOf(4));
    expect(aws.input('RegisterTaskDefinition')).toMatchObject({
      cpu: '8192',
      executionRoleArn: handmade.executionRoleArn,
    });
    expect(aws.operations()).not.toContain('executionRole');
  });

  it('copies the tags of the existing revision', async () => {
    const tags = [{ key: 'team', value: 'a' }];
    const { aws, done } = ensure(
      { DescribeTaskDefinition: [described({}, tags)], RegisterTaskDefinition: [registered] },
      { cpu: 8 },
    );
    await done;
    expect(aws.input('RegisterTaskDefinition')?.tags).toEqual(tags);
  });

  it('registers a copy without tags if reading tags is denied', async () => {
    const { aws, done } = ensure(
      {
        DescribeTaskDefinition: [
          ({ include }) => ((include as string[]).length > 0 ? denied : described()),
        ],
        RegisterTaskDefinition: [registered],
      },
      { cpu: 8 },
    );
    expect(await done).toBe(arnOf(4));
    expect(aws.input('RegisterTaskDefinition')).not.toHaveProperty('tags');
  });

  it('registers a copy without tags if writing tags is denied', async () => {
    const { aws, done } = ensure(
      {
        DescribeTaskDefinition: [described({}, [{ key: 'team', value: 'a' }])],
        RegisterTaskDefinition: [({ tags }) => (tags ? denied : registered)],
      },
      { cpu: 8 },
    );
    expect(await done).toBe(arnOf(4));
    expect(aws.input('RegisterTaskDefinition')).not.toHaveProperty('tags');
  });

  it.each([
    awsError(
      'ClientException',
      'Too many concurrent attempts to create a new revision of the specified family.',
    ),
    awsError('ServerException', 'later', 500),
  ])('describes the family again before it repeats a failed registration: %s', async (error) => {
    const { aws, done } = ensure({
      DescribeTaskDefinition: [missing, described()],
      RegisterTaskDefinition: [error],
    });
    expect(await done).toBe(arnOf(3));
    expect(aws.operations().filter((each) => each !== 'executionRole')).toEqual([
      'DescribeTaskDefinition',
      'RegisterTaskDefinition',
      'DescribeTaskDefinition',
    ]);
  });

  it('registers nothing if the existing definition has no container of ours', async () => {
    const { aws, done } = ensure({
      DescribeTaskDefinition: [described({ containerDefinitions: [{ name: 'web' }] })],
    });
    await expect(done).rejects.toThrow(/^[^\n]*no container named scaler-container[^\n]*$/);
    expect(aws.operations()).toEqual(['DescribeTaskDefinition']);
  });
});
