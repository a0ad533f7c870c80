import { describe, expect, it } from 'vitest';
import { ensureDefinition } from '../../../../src/aws/ensure/taskDefinition.ts';
import { awsError, denied, scripted } from './scripted.ts';

const settings = { family: 'f', image: 'image:1', cpu: 4, memoryGb: 30 };
const missing = awsError('ClientException', 'Unable to describe task definition.');
const arn = (revision: number) =>
  `arn:aws:ecs:us-east-1:123456789012:task-definition/f:${revision}`;
const registered = { taskDefinition: { taskDefinitionArn: arn(4) } };

/** As a person may have made it by hand: with logging, a task role and a second container. */
const handmade = {
  taskDefinitionArn: arn(3),
  family: 'f',
  revision: 3,
  status: 'ACTIVE',
  registeredAt: new Date(),
  registeredBy: 'arn:aws:iam::123456789012:user/u',
  deregisteredAt: undefined,
  requiresAttributes: [{ name: 'a' }],
  compatibilities: ['EC2', 'FARGATE'],
  cpu: '4096',
  memory: '30720',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  executionRoleArn: 'arn:aws:iam::123456789012:role/own',
  taskRoleArn: 'arn:aws:iam::123456789012:role/inside',
  runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
  ephemeralStorage: { sizeInGiB: 50 },
  containerDefinitions: [
    { name: 'helper', image: 'helper:9' },
    {
      name: 'scaler-container',
      image: 'image:1',
      essential: true,
      memory: 30720,
      stopTimeout: 120,
      logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'g' } },
    },
  ],
};
const described = (more = {}, tags: object[] = []) => ({
  taskDefinition: { ...handmade, ...more },
  tags,
});

const ensure = (script: Parameters<typeof scripted>[0], changed = {}) => {
  const world = scripted(script);
  const role = async () => {
    world.asked.push(['role', {}]);
    return 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';
  };
  const done = ensureDefinition({ ...settings, ...changed }, role, world.tools, world.signal);
  return { world, done };
};

