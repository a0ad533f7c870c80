import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runTask } from '../../../../src/aws/tasks/runTask.ts';
import {
  type AwsServer,
  errorAnswer,
  jsonAnswer,
  rejectionOf,
  startAwsServer,
} from '../awsServer.ts';
import { httpAnswer, type RawServer, startRawServer } from '../rawServer.ts';
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
      tasks: [{ taskArn: arn(1), createdAt: 1.5 }, { taskArn: arn(2) }, { taskArn: arn(3) }],
    });
    expect(await launch()).toEqual({
      taskArns: [arn(1), arn(2), arn(3)],
      refusals: [],
      createdAt: { [arn(1)]: 1500 },
    });
  });

  it('returns the id of the request where the answer has one', async () => {
    const tasks = [1, 2, 3].map((n) => ({ taskArn: arn(n) }));
    const taskArns = [arn(1), arn(2), arn(3)];
    const launchedBy = (requestId?: string) => {
      const ecs = { send: async () => ({ tasks, $metadata: { requestId } }) };
      const start = runTask(ecs as never, eagerCall, template);
      return start(order, new AbortController().signal);
    };
    expect(await launchedBy('r1')).toStrictEqual({ taskArns, refusals: [], requestId: 'r1' });
    expect(await launchedBy()).toStrictEqual({ taskArns, refusals: [] });
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

  it('fails as refused if a ConflictException names no task', async () => {
    aws.answer = errorAnswer('ConflictException', 'The token was used with other parameters');
    expect(await rejectionOf(launch())).toMatchObject({ kind: 'refused', code: 'tokenUsed' });
  });

  it.each([
    ['neither tasks nor failures', {}],
    ['empty lists', { tasks: [], failures: [] }],
    ['fewer tasks than were asked for', { tasks: [{ taskArn: arn(1) }, { taskArn: arn(2) }] }],
    [
      'fewer tasks and failures',
      { tasks: [{ taskArn: arn(1) }], failures: [{ reason: 'RESOURCE:ENI' }] },
    ],
    [
      'one task three times',
      { tasks: [{ taskArn: arn(1) }, { taskArn: arn(1) }, { taskArn: arn(1) }] },
    ],
  ])('leaves the launch in doubt if the answer has %s', async (_, answer) => {
    aws.answer = jsonAnswer(200, answer);
    expect(await rejectionOf(launch())).toMatchObject({ kind: 'unreachable' });
    expect(aws.requests).toHaveLength(1);
  });

  it('returns more tasks than were asked for, if ECS names more', async () => {
    const tasks = [1, 2, 3, 4].map((n) => ({ taskArn: arn(n) }));
    aws.answer = jsonAnswer(200, { tasks });
    expect((await launch()).taskArns).toHaveLength(4);
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
    const reason = `bad value ${secret}`;
    aws.answer = jsonAnswer(200, { failures: [{ reason }, { reason }, { reason }] });
    expect(JSON.stringify(await launch())).not.toMatch(/hunter2|example\.org/);
  });

  it('rejects with the reason of the signal when it is aborted', async () => {
    const controller = new AbortController();
    aws.answer = () => controller.abort(new Error('no longer needed'));
    expect(await rejectionOf(launch(controller.signal))).toBe(controller.signal.reason);
  });
});

describe('runTask with an answer that does not say what became of the launch', () => {
  let raw: RawServer;
  beforeAll(async () => {
    raw = await startRawServer();
  });
  afterAll(() => raw.close());

  it.each([
    [
      'Content-Length together with Transfer-Encoding',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    ['headers of 20 kB', httpAnswer('200 OK', '{}', [`x: ${'a'.repeat(20_000)}`])],
    ['bytes that are no HTTP', '\x00\x01 no HTTP\r\n\r\n'],
    [
      'half a body',
      httpAnswer('200 OK', '{"tasks":[').replace('content-length: 10', 'content-length: 99'),
    ],
    ['no byte at all', ''],
    ['status 204', 'HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'],
    ...['', 'null', '[]', '{}', '7', '"x"', '{"__type":"ClientException"}', '<html>'].map(
      (body) => [`status 200 and the body ${body}`, httpAnswer('200 OK', body)],
    ),
    ['a redirection', httpAnswer('302 Found', '')],
    ...['', '{}', 'null', '<html>', '{"__type":"SomethingNewException","message":"no"}'].map(
      (body) => [`status 400 and the body ${body}`, httpAnswer('400 Bad Request', body)],
    ),
    ['status 403 from a proxy', httpAnswer('403 Forbidden', '<html>')],
    ['status 429 without a type', httpAnswer('429 Too Many Requests', '')],
    ['a type with status 500', httpAnswer('500 Error', '{"__type":"ClientException"}')],
  ])('is in doubt after %s', async (_, answer) => {
    raw.answer = (socket) => void socket.end(answer, 'latin1');
    const launching = runTask(raw.ecs, eagerCall, template)(order, new AbortController().signal);
    expect(await rejectionOf(launching)).toMatchObject({ kind: 'unreachable' });
  });

  it.each(['ClientException', 'com.amazonaws.ecs#ClientException'])(
    'is settled by an error of the type %s',
    async (type) => {
      const body = JSON.stringify({ __type: type, message: 'no' });
      raw.answer = (socket) => void socket.end(httpAnswer('400 Bad Request', body));
      const launching = runTask(raw.ecs, eagerCall, template)(order, new AbortController().signal);
      expect(await rejectionOf(launching)).toMatchObject({ kind: 'invalid' });
    },
  );
});
