import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeTasks } from '../../../../src/aws/tasks/describeTasks.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { type AwsServer, jsonAnswer, startAwsServer } from '../awsServer.ts';
import { arn, eagerCall } from './eagerCall.ts';

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
    aws.answer = jsonAnswer(200, {});
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

  it('reports tasks that ECS does not know as missing, and leaves out tasks with another failure', async () => {
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
      [arn(4), 'missing'],
    ]);
  });
  it('leaves out tasks of an unknown status, and reports each such status once', async () => {
    const lines: unknown[] = [];
    const log = { report: (...line: unknown[]) => lines.push(line) } as never;
    const describe = describeTasks(aws.ecs, eagerCall, 'c', log);
    aws.answer = jsonAnswer(200, {
      tasks: [
        { taskArn: arn(1), lastStatus: 'FOO', desiredStatus: 'RUNNING' },
        { taskArn: arn(2), lastStatus: 'FOO', desiredStatus: 'RUNNING' },
        { taskArn: arn(3), lastStatus: 'RUNNING', desiredStatus: 'RUNNING' },
      ],
    });
    for (let round = 0; round < 2; round++) {
      const observations = await describe([arn(1), arn(2), arn(3)], new AbortController().signal);
      expect(observations.map(({ taskArn }) => taskArn)).toEqual([arn(3)]);
    }
    expect(lines).toEqual([['describeTasks.statusUnknown', { task: arn(1), status: 'FOO' }]]);
  });
});
