import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { pageFile, pageHtml } from './pageFiles.ts';

/** What is behind the addresses of the page. */
export interface Sources {
  /** The recording so far, to be saved. */
  recording: () => Iterable<string>;
  /** A viewer of our own page, and one of Stately's messages, has connected. */
  feed: (socket: WebSocket) => void;
  stately?: (socket: WebSocket) => void;
}

export interface InspectorServer {
  port: number;
  /** To be opened in a browser. */
  url: string;
  close: () => Promise<void>;
}

/** Stately's own tools look here first; when it is taken, we take any free one. */
export const usualPort = 8080;
const mostViewers = 8;

/** A foreign page cannot have such a host name, even if it makes its own name resolve to 127.0.0.1. */
function isLoopback(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '');
}

/** Programs send no origin. A browser always does: then the page must be ours. */
function isOurPage({ headers: { host, origin } }: IncomingMessage): boolean {
  return isLoopback(host) && (origin === undefined || origin === `http://${host}`);
}

const digest = (text: string) => createHash('sha256').update(text).digest();

function splitUrl(request: IncomingMessage): { path: string; token: string } {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  return { path: pathname, token: searchParams.get('token') ?? '' };
}

const plain = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };

/** Serves the inspector's page on loopback, to those who know its token. */
export async function openServer(sources: Sources, port: number): Promise<InspectorServer> {
  const token = randomBytes(18).toString('base64url');
  const expected = digest(token);
  const isAllowed = (given: string) => timingSafeEqual(digest(given), expected);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 });

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { path, token: given } = splitUrl(request);
    if (!isLoopback(request.headers.host)) response.writeHead(403, plain).end();
    else if (request.method !== 'GET') response.writeHead(405, plain).end();
    else if (!isAllowed(given))
      response
        .writeHead(403, plain)
        .end(
          'This address needs the token of this run: open the address that scaler-ecs logged.\n',
        );
    else if (path === '/') {
      const { html, headers } = pageHtml(token, randomBytes(16).toString('base64'));
      response.writeHead(200, headers).end(html);
    } else if (path === '/recording') sendRecording(response, sources.recording());
    else {
      const file = pageFile(path);
      if (file === null) response.writeHead(404, plain).end();
      else response.writeHead(200, file.headers).end(file.content);
    }
  };

  const server = createServer(answer);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    const { path, token: given } = splitUrl(request);
    const admit = path === '/feed' ? sources.feed : path === '/' ? sources.stately : undefined;
    if (!isOurPage(request) || !isAllowed(given)) refuse('403 Forbidden');
    else if (!admit) refuse('404 Not Found');
    else if (sockets.clients.size >= mostViewers) refuse('503 Service Unavailable');
    else
      sockets.handleUpgrade(request, socket, head, (viewer) => {
        viewer.on('error', () => viewer.terminate());
        sockets.emit('connection', viewer);
        admit(viewer);
      });
  });
  const used = await listen(server, port);
  return {
    port: used,
    url: `http://127.0.0.1:${used}/?token=${token}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function sendRecording(response: ServerResponse, lines: Iterable<string>): void {
  const name = `scaler-ecs-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.jsonl`;
  response.writeHead(200, {
    'content-type': 'application/x-ndjson; charset=utf-8',
    'content-disposition': `attachment; filename="${name}"`,
    'cache-control': 'no-store',
  });
  for (const line of lines) response.write(`${line}\n`);
  response.end();
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
