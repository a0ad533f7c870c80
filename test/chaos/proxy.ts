import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as open,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** `unsent`: AWS has not heard of it yet. `executed`: it was carried out and nobody knows. `answered`: the answer is on its way. */
export const moments = ['unsent', 'executed', 'answered'] as const;
export type Moment = (typeof moments)[number];

/** One AWS call as it passes by. */
export interface Passing {
  operation: string;
  moment: Moment;
  body: string;
  /** Of the answer; empty before there is one. */
  answer: string;
}

export interface Answer {
  status: number;
  body: Buffer;
}

/** Writes what no HTTP library would, in the place of the answer. */
export type WriteRaw = (socket: Socket, answer: Answer) => void;

export interface Request {
  headers: IncomingMessage['headers'];
  body: string;
}

export interface AwsProxy {
  url: string;
  /** Called at each moment of each call; true loses the call or its answer, as a dead line would. */
  watch: ((passing: Passing) => boolean) | null;
  /** What the daemon gets instead of AWS's answer. */
  bend: ((operation: string, answer: Answer, request: Request) => Answer | 'cut' | WriteRaw) | null;
  close(): void;
}

const operationOf = ({ headers }: IncomingMessage, body: string): string =>
  String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1) ||
  (new URLSearchParams(body).get('Action') ?? '');

/** Stands between the daemon and the emulator, where each moment of a call can be seen and the line be cut. */
export async function startProxy(target: string): Promise<AwsProxy> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });

  const forward = (request: IncomingMessage, body: Buffer, response: ServerResponse) =>
    new Promise<Answer & { headers: IncomingMessage['headers'] }>((resolve, reject) => {
      const { method, url: path, headers } = request;
      const onward = open({
        agent,
        hostname,
        port,
        method,
        path,
        headers: { ...headers, host: `${hostname}:${port}` },
      });
      // A call that nobody waits for any more: AWS carries it out all the same.
      response.on('close', () => {
        if (!response.writableEnded) onward.destroy();
      });
      onward.on('error', reject);
      onward.on('response', (answer) =>
        buffer(answer).then(
          (bytes) =>
            resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: bytes }),
          reject,
        ),
      );
      onward.end(body);
    });

  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const text = body.toString();
    const operation = operationOf(request, text);
    const lost = (moment: Moment, answer = '') =>
      proxy.watch?.({ operation, moment, body: text, answer }) ?? false;
    if (lost('unsent')) return void response.destroy();
    const { headers, ...plain } = await forward(request, body, response);
    if (lost('executed', plain.body.toString())) return void response.destroy();
    const bent = proxy.bend?.(operation, plain, { headers: request.headers, body: text }) ?? plain;
    if (typeof bent === 'function') return bent(request.socket, plain);
    if (bent === 'cut') {
      response.writeHead(plain.status, headers);
      response.write(plain.body.subarray(0, plain.body.length >> 1));
      return void setImmediate(() => response.destroy());
    }
    response.writeHead(bent.status, { ...headers, 'content-length': bent.body.length });
    response.end(bent.body, () => lost('answered', bent.body.toString()));
  };

  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 75_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: AwsProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    watch: null,
    bend: null,
    close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
  return proxy;
}
