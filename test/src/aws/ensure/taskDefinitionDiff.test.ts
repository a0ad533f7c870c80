import type { ContainerDefinition, Tag, TaskDefinition } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import {
  differencesOf,
  diffTaskDefinition,
  type TaskDefinitionSettings,
} from '../../../../src/aws/ensure/taskDefinitionDiff.ts';
import { arnOf, handmade } from './handmadeDefinition.ts';

const settings: TaskDefinitionSettings = { family: 'f', image: 'image:1', cpu: 4, memoryGb: 30 };

const diff = (
  changed: Partial<TaskDefinitionSettings>,
  definition: Partial<TaskDefinition> = {},
  tags: Tag[] = [],
) =>
  diffTaskDefinition(
    { ...settings, ...changed },
    { definition: { ...handmade, ...definition }, tags },
  );

/** The input of the revision that follows the handmade one. */
const revision = (...given: Parameters<typeof diff>) => {
  const change = diff(...given);
  if (change.action !== 'revise') throw new Error(`the change is ${change.action}`);
  return change.input;
};

describe('diffTaskDefinition', () => {
  it('creates what the original manager registers, without the role, if the family is empty', () => {
    expect(diffTaskDefinition(settings, null)).toEqual({
      action: 'create',
      input: {
        family: 'f',
        cpu: '4096',
        memory: '30720',
        runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
        networkMode: 'awsvpc',
        containerDefinitions: [
          {
            ...{ name: 'scaler-container', image: 'image:1', essential: true, memory: 30720 },
            // The original manager leaves it at Fargate's 30.
            stopTimeout: 120,
          },
        ],
        requiresCompatibilities: ['FARGATE'],
      },
    });
  });

  it('changes nothing if the newest revision matches the settings', () => {
    expect(diff({})).toEqual({ action: 'none', revision: arnOf(3) });
  });

  it('takes X86_64, the default of Fargate, for a definition without a platform', () => {
    expect(diff({}, { runtimePlatform: undefined }).action).toBe('none');
    expect(diff({ architecture: 'ARM64' }, { runtimePlatform: undefined }).action).toBe('revise');
  });

  it.each([
    [{ image: 'image:2' }, ['containerDefinitions', 1, 'image'], 'image:2'],
    [{ cpu: 8 }, ['cpu'], '8192'],
    [{ memoryGb: 16 }, ['memory'], '16384'],
    [{ architecture: 'ARM64' as const }, ['runtimePlatform', 'cpuArchitecture'], 'ARM64'],
  ] as const)('copies the existing revision and changes %j only', (changed, path, value) => {
    const input = revision(changed);
    const found = [...path].reduce<unknown>((at, key) => (at as never)[key], input);
    expect(found).toBe(value);
    expect(input).toMatchObject({
      executionRoleArn: handmade.executionRoleArn,
      taskRoleArn: handmade.taskRoleArn,
      ephemeralStorage: handmade.ephemeralStorage,
      containerDefinitions: [
        { name: 'helper', image: 'helper:9' },
        { stopTimeout: 120, logConfiguration: { logDriver: 'awslogs' } },
      ],
    });
  });

  it('leaves out the fields that RegisterTaskDefinition does not accept', () => {
    const input = revision({ cpu: 8 });
    for (const field of [
      'taskDefinitionArn',
      'revision',
      'status',
      'requiresAttributes',
      'compatibilities',
      'registeredAt',
      'registeredBy',
      'deregisteredAt',
      'deleteRequestedAt',
    ])
      expect(input).not.toHaveProperty(field);
  });

  it('gives the whole memory to a container that had the whole memory, and else keeps its limit', () => {
    const container = (memory: number) => ({ name: 'scaler-container', image: 'image:1', memory });
    const resized = (memory: number) =>
      revision({}, { memory: '16384', containerDefinitions: [container(memory)] })
        .containerDefinitions;
    expect(resized(16384)).toEqual([container(30720)]);
    expect(resized(8192)).toEqual([container(8192)]);
    expect(revision({ memoryGb: 16 }).containerDefinitions?.[1]?.memory).toBe(16384);
  });

  it('lowers the limits of a container to those of a smaller task', () => {
    const container = (cpu: number, memory: number, memoryReservation: number) =>
      ({
        ...{ name: 'scaler-container', image: 'image:1' },
        ...{ cpu, memory, memoryReservation },
      }) satisfies ContainerDefinition;
    const resized = (one: ContainerDefinition) =>
      revision({ cpu: 1, memoryGb: 4 }, { containerDefinitions: [one] }).containerDefinitions;
    expect(resized(container(4096, 8192, 5000))).toEqual([container(1024, 4096, 4096)]);
    expect(resized(container(512, 2048, 1024))).toEqual([container(512, 2048, 1024)]);
  });

  it('copies tags except those with the prefix aws:', () => {
    const tags = [
      { key: 'team', value: 'a' },
      { key: 'aws:made', value: 'b' },
      { key: 'AWS:made', value: 'c' },
    ];
    expect(revision({ cpu: 8 }, {}, tags).tags).toEqual([{ key: 'team', value: 'a' }]);
    expect(revision({ cpu: 8 }, {}, tags.slice(1))).not.toHaveProperty('tags');
  });

  it('fails as invalid if the definition has no container of ours', () => {
    const definition = { containerDefinitions: [{ name: 'web' }] };
    expect(() => diff({}, definition)).toThrow(
      /^[^\n]*no container named scaler-container[^\n]*--ecs-task-definition$/,
    );
  });
});

