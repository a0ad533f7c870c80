import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runTask } from '../../../../src/aws/tasks/runTask.ts';
import { type Answers, json, no, startAnswers, thrownBy } from '../answers.ts';
import { arn, eagerCall } from './tasks.ts';

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

let aws: Answers;
beforeAll(async () => {
  aws = await startAnswers();
});
beforeEach(() => {
  aws.requests = [];
});
afterAll(() => aws.close());

const launch = (signal = new AbortController().signal) =>
  runTask(aws.ecs, eagerCall, template)(order, signal);

describe('runTask', () => {
  it('asks once, under the order’s token', async () => {
    aws.answer = json(200, {
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
    aws.answer = json(200, { tasks: [{ taskArn: arn(1), createdAt: 1.5 }, { taskArn: arn(2) }] });
    expect(await launch()).toEqual({
      taskArns: [arn(1), arn(2)],
      refusals: [],
      createdAt: { [arn(1)]: 1500 },
    });
  });

  it('tells tasks and refusals of one answer apart', async () => {
    aws.answer = json(200, {
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

  it('takes the tasks that a token bought before for its answer', async () => {
    aws.answer = no('ConflictException', 'The token was used with other parameters', 400, {
      resourceIds: [arn(1), arn(2)],
    });
    expect(await launch()).toEqual({ taskArns: [arn(1), arn(2)], refusals: [] });
  });

  it('is refused when a used token names nothing, and when an answer says nothing', async () => {
    aws.answer = no('ConflictException', 'The token was used with other parameters');
    expect(await thrownBy(launch())).toMatchObject({ kind: 'refused', code: 'tokenUsed' });
    aws.answer = json(200, {});
    expect(await thrownBy(launch())).toMatchObject({ kind: 'refused', code: 'empty' });
  });

  it.each([
    ['unreachable', no('ServerException', 'later', 500)],
    ['throttled', no('ThrottlingException', 'Rate exceeded')],
  ] as const)('never asks again by itself: %s', async (kind, answer) => {
    aws.answer = answer;
    expect(await thrownBy(launch())).toMatchObject({ kind });
    expect(aws.requests).toHaveLength(1);
  });

  it('quotes nothing of the environment', async () => {
    aws.answer = no('InvalidParameterException', `bad value ${secret} in overrides`);
    expect(String(await thrownBy(launch()))).not.toMatch(/hunter2|example\.org/);
    aws.answer = json(200, { failures: [{ reason: `bad value ${secret}` }] });
    expect(JSON.stringify(await launch())).not.toMatch(/hunter2|example\.org/);
  });

  it('ends with the signal', async () => {
    const controller = new AbortController();
    aws.answer = () => controller.abort(new Error('no longer needed'));
    expect(await thrownBy(launch(controller.signal))).toBe(controller.signal.reason);
  });
});
