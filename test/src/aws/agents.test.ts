import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { ListTasksCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createEcsClient } from '../../../src/aws/client.ts';
import { classifyError } from '../../../src/aws/errors.ts';
import { readProxies } from '../../../src/shared/proxy.ts';
import { selfSigned } from '../scheduler/transport/certificate.ts';
import { credentials, rejectionOf } from './awsServer.ts';

const host = 'ecs.us-east-1.amazonaws.com';
const certificate = selfSigned([host, '127.0.0.1']);
const answer = (_: IncomingMessage, response: ServerResponse) =>
  response.end('{"taskArns":["arn:1"]}');

/** Where everything listens on loopback; whatever its address says, the proxy connects to the server. */
let servers: Server[];
let sockets: Set<Socket>;
let serverPort: number;
/** What the proxy was asked for. */
let asked: { target: string; authorization: string | undefined }[];
/** What the proxy answers to CONNECT; null: nothing. */
let connectAnswer: string | null;
/** How the proxy changes what the server sends. */
let change: (bytes: Buffer) => Buffer;

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = async (server: Server): Promise<Server> => {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const startProxy = () => {
  const proxy = createServer((request, response) => {
    asked.push({
      target: request.url ?? '',
      authorization: request.headers['proxy-authorization'],
    });
    answer(request, response);
  });
  proxy.on('connect', (request: IncomingMessage, client: Socket) => {
    asked.push({
      target: request.url ?? '',
      authorization: request.headers['proxy-authorization'],
    });
    client.on('error', () => {});
    if (connectAnswer === null) return;
    client.write(`HTTP/1.1 ${connectAnswer}\r\n\r\n`);
    if (!connectAnswer.startsWith('200')) return void client.end();
    const server = connect(serverPort, '127.0.0.1');
    sockets.add(server);
    server.on('error', () => {}).on('close', () => client.destroy());
    client.pipe(server);
    server.on('data', (bytes) => client.write(change(bytes)));
  });
  return listen(proxy);
};

beforeEach(async () => {
  servers = [];
  sockets = new Set();
  asked = [];
  connectAnswer = '200 Connection established';
  change = (bytes) => bytes;
  serverPort = portOf(await listen(createTlsServer(certificate, answer)));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

/** Lists tasks through these connections, and closes the client. */
async function list(
  env: Record<string, string>,
  ca: string | null = certificate.cert,
  endpoint?: string,
): Promise<string[] | undefined> {
  const connections = { proxies: readProxies(env), ca };
  const ecs = createEcsClient({ region: 'us-east-1', endpoint, credentials, connections });
  try {
    return (await ecs.send(new ListTasksCommand({}))).taskArns;
  } finally {
    ecs.destroy();
  }
}
const failureOf = async (listing: Promise<unknown>) =>
  classifyError('RunTask', await rejectionOf(listing));

describe('with HTTPS_PROXY', () => {
  it('a call goes through the proxy, encrypted to the end', async () => {
    const proxy = await startProxy();
    expect(await list({ HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}` })).toEqual(['arn:1']);
    expect(asked).toEqual([{ target: `${host}:443`, authorization: undefined }]);
  });

  it('calls share a connection through the proxy', async () => {
    const proxy = await startProxy();
    const proxies = readProxies({ HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}` });
    const connections = { proxies, ca: certificate.cert };
    const ecs = createEcsClient({ region: 'us-east-1', credentials, connections });
    for (let i = 0; i < 3; i++) await ecs.send(new ListTasksCommand({}));
    expect(asked).toHaveLength(1);
    ecs.destroy();
  });

  it('the proxy gets user and password of its address', async () => {
    const proxy = await startProxy();
    await list({ HTTPS_PROXY: `http://user:p%40ss@127.0.0.1:${portOf(proxy)}` });
    const login = Buffer.from('user:p@ss').toString('base64');
    expect(asked).toEqual([{ target: `${host}:443`, authorization: `Basic ${login}` }]);
  });

  it.each([
    ['407 Proxy Authentication Required', 'invalid'],
    ['403 Forbidden', 'invalid'],
    ['503 Service Unavailable', 'unreachable'],
  ])(
    'the answer %s of the proxy is a failure of kind %s that names the proxy',
    async (text, kind) => {
      const proxy = await startProxy();
      connectAnswer = text;
      const address = `127.0.0.1:${portOf(proxy)}`;
      const failure = await failureOf(list({ HTTPS_PROXY: `http://u:hunter2@${address}` }));
      expect(failure).toMatchObject({ kind, code: 'proxy' });
      expect(failure.message).toContain(`the proxy ${address} answers ${text}`);
      expect(failure.message).toContain('HTTPS_PROXY');
      expect(failure.message).not.toContain('hunter2');
    },
  );

  it('a proxy that does not answer is given up after 5 s', async () => {
    const proxy = await startProxy();
    connectAnswer = null;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const told: string[] = [];
    const failing = failureOf(list({ HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}` })).then(
      ({ kind }) => void told.push(kind),
    );
    while (asked.length === 0) await setImmediate();
    await vi.advanceTimersByTimeAsync(4_900);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    await failing;
    expect(told).toEqual(['unreachable']);
  });

  it('a proxy that cannot be reached is a failure of kind unreachable', async () => {
    const failure = await failureOf(list({ HTTPS_PROXY: 'http://127.0.0.1:1' }));
    expect(failure).toMatchObject({ kind: 'unreachable', awsName: 'ECONNREFUSED' });
  });

  it('an address of this host and one of NO_PROXY are connected to directly', async () => {
    const env = { HTTPS_PROXY: 'http://127.0.0.1:1' };
    const endpoint = `https://127.0.0.1:${serverPort}`;
    expect(await list(env, certificate.cert, endpoint)).toEqual(['arn:1']);
    // Without network: not ECONNREFUSED, which the proxy would give.
    const failure = await failureOf(
      list({ ...env, NO_PROXY: '.invalid' }, null, 'https://ecs.invalid'),
    );
    expect(failure.awsName).not.toBe('ECONNREFUSED');
  });
});

it('with HTTP_PROXY, an http:// endpoint is asked through the proxy by its whole address', async () => {
  const proxy = await startProxy();
  const env = { HTTP_PROXY: `http://user:pass@127.0.0.1:${portOf(proxy)}` };
  expect(await list(env, null, 'http://emulator.example:4566')).toEqual(['arn:1']);
  const login = Buffer.from('user:pass').toString('base64');
  expect(asked).toEqual([
    { target: 'http://emulator.example:4566/', authorization: `Basic ${login}` },
  ]);
});

it('a TLS record that is damaged on the way leaves the call in doubt', async () => {
  const proxy = await startProxy();
  servers[0]?.prependListener('request', () => {
    change = (bytes) => {
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return bytes;
    };
  });
  const failure = await failureOf(list({ HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}` }));
  expect(failure.kind).toBe('unreachable');
});

describe('a certificate', () => {
  it.each([
    ['that no known authority has signed', null, ''],
    ['of another host', certificate.cert, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('%s is a failure of kind invalid with the remedy', async (_, ca, code) => {
    const endpoint = `https://${ca === null ? '127.0.0.1' : 'localhost'}:${serverPort}`;
    const failure = await failureOf(list({}, ca, endpoint));
    expect(failure).toMatchObject({ kind: 'invalid', code: 'certificate' });
    expect(failure.message).toContain(code);
    expect(failure.message).toContain('AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS');
  });
});