describe('ensureDefinition', () => {
  it('registers what the original manager registers when there is none', async () => {
    const { world, done } = ensure({
      DescribeTaskDefinition: [missing],
      RegisterTaskDefinition: [registered],
    });
    expect(await done).toBe(arn(4));
    expect(world.input('RegisterTaskDefinition')).toEqual({
      family: 'f',
      cpu: '4096',
      memory: '30720',
      runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
      networkMode: 'awsvpc',
      containerDefinitions: [
        { name: 'scaler-container', image: 'image:1', essential: true, memory: 30720 },
      ],
      requiresCompatibilities: ['FARGATE'],
      executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
    });
  });

  it('registers nothing when nothing of ours changed', async () => {
    const { world, done } = ensure({ DescribeTaskDefinition: [described()] });
    expect(await done).toBe(arn(3));
    expect(world.operations()).toEqual(['DescribeTaskDefinition']);
  });

  it('takes a definition without a platform for Fargate’s default', async () => {
    const { done } = ensure({
      DescribeTaskDefinition: [described({ runtimePlatform: undefined })],
    });
    expect(await done).toBe(arn(3));
  });

  it.each([
    [{ image: 'image:2' }, ['containerDefinitions', 1, 'image'], 'image:2'],
    [{ cpu: 8 }, ['cpu'], '8192'],
    [{ memoryGb: 16 }, ['memory'], '16384'],
    [{ architecture: 'ARM64' }, ['runtimePlatform', 'cpuArchitecture'], 'ARM64'],
  ])('copies what is there and changes %j alone', async (changed, path, value) => {
    const { world, done } = ensure(
      {
        DescribeTaskDefinition: [described()],
        RegisterTaskDefinition: [registered],
      },
      changed,
    );
    expect(await done).toBe(arn(4));
    const sent = structuredClone(world.input('RegisterTaskDefinition')) as Record<string, unknown>;
    const last = path.at(-1) as string;
    const place = path.slice(0, -1).reduce<unknown>((at, key) => (at as never)[key], sent);
    expect((place as Record<string, unknown>)[last]).toBe(value);
    // The main container had the whole memory and keeps the whole; the rest is word for word.
    if ('memoryGb' in changed) expect(JSON.stringify(sent)).toContain('"memory":16384');
    expect(sent).toMatchObject({
      executionRoleArn: handmade.executionRoleArn,
      taskRoleArn: handmade.taskRoleArn,
      ephemeralStorage: handmade.ephemeralStorage,
      containerDefinitions: [
        { name: 'helper' },
        { stopTimeout: 120, logConfiguration: { logDriver: 'awslogs' } },
      ],
    });
    for (const theirs of [
      'taskDefinitionArn',
      'revision',
      'status',
      'requiresAttributes',
      'compatibilities',
      'registeredAt',
      'registeredBy',
    ])
      expect(sent).not.toHaveProperty(theirs);
    expect(world.operations()).not.toContain('role');
  });

  it('lets a container that had the whole memory have the whole again', async () => {
    const container = (memory: number) => ({ name: 'scaler-container', image: 'image:1', memory });
    const grown = async (memory: number) => {
      const { world, done } = ensure({
        DescribeTaskDefinition: [
          described({ memory: '16384', containerDefinitions: [container(memory)] }),
        ],
        RegisterTaskDefinition: [registered],
      });
      await done;
      return world.input('RegisterTaskDefinition')?.containerDefinitions;
    };
    expect(await grown(16384)).toEqual([container(30720)]);
    expect(await grown(8192)).toEqual([container(8192)]);
  });

  it('lets no container have more than a smaller task has', async () => {
    const container = (share: number, most: number, reserved: number) => ({
      ...{ name: 'scaler-container', image: 'image:1' },
      ...{ cpu: share, memory: most, memoryReservation: reserved },
    });
    const shrunk = async (one: object) => {
      const { world, done } = ensure(
        {
          DescribeTaskDefinition: [described({ containerDefinitions: [one] })],
          RegisterTaskDefinition: [registered],
        },
        { cpu: 1, memoryGb: 4 },
      );
      await done;
      return world.input('RegisterTaskDefinition')?.containerDefinitions;
    };
    expect(await shrunk(container(4096, 8192, 5000))).toEqual([container(1024, 4096, 4096)]);
    expect(await shrunk(container(512, 2048, 1024))).toEqual([container(512, 2048, 1024)]);
  });

  it('copies tags, but not AWS’s own', async () => {
    const tags = [
      { key: 'team', value: 'a' },
      { key: 'aws:made', value: 'b' },
    ];
    const { world, done } = ensure(
      {
        DescribeTaskDefinition: [described({}, tags)],
        RegisterTaskDefinition: [registered],
      },
      { cpu: 8 },
    );
    await done;
    expect(world.input('RegisterTaskDefinition')?.tags).toEqual([{ key: 'team', value: 'a' }]);
  });

  it('goes on without tags where it may not read or write them', async () => {
    const { world, done } = ensure(
      {
        DescribeTaskDefinition: [
          ({ include }) => ((include as string[]).length > 0 ? denied : described()),
        ],
        RegisterTaskDefinition: [registered],
      },
      { cpu: 8 },
    );
    expect(await done).toBe(arn(4));
    expect(world.input('RegisterTaskDefinition')).not.toHaveProperty('tags');
    const second = ensure(
      {
        DescribeTaskDefinition: [described({}, [{ key: 'team', value: 'a' }])],
        RegisterTaskDefinition: [({ tags }) => (tags ? denied : registered)],
      },
      { cpu: 8 },
    );
    expect(await second.done).toBe(arn(4));
  });

  it.each([
    awsError(
      'ClientException',
      'Too many concurrent attempts to create a new revision of the specified family.',
    ),
    awsError('ServerException', 'later', 500),
  ])('looks again before it registers again: %s', async (error) => {
    const { world, done } = ensure({
      DescribeTaskDefinition: [missing, described()],
      RegisterTaskDefinition: [error],
    });
    expect(await done).toBe(arn(3));
    expect(world.operations().filter((each) => each !== 'role')).toEqual([
      'DescribeTaskDefinition',
      'RegisterTaskDefinition',
      'DescribeTaskDefinition',
    ]);
  });

  it('does not put its container into a definition made for something else', async () => {
    const { done } = ensure({
      DescribeTaskDefinition: [described({ containerDefinitions: [{ name: 'web' }] })],
    });
    await expect(done).rejects.toThrow(/^[^\n]*no container named scaler-container[^\n]*$/);
  });
});
