import { describe, expect, it } from 'vitest';
import { wellFormed } from '../../../src/aws/wellFormed.ts';

const task = { taskArn: 'arn:task' };
const definition = { taskDefinition: { taskDefinitionArn: 'arn:definition' } };

describe('wellFormed', () => {
  it.each([
    ['RunTask', { tasks: [task] }],
    ['RunTask', { failures: [{ reason: 'RESOURCE:ENI', arn: null }] }],
    ['DescribeTasks', { tasks: [] }],
    ['DescribeTasks', { failures: [] }],
    [
      'DescribeTasks',
      {
        tasks: [
          {
            ...{ ...task, createdAt: new Date(1), startedAt: null },
            containers: [{ name: 'c', reason: 'r', exitCode: 1 }],
            overrides: { containerOverrides: [{ environment: [{ name: 'n', value: 'v' }] }] },
          },
        ],
      },
    ],
    ['ListTasks', { taskArns: [] }],
    ['StopTask', { task }],
    ['DescribeClusters', { clusters: [] }],
    ['DescribeClusters', { failures: [{ arn: 'c', reason: 'MISSING' }] }],
    ['CreateCluster', { cluster: { status: 'ACTIVE' } }],
    ['PutClusterCapacityProviders', { cluster: { status: 'ACTIVE' } }],
    ['DescribeTaskDefinition', definition],
    ['RegisterTaskDefinition', definition],
    ['GetRole', { Role: { Arn: 'arn:role' } }],
    ['CreateRole', { Role: { Arn: 'arn:role' } }],
    ['AttachRolePolicy', {}],
  ])('returns an answer of %s with what it must have', (operation, answer) => {
    expect(wellFormed(operation, answer)).toBe(answer);
  });

  it.each([
    ['RunTask', {}],
    ['RunTask', { tasks: null, failures: undefined }],
    ['RunTask', { tasks: [{}] }],
    ['RunTask', { tasks: [{ taskArn: 'not an arn' }] }],
    ['RunTask', { tasks: [{ taskArn: 'not-arn:1' }] }],
    ['RunTask', { tasks: [{ taskArn: 'arn:1 and more' }] }],
    ['RunTask', { tasks: [{ taskArn: 7 }] }],
    ['RunTask', { tasks: [null] }],
    ['RunTask', { tasks: [undefined] }],
    ['RunTask', { tasks: [task], failures: [7] }],
    ['DescribeTasks', { taskArns: [] }],
    ['DescribeTasks', { tasks: [{ ...task, createdAt: new Date('x') }] }],
    ['DescribeTasks', { tasks: [{ ...task, lastStatus: 7 }] }],
    ['ListTasks', {}],
    ['ListTasks', { taskArns: ['x'] }],
    ['ListTasks', { taskArns: [], nextToken: 7 }],
    ['StopTask', {}],
    ['StopTask', { task: {} }],
    ['DescribeClusters', {}],
    ['DescribeClusters', { clusters: [{}] }],
    ['CreateCluster', {}],
    ['PutClusterCapacityProviders', {}],
    ['DescribeTaskDefinition', {}],
    ['DescribeTaskDefinition', { taskDefinition: {} }],
    ['RegisterTaskDefinition', {}],
    ['GetRole', {}],
    ['CreateRole', { Role: {} }],
    ...[
      ...[{ desiredStatus: 7 }, { startedBy: 7 }, { stopCode: 7 }, { stoppedReason: 7 }],
      ...[{ startedAt: 7 }, { executionStoppedAt: 'x' }, { containers: {} }, { containers: [7] }],
      ...[{ containers: [{ name: 7 }] }, { containers: [{ reason: 7 }] }],
      ...[{ containers: [{ exitCode: '1' }] }, { containers: [undefined] }, { overrides: 7 }],
      ...[{ overrides: { containerOverrides: 7 } }, { overrides: { containerOverrides: [7] } }],
      ...[
        { overrides: { containerOverrides: [{ environment: 7 }] } },
        { overrides: { containerOverrides: [{ environment: [7] }] } },
        { overrides: { containerOverrides: [{ environment: [{ name: 7 }] }] } },
        { overrides: { containerOverrides: [{ environment: [{ value: 7 }] }] } },
      ],
    ].map((more): [string, object] => ['DescribeTasks', { tasks: [{ ...task, ...more }] }]),
    ...[{ arn: 7 }, { reason: 7 }, { detail: 7 }].map((failure): [string, object] => [
      ...(['DescribeTasks', { failures: [failure] }] as const),
    ]),
    ['DescribeClusters', { clusters: [{ status: 'ACTIVE', clusterName: 7 }] }],
    ['DescribeClusters', { clusters: [{ status: 'ACTIVE', capacityProviders: [7] }] }],
    ...[{ family: 7 }, { cpu: 7 }, { memory: 7 }, { executionRoleArn: 7 }].map(
      (more): [string, object] => [
        ...(['DescribeTaskDefinition'] as const),
        { taskDefinition: { ...definition.taskDefinition, ...more } },
      ],
    ),
    ...[{}, [7], [{ key: 7 }], [{ value: 7 }]].map((tags): [string, object] => [
      ...(['DescribeTaskDefinition', { ...definition, tags }] as const),
    ]),
  ])('throws a failure of kind unreachable for %s and the answer %j', (operation, answer) => {
    expect(() => wellFormed(operation, answer)).toThrow(
      expect.objectContaining({ kind: 'unreachable', code: 'garbled' }),
    );
  });
});
