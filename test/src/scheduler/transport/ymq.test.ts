import { mkdtempSync } from 'node:fs';
import type * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connectYmq } from '../../../../src/scheduler/transport/ymq.ts';
import { encodeHello, encodeMessage } from '../../../../src/scheduler/transport/ymqFraming.ts';
import { parseAddress } from '../../../../src/shared/address.ts';
import { record } from './recorder.ts';
import { hex, ymqClient, ymqScheduler } from './vectors.ts';
import { type Accepted, RawServer, vacantAddress } from './ymqPeer.ts';

const servers: RawServer[] = [];
async function serve(options?: Parameters<typeof RawServer.start>[0]): Promise<RawServer> {
  const server = await RawServer.start(options);
  servers.push(server);
  return server;
}
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

const hello = encodeHello(1, Buffer.from('scheduler'));
const ourHello = encodeHello(1, Buffer.from('tester'));
const word = (byte: number) => Buffer.alloc(8, byte);

/** An open connection and the server's side of it. */
async function openPair(options: Parameters<typeof record>[2] = {}) {
  const server = await serve();
  const client = record(connectYmq, server.address(), options);
  const peer = await server.next();
  peer.socket.write(hello);
  await client.opened;
  await peer.until(({ received }) => received.length >= ourHello.length);
  return { server, client, peer };
}
const reset = ({ socket }: Accepted) => (socket as net.Socket).resetAndDestroy();

