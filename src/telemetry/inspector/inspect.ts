import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { ActorRefLike, InspectedActorEvent, InspectionEvent } from 'xstate';
import { errorText } from '../../shared/errorText.ts';
import type { Log } from '../log.ts';
import { inspectPage } from './inspectPage.ts';
import { createViewer, type Viewer } from './viewer.ts';

export interface Inspection {
  /** For `createActor`'s `inspect`. Never throws, and costs next to nothing while there is no viewer. */
  observe: (event: InspectionEvent) => void;
  /** To be opened in a browser. */
  url: string;
  close: () => Promise<void>;
}

/** Stately's own tools look here first; when it is taken, we take any free one. */
const usualPort = 8080;
const mostViewers = 4;

/** A foreign page cannot have such a host name, even if it makes its own name resolve to 127.0.0.1. */
function isLoopback(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '');
}

/** Programs send no origin. A browser always does: then the page must be ours. */
function mayWatch({ headers: { host, origin } }: IncomingMessage): boolean {
  return isLoopback(host) && (origin === undefined || origin === `http://${host}`);
}

/**
 * Serves the actors on loopback: a page on `url`, and on its WebSocket the messages of `@statelyai/inspect`, which
 * its `createWebSocketReceiver` also reads. Machines only: of an effect, only the event that it answers with is shown.
 */
export async function startInspection(log: Log, port = usualPort): Promise<Inspection> {
  const actors = new Map<string, InspectedActorEvent>();
  const viewers = new Set<Viewer>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 });
  const server = createServer((request, response) => {
    if (!isLoopback(request.headers.host)) response.writeHead(403).end();
    else if (request.method !== 'GET' || request.url !== '/') response.writeHead(404).end();
    else {
      const { html, headers } = inspectPage(randomBytes(16).toString('base64'));
      response.writeHead(200, headers).end(html);
    }
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (!mayWatch(request)) socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    else if (viewers.size >= mostViewers)
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    else sockets.handleUpgrade(request, socket, head, admit);
  });

  const admit = (socket: WebSocket): void => {
    const viewer = createViewer(actors, {
      send: (text) => socket.send(text),
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      get isOpen() {
        return socket.readyState === WebSocket.OPEN;
      },
      drop: () => socket.terminate(),
    });
    viewers.add(viewer);
    socket.on('error', () => socket.terminate());
    socket.on('close', () => viewers.delete(viewer));
  };

  const forward = (event: InspectionEvent): void => {
    if (!isMachine(event.actorRef)) return;
    if (event.type === '@xstate.actor') {
      actors.set(event.actorRef.sessionId, event);
      for (const viewer of viewers) viewer.actor(event);
    } else if (event.type === '@xstate.event') {
      for (const viewer of viewers) viewer.event(event);
    } else if (event.type === '@xstate.snapshot') {
      for (const viewer of viewers) viewer.snapshot(event);
      if (event.snapshot.status !== 'active') actors.delete(event.actorRef.sessionId);
    }
  };

  const url = `http://127.0.0.1:${await listen(server, port)}/`;
  log.report('inspector.opened', { url });
  return {
    url,
    observe(event) {
      try {
        forward(event);
      } catch (error) {
        // An error thrown here would end the actor that is observed.
        log.report('inspector.failed', { error: errorText(error) });
      }
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function isMachine(actor: ActorRefLike): boolean {
  return (actor as ActorRefLike & { logic?: { root?: unknown } }).logic?.root !== undefined;
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen({ host: '127.0.0.1', port });
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port === 0) throw error;
    return listen(server, 0);
  }
  return (server.address() as AddressInfo).port;
}