describe('the optional settings', () => {
  const own = {
    ...{ executionRole: 'arn:start', taskRole: 'arn:work', ephemeralStorageGib: 50 },
    ...{ stopTimeoutSeconds: 60, log: { group: '/ecs/scaler', region: 'eu-west-1' } },
    secrets: [{ name: 'TOKEN', value: 'arn:secret' }],
  };

  it('are in the first revision', () => {
    const change = diffTaskDefinition({ ...settings, ...own }, null);
    expect(change).toMatchObject({
      action: 'create',
      input: {
        ...{ executionRoleArn: 'arn:start', taskRoleArn: 'arn:work' },
        ephemeralStorage: { sizeInGiB: 50 },
        containerDefinitions: [
          {
            stopTimeout: 60,
            secrets: [{ name: 'TOKEN', valueFrom: 'arn:secret' }],
            logConfiguration: {
              logDriver: 'awslogs',
              options: {
                ...{ 'awslogs-group': '/ecs/scaler', 'awslogs-region': 'eu-west-1' },
                'awslogs-stream-prefix': 'scaler',
              },
            },
          },
        ],
      },
    });
  });

  it.each([
    ['executionRole', 'arn:other', 'execution role'],
    ['taskRole', 'arn:other', 'task role'],
    ['ephemeralStorageGib', 99, 'ephemeral storage'],
    ['stopTimeoutSeconds', 7, 'stop timeout'],
    ['log', { group: '/other', region: 'eu-west-1' }, 'log group'],
    ['secrets', [{ name: 'TOKEN', value: 'arn:other' }], 'secret TOKEN'],
  ] as const)(
    'make a new revision where %s differs, and none where it is left out',
    (key, value, what) => {
      const change = diffTaskDefinition({ ...settings, ...own }, null);
      if (change.action !== 'create') throw new Error(change.action);
      const definition = { ...change.input, taskDefinitionArn: 'arn:1' } as TaskDefinition;
      const existing = { definition, tags: [] };
      expect(diffTaskDefinition({ ...settings, ...own }, existing).action).toBe('none');
      expect(diffTaskDefinition(settings, existing).action).toBe('none');
      const changed = { ...settings, ...own, [key]: value };
      expect(differencesOf(changed, definition).map((each) => each.what)).toEqual([what]);
      const next = diffTaskDefinition(changed, existing);
      expect(next.action).toBe('revise');
      if (next.action !== 'revise') return;
      const revised = { ...next.input, taskDefinitionArn: 'arn:2' } as TaskDefinition;
      expect(differencesOf(changed, revised)).toEqual([]);
    },
  );

  it('keep other secrets, and what a person has set besides the log group', () => {
    const [, worker] = handmade.containerDefinitions ?? [];
    const container = {
      ...worker,
      secrets: [{ name: 'OTHER', valueFrom: 'arn:o' }],
      logConfiguration: {
        logDriver: 'awslogs' as const,
        options: { 'awslogs-group': '/old', 'awslogs-stream-prefix': 'mine', mode: 'non-blocking' },
      },
    };
    const { containerDefinitions = [] } = revision(own, { containerDefinitions: [container] });
    expect(containerDefinitions[0]?.secrets).toEqual([
      { name: 'OTHER', valueFrom: 'arn:o' },
      { name: 'TOKEN', valueFrom: 'arn:secret' },
    ]);
    expect(containerDefinitions[0]?.logConfiguration?.options).toEqual({
      ...{ 'awslogs-group': '/ecs/scaler', 'awslogs-region': 'eu-west-1' },
      ...{ 'awslogs-stream-prefix': 'mine', mode: 'non-blocking' },
    });
  });
});
