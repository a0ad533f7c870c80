import {
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { expect, it, vi } from 'vitest';
import { createRegionalEcs } from '../../../src/aws/regionalEcs.ts';

const task = (region: string) => `arn:aws:ecs:${region}:123456789012:task/c/1`;

const regions = () => {
  const sent: [region: string, operation: string][] = [];
  const destroy = vi.fn();
  const made: string[] = [];
  const clusters: unknown[] = [];
  const regional = createRegionalEcs({ region: 'eu-west-1' }, ({ region }) => {
    made.push(region);
    const send = async (command: { input: { cluster?: string } }) => {
      sent.push([region, command.constructor.name]);
      clusters.push(command.input.cluster);
    };
    return { send, destroy } as unknown as ECSClient;
  });
  return { regional, sent, clusters, made, destroy };
};

it('sends a command to the region that the ARNs in it name, else to that of the settings', async () => {
  const { regional, sent, made, destroy } = regions();
  const { ecs } = regional;
  await ecs.send(new DescribeTasksCommand({ tasks: [task('us-east-1'), task('us-east-1')] }));
  await ecs.send(new StopTaskCommand({ task: task('us-east-1') }));
  await ecs.send(new DescribeTasksCommand({ tasks: [task('eu-west-1')] }));
  await ecs.send(new StopTaskCommand({ task: 'arn:aws:ecs:us-east-1:1:task/of-the-old-format' }));
  await ecs.send(new ListTasksCommand({}));
  await ecs.send(new RunTaskCommand({ taskDefinition: 'd', cluster: 'c' }));
  const revision = 'arn:aws:ecs:us-east-1:1:task-definition/d:3';
  await ecs.send(new RunTaskCommand({ taskDefinition: revision, cluster: 'c' }));
  await ecs.send(new ListTasksCommand({ cluster: 'arn:aws:ecs:us-east-1:1:cluster/c' }));
  expect(sent).toEqual([
    ['us-east-1', 'DescribeTasksCommand'],
    ['us-east-1', 'StopTaskCommand'],
    ['eu-west-1', 'DescribeTasksCommand'],
    ['eu-west-1', 'StopTaskCommand'],
    ['eu-west-1', 'ListTasksCommand'],
    ['eu-west-1', 'RunTaskCommand'],
    ['us-east-1', 'RunTaskCommand'],
    ['us-east-1', 'ListTasksCommand'],
  ]);
  expect(made).toEqual(['eu-west-1', 'us-east-1']);
  regional.destroy();
  expect(destroy).toHaveBeenCalledTimes(2);
});

it('calls a cluster by its name in its region where the ARN leaves out the account, at each attempt', async () => {
  const { regional, sent, clusters } = regions();
  const input = { cluster: 'arn::ecs:us-east-1::cluster/c-1', startedBy: 't' };
  const whole = { cluster: 'arn:aws:ecs:us-east-1:1:cluster/c-1' };
  for (const each of [input, input, whole]) await regional.ecs.send(new ListTasksCommand(each));
  expect(sent.map(([region]) => region)).toEqual(['us-east-1', 'us-east-1', 'us-east-1']);
  expect(clusters).toEqual(['c-1', 'c-1', whole.cluster]);
  for (const cluster of [`x${input.cluster}`, 'c-1', undefined]) {
    await regional.ecs.send(new ListTasksCommand({ cluster }));
    expect(clusters.at(-1)).toBe(cluster);
  }
});
