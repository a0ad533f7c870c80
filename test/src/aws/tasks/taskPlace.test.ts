import { expect, it } from 'vitest';
import {
  accountOf,
  clusterOfLaunch,
  clusterOfTask,
  placeOf,
  regionOf,
} from '../../../../src/aws/tasks/taskPlace.ts';

it('placeOf reads region, account and cluster from an ARN, except from one of the old format', () => {
  expect(placeOf('arn:aws-cn:ecs:cn-north-1:1:task/c/abc')).toEqual({
    region: 'cn-north-1',
    account: '1',
    cluster: 'c',
  });
  expect(placeOf('arn:aws:ecs:us-east-1:1:task/abc')).toBeUndefined();
  expect(placeOf('abc')).toBeUndefined();
});

it('reads the region and the account that any ARN of ECS names', () => {
  const revision = 'arn:aws:ecs:us-east-1:123456789012:task-definition/d:3';
  expect([regionOf(revision), accountOf(revision)]).toEqual(['us-east-1', '123456789012']);
  for (const other of ['d:3', 'arn:aws:iam::1:role/r', ''])
    expect([regionOf(other), accountOf(other)]).toEqual([undefined, undefined]);
});

it('names the cluster of a task by its ARN, except for a task of the old format', () => {
  expect(clusterOfTask('arn:aws-cn:ecs:cn-north-1:1:task/c/abc')).toBe(
    'arn:aws-cn:ecs:cn-north-1:1:cluster/c',
  );
  expect(clusterOfTask('arn:aws:ecs:us-east-1:1:task/abc')).toBeUndefined();
});

it('names the cluster of a launch by its ARN, in the region and account of the task definition', () => {
  const revision = 'arn:aws:ecs:us-east-1:1:task-definition/d:3';
  expect(clusterOfLaunch({ cluster: 'c', revision })).toBe('arn:aws:ecs:us-east-1:1:cluster/c');
  const cluster = 'arn:aws:ecs:eu-west-1:1:cluster/c';
  expect(clusterOfLaunch({ cluster, revision })).toBe(cluster);
  expect(clusterOfLaunch({ cluster: 'c', revision: 'd:3' })).toBeUndefined();
});
