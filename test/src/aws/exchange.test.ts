import type { Socket } from 'node:net';
import { ListTasksCommand } from '@aws-sdk/client-ecs';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCaller } from '../../../src/aws/caller.ts';
import { createEcsClient } from '../../../src/aws/client.ts';
import { classifyError } from '../../../src/aws/errors.ts';
import { createIamClient } from '../../../src/aws/iamClient.ts';
import { createLimiter } from '../../../src/aws/limiter.ts';
import { systemClock } from '../../../src/aws/systemClock.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { credentials, rejectionOf } from './awsServer.ts';
import { httpAnswer, type RawServer, startRawServer } from './rawServer.ts';

const megabyte = 1024 * 1024;
let raw: RawServer;
beforeAll(async () => {
  raw = await startRawServer();
});
afterAll(() => raw.close());

const list = () => raw.ecs.send(new ListTasksCommand({}));

/** Answers with so many bytes of body, a megabyte at a time, and counts those that were taken. */
function pour(status: string, bytes: number, headers: string[]) {
  const taken = { bytes: 0 };
  raw.answer = (socket) => {
    socket.write(`HTTP/1.1 ${[status, ...headers].join('\r\n')}\r\n\r\n`);
    const pourMore = () => {
      if (socket.destroyed || taken.bytes >= bytes) return void socket.end();
      taken.bytes += megabyte;
      socket.write(Buffer.alloc(megabyte, ' '), () => setImmediate(pourMore));
    };
    pourMore();
  };
  return taken;
}

describe('a failure', () => {
  it('names the endpoint to which its request was sent, also through a proxy', async () => {
    raw.answer = (socket) => void socket.destroy();
    expect(classifyError('ListTasks', await rejectionOf(list())).endpoint).toBe(raw.url);
    const nowhere = { region: 'us-east-1', credentials, endpoint: 'http://127.0.0.1:1' };
    const ecs = createEcsClient(nowhere);
    const thrown = await rejectionOf(ecs.send(new ListTasksCommand({})));
    expect(classifyError('ListTasks', thrown)).toMatchObject({
      ...{ kind: 'unreachable', awsName: 'ECONNREFUSED', endpoint: nowhere.endpoint },
    });
    ecs.destroy();
  });

  it('names none without a request', () => {
    expect(classifyError('ListTasks', new Error('no')).endpoint).toBeUndefined();
  });
});

describe('the body of an answer', () => {
  it.each([
    ['an answer', '200 OK', ['connection: close']],
    ['an error', '400 Bad Request', ['connection: close']],
    ['an error that names its length', '400 Bad Request', [`content-length: ${300 * megabyte}`]],
  ])('of %s is read up to 8 MB, and the connection is closed', async (_, status, headers) => {
    const taken = pour(status, 300 * megabyte, headers);
    const thrown = await rejectionOf(list());
    expect(classifyError('RunTask', thrown)).toMatchObject({ kind: 'unreachable' });
    expect(String(thrown)).toContain('8 MB');
    // What the sockets of both sides buffer comes on top.
    expect(taken.bytes).toBeLessThan(30 * megabyte);
  });

  it('of IAM is read up to 8 MB', async () => {
    const iam = createIamClient({ region: 'us-east-1', endpoint: raw.url, credentials });
    pour('200 OK', 300 * megabyte, ['connection: close']);
    const thrown = await rejectionOf(iam.send(new GetRoleCommand({ RoleName: 'r' })));
    expect(String(thrown)).toContain('8 MB');
    iam.destroy();
  });

  it('of the largest page is read whole', async () => {
    const taskArns = Array.from({ length: 40_000 }, (_, i) => `arn:${i}`.padEnd(100, 'x'));
    raw.answer = (socket) => void socket.end(httpAnswer('200 OK', JSON.stringify({ taskArns })));
    expect((await list()).taskArns).toEqual(taskArns);
  });

  it('that ends early is an error', async () => {
    raw.answer = (socket) =>
      void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"taskArns":[]}');
    const thrown = await rejectionOf(list());
    expect(classifyError('ListTasks', thrown).kind).toBe('unreachable');
  });
});

describe('a call of the real SDK', () => {
  const call = createCaller({
    limiter: createLimiter(systemClock),
    clock: systemClock,
    log: silentLog,
    retryTimeoutMs: 0,
    attemptTimeoutMs: 200,
  });
  const head = 'HTTP/1.1 200 OK\r\ncontent-length: 999\r\n';

  it.each<[string, (socket: Socket) => void]>([
    ['before its headers', () => {}],
    ['in its headers', (socket) => void socket.write(head)],
    ['after its headers', (socket) => void socket.write(`${head}\r\n`)],
    ['in its body', (socket) => void socket.write(`${head}\r\n{"taskArns":[`)],
    [
      'never, but comes a byte at a time',
      (socket) => {
        socket.write(`${head}\r\n`);
        const timer = setInterval(() => socket.write(' '), 20);
        socket.on('close', () => clearInterval(timer));
      },
    ],
  ])(
    'is given up at its time limit, and closes its connection, when the answer stalls %s',
    async (_, answer) => {
      let closed: Promise<unknown> | undefined;
      raw.answer = (socket) => {
        // A reset closes the connection as well.
        socket.on('error', () => {});
        closed = new Promise((resolve) => socket.once('close', resolve));
        answer(socket);
      };
      const began = performance.now();
      const { signal } = new AbortController();
      const calling = call(
        'ListTasks',
        (options) => raw.ecs.send(new ListTasksCommand({}), options),
        signal,
      );
      expect(await rejectionOf(calling)).toMatchObject({ kind: 'unreachable', code: 'deadline' });
      expect(performance.now() - began).toBeLessThan(1000);
      expect(closed).toBeDefined();
      await closed;
    },
  );
});
