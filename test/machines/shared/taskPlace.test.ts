import { expect, it } from 'vitest';
import {
  accountOf,
  clusterOfLaunch,
  clusterOfTask,
  placeOf,
  regionOf,
  sameCluster,
} from '../../../machines/shared/taskPlace.ts';

const head = 'arn:aws-cn:ecs:cn-north-1:123456789012:';
const task = `${head}task/cluster-1/abc`;
const revision = `${head}task-definition/d:3`;
const others = [`${head}task/abc`, `x${task}`, `x${revision}`, 'arn:aws:iam::1:role/r', 'd:3', ''];

it('placeOf reads region, account and cluster from an ARN, except from one of the old format', () => {
  expect(placeOf(task)).toEqual({
    ...{ region: 'cn-north-1', account: '123456789012', cluster: 'cluster-1' },
  });
  for (const other of [...others, revision]) expect(placeOf(other)).toBeUndefined();
});

it('reads the region and the account that any ARN of ECS names', () => {
  for (const arn of [revision, task, `${head}task/abc`])
    expect([regionOf(arn), accountOf(arn)]).toEqual(['cn-north-1', '123456789012']);
  for (const other of others.slice(1))
    expect([regionOf(other), accountOf(other)]).toEqual([undefined, undefined]);
});

it('names the cluster of a task by its ARN, except for a task of the old format', () => {
  expect(clusterOfTask(task)).toBe(`${head}cluster/cluster-1`);
  for (const other of [...others, revision]) expect(clusterOfTask(other)).toBeUndefined();
});

it('names the cluster of a launch by its ARN, in the region and account of the task definition', () => {
  expect(clusterOfLaunch({ cluster: 'c', revision })).toBe(`${head}cluster/c`);
  const cluster = 'arn:aws:ecs:eu-west-1:1:cluster/c';
  expect(clusterOfLaunch({ cluster, revision })).toBe(cluster);
  for (const other of [...others, task])
    expect(clusterOfLaunch({ cluster: 'c', revision: other })).toBeUndefined();
});

it('takes two ARNs of a cluster for one unless region, name or a known account differ', () => {
  const one = `${head}cluster/c`;
  const unknown = 'arn::ecs:cn-north-1::cluster/c';
  for (const same of [one, unknown, 'arn:aws-cn:ecs:cn-north-1::cluster/c']) {
    expect(sameCluster(one, same)).toBe(true);
    expect(sameCluster(same, one)).toBe(true);
  }
  const other = [
    ...[
      `${head}cluster/d`,
      `${head}cluster/c-d`,
      `x${one}`,
      'arn:aws-cn:ecs:cn-north-2:123456789012:cluster/c',
    ],
    ...['arn:aws-cn:ecs:cn-north-1:1:cluster/c', 'arn::ecs:cn-north-2::cluster/c', 'c', task],
  ];
  for (const arn of other)
    expect([sameCluster(one, arn), sameCluster(arn, one)]).toEqual([false, false]);
  expect(sameCluster('c', 'c')).toBe(false);
});
