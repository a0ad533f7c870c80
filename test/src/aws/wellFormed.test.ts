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
  ])('throws a failure of kind unreachable for %s and the answer %j', (operation, answer) => {
    expect(() => wellFormed(operation, answer)).toThrow(
      expect.objectContaining({ kind: 'unreachable', code: 'garbled' }),
    );
  });
});
