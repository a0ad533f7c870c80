import { chmodSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Router } from 'zeromq';
import { errorText } from '../shared/errorText.ts';
import type { Log } from '../telemetry/log.ts';
import {
  type Args,
  type ControlSource,
  type ErrorCode,
  protocolVersion,
  type Reply,
  type Subscription,
} from './api.ts';
import {
  decodeRequest,
  encodeMessage,
  longestAnswer,
  longestRequest,
  type Request,
} from './codec.ts';
import { type Endpoint, endpointIn } from './endpoint.ts';
import type { Feed } from './feed.ts';
import { createSubscribers, type SendNow } from './subscribers.ts';
import { loadZeromq } from './zeromq.ts';

export interface ControlServer {
  close(): Promise<void>;
}

export interface ControlParts {
  /** The state directory, which is locked by this process: a socket in it is ours, or of a daemon that is dead. */
  dir: string;
  source: ControlSource;
  feed: Feed;
  now: () => number;
  log: Log;
}

/** Connections at one time. With more, all are closed and the socket is made anew: the others connect again. */
const mostClients = 32;
const bindAgainAfterMs = 500;
/** Requests that are answered in a second; others wait in the clients' sockets. */
const requestsPerSecond = 200;
/** Messages that wait for a client that does not read. */
const queuedPerClient = 16;

/** Listens in the state directory. Null, with one warning: it could not; the daemon runs without. Never rejects. */
export async function serveControl(
  parts: ControlParts,
  load = loadZeromq,
): Promise<ControlServer | null> {
  const { dir, log } = parts;
  let endpoint: Endpoint | null = null;
  try {
    closeToOthers(dir);
    endpoint = endpointIn(dir);
    const zeromq = await load();
    const at = endpoint;
    const open = () => listen(zeromq, at);
    const server = startServer(await open(), open, parts);
    log.report('control.opened', { path: at.path });
    return {
      async close() {
        await server.close();
        rmSync(at.kernelPath, { force: true });
        // The thread of ZeroMQ may still remove the file through the descriptor.
        await sleep(20);
        at.close();
      },
    };
  } catch (error) {
    endpoint?.close();
    log.report('control.notOpened', { dir, reason: (error as Error).message });
    return null;
  }
}

/** Other users of this host must not reach the socket. Throws an error of the system. */
function closeToOthers(dir: string): void {
  const mode = statSync(dir).mode & 0o777;
  if ((mode & 0o077) !== 0) chmodSync(dir, mode & 0o700);
}

/** A socket of its own that listens. What is left of a daemon that is dead is replaced. */
async function listen(
  { Router }: typeof import('zeromq'),
  { address, kernelPath }: Endpoint,
): Promise<Router> {
  const router = new Router({
    ...{ mandatory: true, sendTimeout: 0, linger: 0, maxMessageSize: longestRequest },
    ...{ sendHighWaterMark: queuedPerClient, receiveHighWaterMark: queuedPerClient },
    ...{ handshakeInterval: 5000 },
  });
  try {
    rmSync(kernelPath, { force: true });
    await router.bind(address);
    chmodSync(kernelPath, 0o600);
    return router;
  } catch (error) {
    router.close();
    throw error;
  }
}

function startServer(
  first: Router,
  open: () => Promise<Router>,
  parts: ControlParts,
): ControlServer {
  const { source, feed, now, log } = parts;
  let isClosing = false;
  let isCrowdReported = false;
  let current = first;

  const send: SendNow = async (client, bytes) => {
    try {
      await current.send([client, bytes]);
      return 'sent';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 'full' : 'gone';
    }
  };
  const subscribers = createSubscribers({ feed, status: () => source.status({}), send, now });

  function answerTo(client: Buffer, request: Request): Reply {
    const { id } = request;
    const refuse = (code: ErrorCode, message: string): Reply => ({
      ...{ v: protocolVersion, id, ok: false, error: { code, message } },
    });
    if ('refused' in request) return refuse(request.refused.code, request.refused.message);
    const { op, args } = request;
    const answer = (result: unknown): Reply => ({ v: protocolVersion, id, ok: true, result });
    if (op === 'subscribe')
      return subscribers.add(client, args as Subscription)
        ? answer({ subscribed: (args as Subscription).topic })
        : refuse('busy', 'there are as many subscriptions as there may be');
    if (op === 'unsubscribe') {
      const { topic } = args as Args<'unsubscribe'>;
      subscribers.remove(client, topic);
      return answer({ unsubscribed: topic });
    }
    try {
      return answer(source[op](args as never));
    } catch (error) {
      log.report('control.failed', { operation: op, error: errorText(error) });
      return refuse('failed', 'a bug kept the daemon from answering; its log has it');
    }
  }

  /** A request at a time, each in a turn of its own: what floods us never keeps a heartbeat waiting. */
  async function serve(router: Router): Promise<void> {
    const pace = createPace(now, requestsPerSecond);
    for await (const [client, ...frames] of router) {
      await pace();
      const [payload] = frames;
      if (isClosing || client === undefined) continue;
      const request: Request =
        frames.length === 1 && payload !== undefined
          ? decodeRequest(payload)
          : { id: 0, refused: { code: 'invalid', message: 'a request has one frame' } };
      const bytes = encodeMessage(answerTo(client, request));
      const tooLong = { code: 'failed', message: 'the answer is too long' } as const;
      const { id } = request;
      await send(
        client,
        bytes.length <= longestAnswer
          ? bytes
          : encodeMessage({ v: protocolVersion, id, ok: false, error: tooLong }),
      );
    }
  }

  /** Counts the connections. ZeroMQ cannot close one of them, but all. */
  async function watch(router: Router): Promise<void> {
    let clients = 0;
    for await (const { type } of router.events) {
      if (type === 'accept') clients++;
      else if (type === 'disconnect') clients--;
      if (clients > mostClients && !isClosing) return disperse(clients);
    }
  }

  async function disperse(clients: number): Promise<void> {
    if (!isCrowdReported) log.report('control.crowded', { clients });
    isCrowdReported = true;
    subscribers.removeAll();
    current.close();
    await sleep(bindAgainAfterMs, undefined, { ref: false });
    if (!isClosing) start(await open());
  }

  function start(router: Router): void {
    current = router;
    if (isClosing) {
      router.close();
      return;
    }
    serve(router).catch(reportEnd);
    watch(router).catch(reportEnd);
  }

  const reportEnd = (error: unknown): void => {
    if (!isClosing) log.report('control.failed', { operation: 'serve', error: errorText(error) });
  };
  start(first);

  return {
    async close() {
      isClosing = true;
      subscribers.close();
      current.close();
    },
  };
}

/** Resolves in a later turn of the event loop, and not more often than this. */
function createPace(now: () => number, perSecond: number): () => Promise<void> {
  let allowance = perSecond;
  let at = now();
  return async () => {
    await turn();
    for (;;) {
      allowance = Math.min(perSecond, allowance + ((now() - at) / 1000) * perSecond);
      at = now();
      if (allowance >= 1) break;
      await sleep(1000 / perSecond);
    }
    allowance -= 1;
  };
}
