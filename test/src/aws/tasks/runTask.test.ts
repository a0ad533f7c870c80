import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runTask } from '../../../../src/aws/tasks/runTask.ts';
import {
  type AwsServer,
  errorAnswer,
  jsonAnswer,
  rejectionOf,
  startAwsServer,
} from '../awsServer.ts';
import { arn, eagerCall } from './eagerCall.ts';

const secret = 'pkg @ https://user:hunter2@example.org/p.whl';
const template = {
  request: (order: { clientToken: string; count: number; revision: string }) => ({
    taskDefinition: order.revision,
    clientToken: order.clientToken,
    count: order.count,
    overrides: {
      containerOverrides: [
        { name: 'c', environment: [{ name: 'PYTHON_REQUIREMENTS', value: secret }] },
      ],
    },
  }),
};
const order = {
  label: 'l',
  clientToken: 't-1',
  count: 3,
  revision: 'f:1',
  market: 'onDemand' as const,
};

let aws: AwsServer;
beforeAll(async () => {
  aws = await startAwsServer();
});
beforeEach(() => {
  aws.requests = [];
});
afterAll(() => aws.close());

const launch = (signal = new AbortController().signal) =>
  runTask(aws.ecs, eagerCall, template)(order, signal);

describe('runTask', () => {
  it('sends one RunTask with the client token of the order', async () => {
    aws.answer = jsonAnswer(200, {
      tasks: [{ taskArn: arn(1) }, { taskArn: arn(2) }, { taskArn: arn(3) }],
    });
    expect(await launch()).toEqual({ taskArns: [arn(1), arn(2), arn(3)], refusals: [] });
    expect(aws.requests).toHaveLength(1);
    expect(aws.requests[0]).toMatchObject({
      operation: 'RunTask',
      input: { clientToken: 't-1', count: 3, taskDefinition: 'f:1' },
    });
  });

  it('returns when ECS created the tasks, as far as it says so', async () => {
    aws.answer = jsonAnswer(200, {
      tasks: [{ taskArn: arn(1), createdAt: 1.5 }, { taskArn: arn(2) }],
    });
    expect(await launch()).toEqual({
      taskArns: [arn(1), arn(2)],
      refusals: [],
      createdAt: { [arn(1)]: 1500 },
    });
  });

  it('returns the tasks and the refusals of one answer', async () => {
    aws.answer = jsonAnswer(200, {
      tasks: [{ taskArn: arn(1) }],
      failures: [
        { reason: 'You’ve reached the limit on the number of vCPUs you can run concurrently' },
        { reason: 'RESOURCE:ENI', detail: 'none left', arn: null },
      ],
    });
    expect(await launch()).toEqual({
      taskArns: [arn(1)],
      refusals: [
        {
          kind: 'quota',
          reason: 'You’ve reached the limit on the number of vCPUs you can run concurrently',
        },
        { kind: 'capacity', reason: 'RESOURCE:ENI: none left' },
      ],
    });
  });

  it('returns the tasks that a ConflictException names for the client token', async () => {
    aws.answer = errorAnswer('ConflictException', 'The token was used with other parameters', 400, {
      resourceIds: [arn(1), arn(2)],
    });
    expect(await launch()).toEqual({ taskArns: [arn(1), arn(2)], refusals: [] });
  });

  it('fails as refused if a ConflictException names no task, and if an answer is empty', async () => {
    aws.answer = errorAnswer('ConflictException', 'The token was used with other parameters');
    expect(await rejectionOf(launch())).toMatchObject({ kind: 'refused', code: 'tokenUsed' });
    aws.answer = jsonAnswer(200, {});
    expect(await rejectionOf(launch())).toMatchObject({ kind: 'refused', code: 'empty' });
  });

  it.each([
    ['unreachable', errorAnswer('ServerException', 'later', 500)],
    ['throttled', errorAnswer('ThrottlingException', 'Rate exceeded')],
  ] as const)('does not retry a failure of kind %s', async (kind, answer) => {
    aws.answer = answer;
    expect(await rejectionOf(launch())).toMatchObject({ kind });
    expect(aws.requests).toHaveLength(1);
  });

  it('keeps the environment of the task out of errors and refusals', async () => {
    aws.answer = errorAnswer('InvalidParameterException', `bad value ${secret} in overrides`);
    expect(String(await rejectionOf(launch()))).not.toMatch(/hunter2|example\.org/);
    aws.answer = jsonAnswer(200, { failures: [{ reason: `bad value ${secret}` }] });
    expect(JSON.stringify(await launch())).not.toMatch(/hunter2|example\.org/);
  });

  it('rejects with the reason of the signal when it is aborted', async () => {
    const controller = new AbortController();
    aws.answer = () => controller.abort(new Error('no longer needed'));
    expect(await rejectionOf(launch(controller.signal))).toBe(controller.signal.reason);
  });
});
