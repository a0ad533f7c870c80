import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { stopTask } from '../../../../src/aws/tasks/stopTask.ts';
import {
  type AwsServer,
  errorAnswer,
  jsonAnswer,
  rejectionOf,
  startAwsServer,
} from '../awsServer.ts';
import { arn, eagerCall, singleCall } from './eagerCall.ts';

let aws: AwsServer;
beforeAll(async () => {
  aws = await startAwsServer();
});
beforeEach(() => {
  aws.requests = [];
});
afterAll(() => aws.close());

const accepted = jsonAnswer(200, { task: { taskArn: arn(1), lastStatus: 'RUNNING' } });
const stop = () => stopTask(aws.ecs, eagerCall, 'c')(arn(1), 'done', new AbortController().signal);

it('sends StopTask with our prefix before the reason', async () => {
  aws.answer = jsonAnswer(200, { task: { taskArn: arn(1), lastStatus: 'STOPPED' } });
  await stop();
  expect(aws.requests).toEqual([
    { operation: 'StopTask', input: { cluster: 'c', task: arn(1), reason: 'scaler-ecs: done' } },
  ]);
});

it('resolves to the task as the answer shows it, with how long it has lived if it has ended before', async () => {
  const ended = { lastStatus: 'STOPPED', createdAt: 1_800_000_000, stoppedAt: 1_800_000_080.5 };
  aws.answer = jsonAnswer(200, { task: { taskArn: arn(1), ...ended } });
  expect(await stop()).toMatchObject({ taskArn: arn(1), phase: 'stopped', livedMs: 80_500 });
  aws.answer = accepted;
  expect(await stop()).toMatchObject({ taskArn: arn(1), phase: 'running' });
  aws.answer = jsonAnswer(200, { task: { taskArn: arn(2), lastStatus: 'STOPPED' } });
  expect(await stop()).toBeNull();
});

it('sends StopTask to the cluster in the ARN of the task', async () => {
  aws.answer = accepted;
  const task = 'arn:aws:ecs:eu-west-1:1:task/before/abc';
  await stopTask(aws.ecs, eagerCall, 'c')(task, 'done', new AbortController().signal);
  expect(aws.requests[0]?.input).toMatchObject({ cluster: 'before', task });
});

it('sends StopTask to the cluster of the settings if the ARN names none', async () => {
  aws.answer = accepted;
  const task = 'arn:aws:ecs:eu-west-1:1:task/of-the-old-format';
  await stopTask(aws.ecs, eagerCall, 'c')(task, 'done', new AbortController().signal);
  expect(aws.requests[0]?.input).toMatchObject({ cluster: 'c', task });
});

it('rejects with the reason of the signal', async () => {
  const stopping = stopTask(aws.ecs, eagerCall, 'c')(arn(1), 'done', AbortSignal.abort('over'));
  expect(await rejectionOf(stopping)).toBe('over');
});

it('resolves to nothing if ECS does not know the task any more', async () => {
  aws.answer = errorAnswer('InvalidParameterException', 'The referenced task was not found.');
  await expect(stop()).resolves.toBeNull();
});

it('does not repeat a throttled request: whether the task is still to stop is decided again first', async () => {
  aws.answer = errorAnswer('ThrottlingException', 'Rate exceeded');
  expect(await rejectionOf(stop())).toMatchObject({ kind: 'throttled' });
  expect(aws.requests).toHaveLength(1);
});

it.each(['', '{}', '{"task":{}}', '7'])(
  'fails as unreachable if the answer is %j: the task may run on',
  async (body) => {
    aws.answer = jsonAnswer(200, body);
    const stopping = stopTask(aws.ecs, singleCall, 'c')(
      arn(1),
      'done',
      new AbortController().signal,
    );
    expect(await rejectionOf(stopping)).toMatchObject({ kind: 'unreachable', code: 'garbled' });
  },
);

it('fails as denied if StopTask is denied', async () => {
  aws.answer = errorAnswer(
    'AccessDeniedException',
    'User is not authorized to perform: ecs:StopTask',
  );
  expect(await rejectionOf(stop())).toMatchObject({ kind: 'denied' });
  const ownAccount = () => '123456789012';
  const stopHere = stopTask(aws.ecs, eagerCall, 'c', { ownAccount });
  const stopping = stopHere(arn(1), 'done', new AbortController().signal);
  expect(await rejectionOf(stopping)).toMatchObject({ kind: 'denied' });
});

const account = '123456789012';

it('resolves if the cluster does not exist any more in our account, and reports that', async () => {
  aws.answer = errorAnswer('ClusterNotFoundException', 'Cluster not found.');
  const missing: string[][] = [];
  const stopHere = stopTask(aws.ecs, eagerCall, 'c', {
    ownAccount: () => account,
    onClusterMissing: (...what) => missing.push(what),
  });
  await expect(stopHere(arn(1), 'done', new AbortController().signal)).resolves.toBeNull();
  expect(missing).toEqual([[arn(1), 'c']]);
});

it('sends nothing about a task of another account, and says so: ECS would not know it', async () => {
  const stopHere = stopTask(aws.ecs, eagerCall, 'c', { ownAccount: () => '999999999999' });
  const stopping = stopHere(arn(1), 'done', new AbortController().signal);
  expect(await rejectionOf(stopping)).toMatchObject({
    ...{ kind: 'credentials', code: 'otherAccount' },
    message: `StopTask: that is in AWS account ${account}, and our credentials are of account 999999999999`,
  });
  expect(aws.requests).toEqual([]);
});

it('fails and names the cluster that is missing as long as our account is not known', async () => {
  aws.answer = errorAnswer('ClusterNotFoundException', 'Cluster not found.');
  expect(await rejectionOf(stop())).toMatchObject({
    kind: 'unprepared',
    message: 'StopTask: ClusterNotFoundException: Cluster not found. (cluster c)',
  });
});
