import { DescribeTasksCommand, ListTasksCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type AwsServer,
  errorAnswer,
  jsonAnswer,
  rejectionOf,
  startAwsServer,
} from './awsServer.ts';

let aws: AwsServer;
beforeEach(async () => {
  aws = await startAwsServer();
});
afterEach(() => aws.close());

const describe = () => aws.ecs.send(new DescribeTasksCommand({ tasks: ['t'] }));

it('moments of tasks are dates, to the millisecond', async () => {
  const moments = { createdAt: 1_700_000_000.123, startedAt: 1_700_000_001, stoppedAt: 0 };
  const task = { taskArn: 'arn:a', executionStoppedAt: 1_700_000_002.5, ...moments };
  aws.answer = jsonAnswer(200, { tasks: [task, { taskArn: 'arn:b' }], failures: [] });
  expect((await describe()).tasks).toEqual([
    {
      taskArn: 'arn:a',
      createdAt: new Date(1_700_000_000_123),
      startedAt: new Date(1_700_000_001_000),
      executionStoppedAt: new Date(1_700_000_002_500),
      stoppedAt: new Date(0),
    },
    { taskArn: 'arn:b' },
  ]);
  aws.answer = jsonAnswer(200, { tasks: [task] });
  const { tasks } = await aws.ecs.send(new RunTaskCommand({ taskDefinition: 'f' }));
  expect(tasks?.[0]?.createdAt).toEqual(new Date(1_700_000_000_123));
});

it('members that are null are left out at every depth', async () => {
  const details = [{ name: 'subnetId', value: null }];
  const attachments = [{ type: 'ElasticNetworkInterface', details }];
  const task = { taskArn: 'arn:a', executionStoppedAt: null, attachments };
  aws.answer = jsonAnswer(200, { tasks: [null, task], failures: null });
  const { failures = 'absent', tasks } = await describe();
  expect(failures).toBe('absent');
  const left = [{ type: 'ElasticNetworkInterface', details: [{ name: 'subnetId' }] }];
  expect(tasks).toStrictEqual([{ taskArn: 'arn:a', attachments: left }]);
});

it('text is read as UTF-8, and the word null in it stays', async () => {
  const reason = 'null: “no capacity” in Zürich';
  aws.answer = jsonAnswer(200, { tasks: [], failures: [{ arn: 'arn:a', reason }] });
  expect((await describe()).failures).toEqual([{ arn: 'arn:a', reason }]);
});

it('the status and the id of the request are beside the answer', async () => {
  aws.answer = (_request, response) => {
    response.writeHead(200, { 'x-amzn-RequestId': 'r-1' });
    response.end('{"taskArns":["arn:a"]}');
  };
  const { taskArns, $metadata } = await aws.ecs.send(new ListTasksCommand({}));
  expect(taskArns).toEqual(['arn:a']);
  expect($metadata).toMatchObject({ httpStatusCode: 200, requestId: 'r-1' });
});

it.each(['', '[]', '"text"', '7'])('the body %j has no members', async (body) => {
  aws.answer = jsonAnswer(200, body);
  const { $metadata: _, ...answer } = await describe();
  expect(answer).toEqual({});
});

it.each(['<html>', '{"tasks":[', '{"tasks":[{"createdAt":"now"}]}'])(
  'the body %j is refused',
  async (body) => {
    aws.answer = jsonAnswer(200, body);
    expect(await rejectionOf(describe())).toBeInstanceOf(Error);
  },
);

it('tasks that are no objects are left to the check of the form', async () => {
  aws.answer = jsonAnswer(200, { tasks: ['text', 7] });
  expect((await describe()).tasks).toEqual(['text', 7]);
});

it('errors are those of the SDK', async () => {
  aws.answer = errorAnswer('ClusterNotFoundException', 'no cluster');
  expect(await rejectionOf(describe())).toMatchObject({
    name: 'ClusterNotFoundException',
    message: 'no cluster',
  });
});
