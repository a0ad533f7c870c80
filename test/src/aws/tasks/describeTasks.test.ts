import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeTasks } from '../../../../src/aws/tasks/describeTasks.ts';
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

const signal = new AbortController().signal;
const describeAll = (arns: string[], call = singleCall) =>
  describeTasks(aws.ecs, call, 'c')(arns, signal);
const asked = () => aws.requests.map(({ input }) => input.tasks as string[]);
const elsewhere = (n: number, region = 'us-east-1') => `arn:aws:ecs:${region}:1:task/before/${n}`;

type Exchange = Parameters<AwsServer['answer']>;
const inputOf = ([, , body]: Exchange) => JSON.parse(body) as { cluster: string; tasks: string[] };
const running = (tasks: string[]) =>
  jsonAnswer(200, {
    tasks: tasks.map((taskArn) => ({
      ...{ taskArn, lastStatus: 'RUNNING', createdAt: 1.5, startedAt: 2.5 },
    })),
    failures: [],
  });

describe('describeTasks', () => {
  it('describes tasks in pages of 100', async () => {
    aws.answer = (...exchange) => running(inputOf(exchange).tasks)(...exchange);
    const arns = Array.from({ length: 250 }, (_, i) => arn(i));
    const { observations, failures } = await describeAll(arns);
    expect(failures).toEqual([]);
    expect(observations.map(({ taskArn }) => taskArn)).toEqual(arns);
    expect(observations[0]).toEqual({
      taskArn: arn(0),
      phase: 'running',
      cause: null,
      detail: null,
      createdAt: 1500,
      startedAt: 2500,
    });
    expect(
      asked()
        .map(({ length }) => length)
        .sort(),
    ).toEqual([100, 100, 50]);
  });

  it('describes tasks of other clusters and regions on pages of those', async () => {
    aws.answer = jsonAnswer(200, { tasks: [] });
    const far = elsewhere(5, 'eu-west-1');
    await describeAll([arn(1), elsewhere(2), arn(3), elsewhere(4), far, 'arn:old']);
    expect(aws.requests.map(({ input }) => input)).toEqual([
      { cluster: 'c', tasks: [arn(1), arn(3)] },
      { cluster: 'before', tasks: [elsewhere(2), elsewhere(4)] },
      { cluster: 'before', tasks: [far] },
      { cluster: 'c', tasks: ['arn:old'] },
    ]);
  });

  it('sends no request for an empty list', async () => {
    expect(await describeAll([])).toEqual({ observations: [], failures: [] });
    expect(aws.requests).toEqual([]);
  });

  it('reports tasks that ECS does not know as missing, and those of which it says nothing as failures', async () => {
    aws.answer = jsonAnswer(200, {
      tasks: [{ taskArn: arn(1), lastStatus: 'PENDING', desiredStatus: 'RUNNING' }],
      failures: [
        { arn: arn(2), reason: 'MISSING' },
        { arn: arn(3), reason: 'ACCESS_DENIED' },
      ],
    });
    const arns = [1, 2, 3, 4, 5].map(arn);
    const { observations, failures } = await describeAll(arns);
    expect(observations.map(({ taskArn, phase }) => [taskArn, phase])).toEqual([
      [arn(1), 'starting'],
      [arn(2), 'missing'],
    ]);
    const refused = { cluster: 'c', kind: 'refused' };
    expect(failures).toEqual([
      { ...refused, reason: 'DescribeTasks: ACCESS_DENIED', taskArns: [arn(3)] },
      {
        ...refused,
        reason: 'DescribeTasks: the answer does not mention the task',
        taskArns: [arn(4), arn(5)],
      },
    ]);
  });

  it('leaves out tasks that were not asked for, and what is said twice', async () => {
    const task = { taskArn: arn(1), lastStatus: 'RUNNING' };
    aws.answer = jsonAnswer(200, {
      tasks: [task, { ...task, lastStatus: 'STOPPED' }, { ...task, taskArn: arn(9) }],
      failures: [arn(8), arn(1)].map((one) => ({ arn: one, reason: 'MISSING' })),
    });
    const { observations } = await describeAll([arn(1)]);
    expect(observations).toMatchObject([{ taskArn: arn(1), phase: 'running' }]);
  });

  it.each(['', '{}', 'null', '[]', '7', '{"__type":"x"}', '{"taskArns":[]}'])(
    'says nothing of the tasks if the answer is %j',
    async (body) => {
      aws.answer = jsonAnswer(200, body);
      const { observations, failures } = await describeAll([arn(1)]);
      expect(observations).toEqual([]);
      expect(failures).toMatchObject([{ cluster: 'c', kind: 'unreachable', taskArns: [arn(1)] }]);
    },
  );

  it.each([
    ['unprepared', 'ClusterNotFoundException', 'Cluster not found.', ' (cluster before)'],
    ['denied', 'AccessDeniedException', 'not authorized to perform: ecs:DescribeTasks', ''],
    ['throttled', 'ThrottlingException', 'Rate exceeded', ''],
  ])(
    'names the cluster whose page fails as %s, and describes the others',
    async (kind, name, message, more) => {
      aws.answer = (...exchange) => {
        const { cluster, tasks } = inputOf(exchange);
        (cluster === 'before' ? errorAnswer(name, message) : running(tasks))(...exchange);
      };
      const { observations, failures } = await describeAll([elsewhere(1), arn(2)]);
      expect(observations.map(({ taskArn }) => taskArn)).toEqual([arn(2)]);
      const reason = `DescribeTasks: ${name}: ${message}${more}`;
      expect(failures).toEqual([{ cluster: 'before', kind, reason, taskArns: [elsewhere(1)] }]);
    },
  );

  describe('with ARNs that AWS refuses', () => {
    let bad: Set<string>;
    beforeEach(() => {
      aws.answer = (...exchange) => {
        const { tasks } = inputOf(exchange);
        const isRefused = tasks.some((one) => bad.has(one));
        const no = errorAnswer('InvalidParameterException', 'Invalid identifier.');
        (isRefused ? no : running(tasks))(...exchange);
      };
    });
    const arns = Array.from({ length: 100 }, (_, i) => arn(i));

    it('finds the one among a hundred, describes the others, and asks for it alone from then on', async () => {
      bad = new Set([arn(37)]);
      const look = describeTasks(aws.ecs, singleCall, 'c');
      const { observations, failures } = await look(arns, signal);
      expect(observations).toHaveLength(99);
      expect(failures).toEqual([
        {
          ...{ cluster: 'c', kind: 'invalid', taskArns: [arn(37)] },
          reason: 'DescribeTasks: InvalidParameterException: Invalid identifier.',
        },
      ]);
      expect(aws.requests.length).toBeLessThanOrEqual(15);
      aws.requests = [];
      expect((await look(arns, signal)).observations).toHaveLength(99);
      expect(aws.requests).toHaveLength(2);
      bad.clear();
      await look(arns, signal);
      aws.requests = [];
      expect((await look(arns, signal)).observations).toHaveLength(100);
      expect(aws.requests).toHaveLength(1);
    });

    it('sends a limited number of requests when it refuses all', async () => {
      bad = new Set(arns);
      const look = describeTasks(aws.ecs, singleCall, 'c');
      for (let times = 0; times < 5; times++) {
        aws.requests = [];
        const { observations, failures } = await look(arns, signal);
        expect(observations).toEqual([]);
        expect(failures.flatMap(({ taskArns }) => taskArns).sort()).toEqual([...arns].sort());
        expect(aws.requests).toHaveLength(21);
      }
    });

    it('asks for ten refused ARNs alone from then on, and not for more', async () => {
      const some = arns.slice(0, 12);
      bad = new Set(some);
      const look = describeTasks(aws.ecs, singleCall, 'c');
      for (const one of some) await look([one], signal);
      bad.clear();
      aws.requests = [];
      expect((await look(some, signal)).failures).toEqual([]);
      expect(aws.requests).toHaveLength(11);
      expect(asked()).toEqual(
        expect.arrayContaining([...some.slice(0, 10).map((one) => [one]), some.slice(10)]),
      );
    });
  });

  it('neither splits a page that fails for another reason, nor asks for its tasks alone from then on', async () => {
    const look = describeTasks(aws.ecs, singleCall, 'c');
    const [first, second] = [arn(1), arn(2)];
    aws.answer = errorAnswer('AccessDeniedException', 'no');
    await look([first, second], signal);
    await look([first], signal);
    await look([first, second], signal);
    expect(asked()).toEqual([[first, second], [first], [first, second]]);
  });

  it('rejects with an error that is no failure of ECS', async () => {
    const bug = new TypeError('no');
    const looking = describeAll([arn(1)], () => Promise.reject(bug));
    expect(await rejectionOf(looking)).toBe(bug);
  });

  it('does not ask for tasks of another account, and says nothing of them', async () => {
    const ours = 'arn:aws:ecs:us-east-1:111111111111:task/c/1';
    aws.answer = jsonAnswer(200, { tasks: [], failures: [{ arn: ours, reason: 'MISSING' }] });
    const look = describeTasks(aws.ecs, singleCall, 'c', () => '111111111111');
    const { observations, failures } = await look([arn(1), ours], new AbortController().signal);
    expect(observations).toMatchObject([{ taskArn: ours, phase: 'missing' }]);
    expect(failures).toEqual([
      {
        ...{ cluster: 'c', kind: 'credentials', taskArns: [arn(1)] },
        reason:
          'DescribeTasks: that is in AWS account 123456789012, and our credentials are of account 111111111111',
      },
    ]);
    expect(aws.requests).toHaveLength(1);
  });

  it('rejects with the reason of the signal', async () => {
    const controller = new AbortController();
    aws.answer = () => controller.abort(new Error('no longer needed'));
    const looking = describeTasks(aws.ecs, eagerCall, 'c')([arn(1)], controller.signal);
    expect(await rejectionOf(looking)).toBe(controller.signal.reason);
  });

  it('shows a task of an unknown status as that, with its times and its market, and names the status', async () => {
    aws.answer = jsonAnswer(200, {
      tasks: [
        {
          ...{ taskArn: arn(1), lastStatus: 'FOO', desiredStatus: 'RUNNING' },
          ...{ createdAt: 1, startedAt: 2, launchType: 'FARGATE' },
        },
        { taskArn: arn(3), lastStatus: 'FOO' },
        { taskArn: arn(2), lastStatus: 'RUNNING', desiredStatus: 'RUNNING' },
      ],
    });
    const { observations, failures } = await describeAll([arn(1), arn(2), arn(3)]);
    const unknown = { phase: 'unknown', cause: null, detail: null };
    expect(observations).toEqual([
      {
        ...{ taskArn: arn(1), ...unknown, createdAt: 1000, startedAt: 2000 },
        market: 'onDemand',
      },
      { taskArn: arn(3), ...unknown, createdAt: null },
      expect.objectContaining({ taskArn: arn(2), phase: 'running' }),
    ]);
    expect(failures).toMatchObject([
      { reason: 'DescribeTasks: unknown status FOO', taskArns: [arn(1), arn(3)] },
    ]);
  });
});
