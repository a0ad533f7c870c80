import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeTasks } from '../../../../src/aws/tasks/describeTasks.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { type AwsServer, jsonAnswer, rejectionOf, startAwsServer } from '../awsServer.ts';
import { arn, eagerCall, singleCall } from './eagerCall.ts';

let aws: AwsServer;
beforeAll(async () => {
  aws = await startAwsServer();
});
beforeEach(() => {
  aws.requests = [];
});
afterAll(() => aws.close());

const describeAll = (arns: string[]) =>
  describeTasks(aws.ecs, eagerCall, 'c', silentLog)(arns, new AbortController().signal);

describe('describeTasks', () => {
  it('describes tasks in pages of 100', async () => {
    aws.answer = (request, response, body) => {
      const { tasks } = JSON.parse(body) as { tasks: string[] };
      jsonAnswer(200, {
        tasks: tasks.map((taskArn) => ({
          ...{ taskArn, lastStatus: 'RUNNING', createdAt: 1.5, startedAt: 2.5 },
        })),
      })(request, response, body);
    };
    const arns = Array.from({ length: 250 }, (_, i) => arn(i));
    const observations = await describeAll(arns);
    expect(observations.map(({ taskArn }) => taskArn)).toEqual(arns);
    expect(observations[0]).toEqual({
      taskArn: arn(0),
      phase: 'running',
      cause: null,
      detail: null,
      createdAt: 1500,
      startedAt: 2500,
    });
    expect(aws.requests.map(({ input }) => (input.tasks as string[]).length)).toEqual([
      100, 100, 50,
    ]);
  });

  it('describes tasks of another cluster on pages of that cluster', async () => {
    aws.answer = jsonAnswer(200, { tasks: [] });
    const elsewhere = (n: number) => `arn:aws:ecs:eu-west-1:1:task/before/${n}`;
    await describeAll([arn(1), elsewhere(2), arn(3), elsewhere(4)]);
    expect(aws.requests.map(({ input }) => input)).toMatchObject([
      { tasks: [arn(1), arn(3)] },
      { cluster: 'before', tasks: [elsewhere(2), elsewhere(4)] },
    ]);
  });

  it('sends no request for an empty list', async () => {
    expect(await describeAll([])).toEqual([]);
    expect(aws.requests).toEqual([]);
  });

  it('reports tasks that ECS does not know as missing, and leaves out those of which it says nothing', async () => {
    aws.answer = jsonAnswer(200, {
      tasks: [{ taskArn: arn(1), lastStatus: 'PENDING', desiredStatus: 'RUNNING' }],
      failures: [
        { arn: arn(2), reason: 'MISSING' },
        { arn: arn(3), reason: 'ACCESS_DENIED' },
      ],
    });
    const observations = await describeAll([arn(1), arn(2), arn(3), arn(4)]);
    expect(observations.map(({ taskArn, phase }) => [taskArn, phase])).toEqual([
      [arn(1), 'starting'],
      [arn(2), 'missing'],
    ]);
  });

  it('leaves out tasks that were not asked for', async () => {
    const other = { taskArn: arn(9), lastStatus: 'STOPPED' };
    aws.answer = jsonAnswer(200, {
      tasks: [{ taskArn: arn(1), lastStatus: 'RUNNING' }, other],
      failures: [{ arn: arn(8), reason: 'MISSING' }],
    });
    expect((await describeAll([arn(1)])).map(({ taskArn }) => taskArn)).toEqual([arn(1)]);
  });

  it.each(['', '{}', 'null', '[]', '7', '{"__type":"x"}', '{"taskArns":[]}'])(
    'fails as unreachable if the answer is %j',
    async (body) => {
      aws.answer = jsonAnswer(200, body);
      const describing = describeTasks(
        aws.ecs,
        singleCall,
        'c',
        silentLog,
      )([arn(1)], new AbortController().signal);
      expect(await rejectionOf(describing)).toMatchObject({ kind: 'unreachable' });
    },
  );
});
