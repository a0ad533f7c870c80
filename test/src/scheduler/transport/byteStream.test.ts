import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { connectYmq } from '../../../../src/scheduler/transport/ymq.ts';
import { encodeHello, encodeMessage } from '../../../../src/scheduler/transport/ymqFraming.ts';
import { parseAddress } from '../../../../src/shared/address.ts';
import { selfSigned } from './certificate.ts';
import { record } from './recorder.ts';
import { hex } from './vectors.ts';
import { RawServer } from './ymqPeer.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const certificate = selfSigned();
const hello = encodeHello(1, Buffer.from('scheduler'));
const ourHello = encodeHello(1, Buffer.from('tester'));
const word = (byte: number) => Buffer.alloc(8, byte);
const trusted = { tls: { ca: certificate.cert } };

describe('tls', () => {
  async function serve() {
    const server = await RawServer.start({
      server: tls.createServer({ ...certificate, allowHalfOpen: true }),
    });
    stops.push(() => server.stop());
    return server;
  }

  it.each([
    ['its certificate as tls_ca', trusted],
    ['no check', { tls: { insecure: true } }],
  ])('carries YMQ and closes in order, with %s', async (_, how) => {
    const server = await serve();
    const client = record(connectYmq, server.address('tls'), how);
    const peer = await server.next();
    peer.socket.write(Buffer.concat([hello, encodeMessage(word(1))]));
    expect(await client.messages(1)).toEqual([hex(word(1))]);
    client.send(word(2));
    client.close();
    await peer.until(({ events }) => events.length > 0);
    expect(hex(peer.received)).toBe(hex(Buffer.concat([ourHello, encodeMessage(word(2))])));
    peer.socket.end(encodeMessage(word(3)));
    expect(await client.closed).toMatchObject({ kind: 'closed' });
    expect(await client.messages(2)).toEqual([word(1), word(3)].map(hex));
    expect(peer.events[0]).toBe('end');
  });

  it('ends as graceful when the peer closes in order', async () => {
    const server = await serve();
    const client = record(connectYmq, server.address('tls'), trusted);
    const peer = await server.next();
    peer.socket.write(hello);
    await client.opened;
    peer.socket.end();
    expect(await client.closed).toMatchObject({ kind: 'graceful' });
  });

  it('ends as refused for a certificate that no trusted authority has signed', async () => {
    const server = await serve();
    const client = record(connectYmq, server.address('tls'));
    const end = await client.closed;
    expect(end.kind).toBe('refused');
    expect(end.reason).toMatch(/: self.signed certificate; trust it with tls_ca$/);
  });

  it('ends as refused for a certificate with another host name', async () => {
    const server = await serve();
    const { port } = server.address();
    const client = record(connectYmq, parseAddress(`tls://localhost:${port}`), trusted);
    expect((await client.closed).reason).toContain('does not match');
  });

  it('ends as refused, with a reason of one line, at a server without TLS', async () => {
    const server = await RawServer.start();
    stops.push(() => server.stop());
    const client = record(connectYmq, server.address('tls'), { tls: { insecure: true } });
    (await server.next()).socket.write(hello);
    const end = await client.closed;
    expect(end).toMatchObject({ kind: 'refused', reason: expect.stringContaining('ERR_SSL_') });
    expect(end.reason).not.toContain('\n');
  });
});

describe.each(['ws', 'wss'])('%s', (scheme) => {
  async function serve() {
    const server = scheme === 'ws' ? http.createServer() : https.createServer(certificate);
    const sockets = new WebSocketServer({ server, perMessageDeflate: true });
    server.listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    stops.push(() => {
      server.close();
      for (const socket of sockets.clients) socket.terminate();
    });
    const { port } = server.address() as AddressInfo;
    const next = once(sockets, 'connection') as Promise<[WebSocket, http.IncomingMessage]>;
    return { address: parseAddress(`${scheme}://127.0.0.1:${port}/some/path`), next };
  }

  async function openPair(options = {}) {
    const { address, next } = await serve();
    const client = record(connectYmq, address, { ...trusted, ...options });
    const [peer, request] = await next;
    const received: Buffer[] = [];
    peer.on('message', (data) => received.push(data as Buffer));
    peer.send(hello.subarray(0, 4));
    peer.send(hello.subarray(4));
    await client.opened;
    return { client, peer, request, received: () => hex(Buffer.concat(received)) };
  }

  it('carries YMQ in binary messages that are split anywhere', async () => {
    const { client, peer, request, received } = await openPair();
    expect(request.url).toBe('/some/path');
    expect(request.headers['sec-websocket-extensions']).toBeUndefined();
    const both = Buffer.concat([encodeMessage(word(1)), encodeMessage(word(2))]);
    peer.send(both.subarray(0, 5));
    peer.send(both.subarray(5));
    peer.ping();
    expect(await client.messages(2)).toEqual([word(1), word(2)].map(hex));
    client.send(word(3));
    await once(peer, 'pong');
    client.close();
    const [code] = await once(peer, 'close');
    expect(code).toBe(1005); // a close without a code, not a broken connection (1006)
    expect(received()).toBe(hex(Buffer.concat([ourHello, encodeMessage(word(3))])));
    expect(await client.closed).toMatchObject({ kind: 'closed' });
  });

  it('ends as graceful when the peer sends a close frame', async () => {
    const { client, peer } = await openPair();
    peer.send(encodeMessage(word(1)));
    peer.close();
    expect(await client.closed).toMatchObject({ kind: 'graceful' });
    expect(client.calls.map(({ on }) => on)).toEqual(['open', 'message', 'closed']);
  });

  it('ends as aborted when the TCP connection breaks without a close frame', async () => {
    const { client, peer } = await openPair();
    peer.terminate();
    expect(await client.closed).toMatchObject({ kind: 'aborted' });
  });

  it('ends with kind protocol at a YMQ header or WebSocket message above the limit', async () => {
    const ymq = await openPair({ maxMessageBytes: 64 });
    ymq.peer.send(encodeMessage(Buffer.alloc(72)));
    expect(await ymq.client.closed).toMatchObject({ kind: 'protocol' });
    const webSocket = await openPair({ maxMessageBytes: 64 });
    webSocket.peer.send(Buffer.alloc(2 ** 18));
    expect(await webSocket.client.closed).toMatchObject({ kind: 'protocol' });
  });

  it.each(['close', 'destroy'] as const)(
    '%s ends a connection that is not open yet',
    async (how) => {
      const { address } = await serve();
      const client = record(connectYmq, address, trusted);
      client[how]();
      expect(await client.closed).toMatchObject({ kind: 'closed' });
      expect(client.calls).toHaveLength(1);
    },
  );

  it('close stops waiting for the answer of the peer after the timeout', async () => {
    const { client, peer } = await openPair({ closeTimeoutMs: 50 });
    peer.pause();
    client.close();
    expect(await client.closed).toMatchObject({ kind: 'closed' });
  });
});

it('ends as refused at an HTTP server without WebSocket', async () => {
  const server = http.createServer((_, response) => response.end('hello'));
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  stops.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const client = record(connectYmq, parseAddress(`ws://127.0.0.1:${port}`));
  expect(await client.closed).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('200'),
  });
});
