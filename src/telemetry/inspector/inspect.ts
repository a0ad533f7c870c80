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
  /** For `createActor`'s `inspect`. Never throws, and does next to nothing while nobody watches. */
  observe: (event: InspectionEvent) => void;
  /** To be opened in a browser. */
  url: string;
  close: () => Promise<void>;
}

/** Where Stately's own tools look first; when it is taken, any free one. */
const usualPort = 8080;
const mostViewers = 4;

/** A name that no page of somebody else's can have, even if it makes its own name point to us. */
const isOurs = (host: string | undefined): boolean =>
  /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '');

/** Programs send no origin; a browser always does, and then the page must be our own. */
const mayWatch = ({ headers: { host, origin } }: IncomingMessage): boolean =>
  isOurs(host) && (origin === undefined || origin === `http://${host}`);

/**
 * Serves the actors on loopback: a page on `url`, and to its WebSocket the messages of
 * `@statelyai/inspect`, which its `createWebSocketReceiver` understands as well. Machines only: an
 * effect shows as the event that it answers with.
 */
export const startInspection = async (log: Log, port = usualPort): Promise<Inspection> => {
  const living = new Map<string, InspectedActorEvent>();
  const viewers = new Set<Viewer>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 });
  const server = createServer((request, response) => {
    if (!isOurs(request.headers.host)) response.writeHead(403).end();
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
    const viewer = createViewer(living, {
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

  const pass = (event: InspectionEvent): void => {
    if (!isMachine(event.actorRef)) return;
    if (event.type === '@xstate.actor') {
      living.set(event.actorRef.sessionId, event);
      for (const viewer of viewers) viewer.actor(event);
    } else if (event.type === '@xstate.event') {
      for (const viewer of viewers) viewer.event(event);
    } else if (event.type === '@xstate.snapshot') {
      for (const viewer of viewers) viewer.snapshot(event);
      if (event.snapshot.status !== 'active') living.delete(event.actorRef.sessionId);
    }
  };

  const url = `http://127.0.0.1:${await listen(server, port)}/`;
  log.report('inspector.opened', { url });
  return {
    url,
    observe(event) {
      try {
        pass(event);
      } catch (error) {
        // Thrown here it would end the actor that is being watched.
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
};

const isMachine = (actor: ActorRefLike): boolean =>
  (actor as ActorRefLike & { logic?: { root?: unknown } }).logic?.root !== undefined;

const listen = async (server: Server, port: number): Promise<number> => {
  server.listen({ host: '127.0.0.1', port });
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port === 0) throw error;
    return listen(server, 0);
  }
  return (server.address() as AddressInfo).port;
};