describe('opening a YMQ connection', () => {
  it('writes the captured session byte for byte and reads the captured answers', async () => {
    const server = await serve();
    const client = record(connectYmq, server.address(), { identity: ymqClient.identity });
    const peer = await server.next();
    for (const byte of ymqScheduler.bytes) peer.socket.write(Uint8Array.of(byte));
    expect(await client.opened).toEqual({ identity: ymqScheduler.identity, magic: 1 });
    for (const payload of ymqClient.payloads) client.send(Buffer.from(payload, 'hex'));
    expect(await client.messages(2)).toEqual(ymqScheduler.payloads);
    await peer.until(({ received }) => received.length >= ymqClient.bytes.length);
    expect(hex(peer.received)).toBe(hex(ymqClient.bytes));
    client.destroy();
  });

  it('sends its hello after the magic of the server and with the same version', async () => {
    const server = await serve();
    const client = record(connectYmq, server.address());
    const peer = await server.next();
    expect(client.send(word(1))).toBe(false);
    peer.socket.write(Buffer.from('594d51', 'hex'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(peer.received).toHaveLength(0);
    peer.socket.write(Buffer.from('02', 'hex'));
    const expected = encodeHello(2, Buffer.from('tester'));
    await peer.until(({ received }) => received.length >= expected.length);
    expect(hex(peer.received)).toBe(hex(expected));
    expect(client.calls).toEqual([]);
    peer.socket.write(encodeMessage(Buffer.from('scheduler')));
    expect(await client.opened).toEqual({ identity: 'scheduler', magic: 2 });
    client.destroy();
  });

  it.each([
    ['an unknown version', '594d5103', 'YMQ version 3, supported are 1 and 2'],
    ['ZeroMQ', 'ff00000000000000017f', 'looks like ZeroMQ'],
    ['HTTP', hex(Buffer.from('HTTP/1.1 400')), '48545450'],
  ])('ends with kind protocol at %s, without sending anything', async (_, bytes, reason) => {
    const server = await serve();
    const client = record(connectYmq, server.address());
    const peer = await server.next();
    peer.socket.write(Buffer.from(bytes, 'hex'));
    await peer.until(({ events }) => events.includes('end'));
    peer.socket.end();
    const end = await client.closed;
    expect(end.kind).toBe('protocol');
    expect(end.reason).toContain(reason);
    expect(peer.received).toHaveLength(0);
    expect(client.calls).toHaveLength(1);
  });

  it('ends as unreachable if the host has no address', async () => {
    const client = record(connectYmq, parseAddress('tcp://host.invalid:1'));
    expect(await client.closed).toMatchObject({ kind: 'unreachable' });
  });

  it('ends as refused if the address has no listener', async () => {
    const address = await vacantAddress();
    const client = record(connectYmq, address);
    expect(client.calls).toEqual([]); // not within the call
    const end = await client.closed;
    expect(end).toMatchObject({ kind: 'refused', reason: expect.stringContaining(address.text) });
    expect(end.reason).toContain('ECONNREFUSED');
  });

  it('ends as refused with a reason if a host name has several addresses', async () => {
    const { port } = await vacantAddress();
    const client = record(connectYmq, parseAddress(`tcp://localhost:${port}`));
    expect((await client.closed).reason).toContain('ECONNREFUSED');
  });

  it.each([
    ['ends', (peer: Accepted) => peer.socket.end(), 'the peer closed'],
    ['resets', reset, 'ECONNRESET'],
    ['sends nothing', () => {}, 'no YMQ hello within 50 ms'],
    ['stops after its magic', (peer: Accepted) => peer.socket.write('YMQ\x01'), 'no YMQ hello'],
  ])('ends as refused at a server that %s', async (_, act, reason) => {
    const server = await serve();
    const client = record(connectYmq, server.address(), {
      handshakeTimeoutMs: 50,
      closeTimeoutMs: 50,
    });
    act(await server.next());
    const end = await client.closed;
    expect(end.kind).toBe('refused');
    expect(end.reason).toContain(reason);
  });

  it('throws for a scheme that YMQ does not support and for an invalid identity', () => {
    const handlers = { onOpen() {}, onMessage() {}, onClosed() {} };
    const address = parseAddress('inproc://x');
    expect(() => connectYmq({ address, identity: 'x' }, handlers)).toThrow('not support inproc');
    for (const identity of ['', 'x'.repeat(256)]) {
      expect(() => connectYmq({ address: parseAddress('tcp://h:1'), identity }, handlers)).toThrow(
        '1 to 255',
      );
    }
  });
});

describe('an open YMQ connection', () => {
  it('carries messages both ways and drops empty ones', async () => {
    const { client, peer } = await openPair();
    expect(client.send(word(1))).toBe(true);
    peer.socket.write(Buffer.concat([word(2), word(0), word(3)].map(encodeMessage)));
    peer.socket.write(Buffer.concat([encodeMessage(Buffer.alloc(0)), encodeMessage(word(4))]));
    expect(await client.messages(4)).toEqual([word(2), word(0), word(3), word(4)].map(hex));
    expect(client.dropped).toBe(1);
    const expected = hex(Buffer.concat([ourHello, encodeMessage(word(1))]));
    await peer.until(({ received }) => hex(received) === expected);
    client.destroy();
  });

  it.each([0, 1, 7, 9, 12])('send throws for %i bytes', async (length) => {
    const { client, peer } = await openPair();
    expect(() => client.send(Buffer.alloc(length))).toThrow(RangeError);
    client.close();
    await peer.until(({ events }) => events.includes('end'));
    expect(hex(peer.received)).toBe(hex(ourHello));
  });

  it('queues up to the limit while the peer does not read, and loses nothing', async () => {
    const maxQueuedBytes = 2 ** 20;
    const { client, peer } = await openPair({ maxQueuedBytes });
    peer.socket.pause();
    const payload = Buffer.alloc(2 ** 18, 7);
    let accepted = 0;
    // The kernel's buffers fill first, in later turns of the event loop.
    for (let refused = 0; refused < 20; ) {
      if (client.send(payload)) accepted++;
      else refused++;
      await new Promise(setImmediate);
    }
    expect(accepted).toBeLessThan(200);
    peer.socket.resume();
    await peer.until(({ received }) => {
      return received.length === ourHello.length + accepted * (payload.length + 8);
    });
    expect(client.send(payload)).toBe(true);
    client.destroy();
  });

  it('ends with kind protocol at a header that announces a message above the limit', async () => {
    const { client, peer } = await openPair({ maxMessageBytes: 64, closeTimeoutMs: 50 });
    peer.socket.write(Buffer.concat([encodeMessage(word(1)), encodeMessage(Buffer.alloc(72))]));
    peer.socket.write(encodeMessage(word(2)));
    const end = await client.closed;
    expect(end).toMatchObject({ kind: 'protocol', reason: expect.stringContaining('72 bytes') });
    expect(client.calls.map(({ on }) => on)).toEqual(['open', 'message', 'closed']);
    expect(peer.events[0]).toBe('end');
  });

  it('ends as graceful when the peer closes in order, and closes too', async () => {
    const { client, peer } = await openPair();
    peer.socket.end(encodeMessage(word(5)));
    expect(await client.closed).toMatchObject({ kind: 'graceful' });
    expect(client.calls.map(({ on }) => on)).toEqual(['open', 'message', 'closed']);
    await peer.until(({ events }) => events.includes('close'));
    expect(peer.events).toEqual(['end', 'close']);
    expect(client.send(word(1))).toBe(false);
  });

  it('the reason mentions that the peer closed in the middle of a message', async () => {
    const { client, peer } = await openPair();
    peer.socket.end(encodeMessage(word(5)).subarray(0, 11));
    expect((await client.closed).reason).toContain('in the middle of a message');
  });

  it('ends as aborted at a reset', async () => {
    const { client, peer } = await openPair();
    reset(peer);
    const end = await client.closed;
    expect(end).toMatchObject({ kind: 'aborted', reason: expect.stringContaining('ECONNRESET') });
  });
});

describe('close of a YMQ connection', () => {
  it('sends the queue, then FIN, and no reset while the peer keeps sending', async () => {
    const { client, peer } = await openPair();
    const payload = Buffer.alloc(2 ** 20, 7);
    expect(client.send(payload)).toBe(true);
    client.close();
    expect(client.send(word(1))).toBe(false);
    await peer.until(({ events }) => events.length > 0);
    expect(peer.received).toHaveLength(ourHello.length + 8 + payload.length);
    for (let sent = 0; sent < 100; sent++) peer.socket.write(encodeMessage(Buffer.alloc(2 ** 16)));
    peer.socket.end(encodeMessage(word(9)));
    expect(await client.closed).toMatchObject({ kind: 'closed' });
    expect((await client.messages(101)).at(-1)).toBe(hex(word(9)));
    await peer.until(({ events }) => events.includes('close'));
    expect(peer.events).toEqual(['end', 'close']);
  });

  it('waits for the peer at most until the timeout', async () => {
    const { client, peer } = await openPair({ closeTimeoutMs: 60 });
    const startedAt = performance.now();
    client.close();
    client.close();
    expect(await client.closed).toMatchObject({ kind: 'closed' });
    expect(performance.now() - startedAt).toBeGreaterThan(50);
    expect(peer.events[0]).toBe('end');
    expect(client.calls.map(({ on }) => on)).toEqual(['open', 'closed']);
  });

  it('ends as closed although the peer resets meanwhile', async () => {
    const { client, peer } = await openPair();
    client.close();
    reset(peer);
    expect(await client.closed).toMatchObject({ kind: 'closed' });
  });

  it.each(['close', 'destroy'] as const)(
    '%s ends a connection that is not open yet',
    async (how) => {
      const server = await serve();
      const early = record(connectYmq, server.address());
      early[how]();
      expect(await early.closed).toMatchObject({ kind: 'closed' });
      const half = record(connectYmq, server.address(), { closeTimeoutMs: 50 });
      (await server.next()).socket.write('YMQ\x01');
      half[how]();
      expect(await half.closed).toMatchObject({ kind: 'closed' });
      expect([...early.calls, ...half.calls]).toHaveLength(2);
    },
  );
});

describe('destroy of a YMQ connection', () => {
  it('closes at once, and only onClosed follows, once', async () => {
    const { client, peer } = await openPair();
    peer.socket.write(encodeMessage(word(1)));
    client.destroy();
    client.close();
    client.destroy();
    expect(client.calls).toHaveLength(1); // not within the call
    expect(await client.closed).toMatchObject({ kind: 'closed' });
    await peer.until(({ events }) => events.includes('close'));
    expect(client.calls.map(({ on }) => on)).toEqual(['open', 'closed']);
    client.destroy();
    expect(client.send(word(1))).toBe(false);
  });

  it('within onMessage drops the rest of the chunk', async () => {
    const server = await serve();
    const messages: string[] = [];
    const closed = new Promise((resolve) => {
      const connection = connectYmq(
        { address: server.address(), identity: 'tester' },
        {
          onOpen() {},
          onMessage(payload) {
            messages.push(hex(payload));
            connection.destroy();
          },
          onClosed: resolve,
        },
      );
    });
    const peer = await server.next();
    peer.socket.write(Buffer.concat([hello, encodeMessage(word(1)), encodeMessage(word(2))]));
    await closed;
    expect(messages).toEqual([hex(word(1))]);
  });
});

it('connectYmq connects over a Unix socket', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'ymq-')), 's');
  const server = await serve({ path });
  expect(server.address()).toEqual(parseAddress(`ipc://${path}`));
  const client = record(connectYmq, server.address());
  const peer = await server.next();
  peer.socket.write(Buffer.concat([hello, encodeMessage(word(1))]));
  expect(await client.messages(1)).toEqual([hex(word(1))]);
  client.close();
  await peer.until(({ events }) => events.includes('end'));
  peer.socket.end();
  expect(await client.closed).toMatchObject({ kind: 'closed' });
});
