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

/** Stages of a call: `unsent`: not yet forwarded to AWS; `executed`: AWS has answered, the daemon has not received it; `answered`: the answer has been sent to the daemon. */
export const callStages = ['unsent', 'executed', 'answered'] as const;
export type CallStage = (typeof callStages)[number];

/** An AWS call at one of its stages. */
export interface ObservedCall {
  operation: string;
  stage: CallStage;
  body: string;
  /** Body of the answer; empty in the stage `unsent`. */
  answer: string;
}

export interface Answer {
  status: number;
  body: Buffer;
}

/** Writes to the connection of the daemon in place of the answer: bytes that no HTTP library writes. */
export type WriteRaw = (socket: Socket, answer: Answer) => void;

export interface Request {
  headers: IncomingMessage['headers'];
  body: string;
}

export interface AwsProxy {
  url: string;
  /** Called at each stage of each call. Returning true closes the connection, which loses the call or its answer. */
  onCall: ((passing: ObservedCall) => boolean) | null;
  /** Replaces the answer of AWS; `cut` sends half of it and closes the connection. */
  replaceAnswer:
    | ((operation: string, answer: Answer, request: Request) => Answer | 'cut' | WriteRaw)
    | null;
  /** The access key that AWS accepts, in place of that of the daemon; null: calls are forwarded with theirs. */
  accessKey: string | null;
  close(): void;
}

const operationOf = ({ headers }: IncomingMessage, body: string): string =>
  String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1) ||
  (new URLSearchParams(body).get('Action') ?? '');

function withKey(headers: IncomingMessage['headers'], key: string | null) {
  if (key === null) return headers;
  const authorization = headers.authorization?.replace(/Credential=[^/]+/, `Credential=${key}`);
  return { ...headers, authorization };
}

/** Starts a proxy between daemon and emulator that observes the stages of each call, and can drop calls and replace answers. */
export async function startProxy(target: string): Promise<AwsProxy> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });

  const forwardCall = (request: IncomingMessage, body: Buffer, response: ServerResponse) =>
    new Promise<Answer & { headers: IncomingMessage['headers'] }>((resolve, reject) => {
      const { method, url: path, headers } = request;
      const upstream = open({
        agent,
        hostname,
        port,
        method,
        path,
        headers: { ...withKey(headers, proxy.accessKey), host: `${hostname}:${port}` },
      });
      // The daemon has closed the connection. AWS executes the call nevertheless.
      response.on('close', () => {
        if (!response.writableEnded) upstream.destroy();
      });
      upstream.on('error', reject);
      upstream.on('response', (answer) =>
        buffer(answer).then(
          (bytes) =>
            resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: bytes }),
          reject,
        ),
      );
      upstream.end(body);
    });

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const text = body.toString();
    const operation = operationOf(request, text);
    const isDropped = (moment: CallStage, answer = '') =>
      proxy.onCall?.({ operation, stage: moment, body: text, answer: answer }) ?? false;
    if (isDropped('unsent')) return void response.destroy();
    const { headers, ...original } = await forwardCall(request, body, response);
    if (isDropped('executed', original.body.toString())) return void response.destroy();
    const replaced =
      proxy.replaceAnswer?.(operation, original, { headers: request.headers, body: text }) ??
      original;
    if (typeof replaced === 'function') return replaced(request.socket, original);
    if (replaced === 'cut') {
      response.writeHead(original.status, headers);
      response.write(original.body.subarray(0, original.body.length >> 1));
      return void setImmediate(() => response.destroy());
    }
    response.writeHead(replaced.status, { ...headers, 'content-length': replaced.body.length });
    response.end(replaced.body, () => isDropped('answered', replaced.body.toString()));
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 75_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: AwsProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onCall: null,
    replaceAnswer: null,
    accessKey: null,
    close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
  return proxy;
}
