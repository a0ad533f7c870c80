import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Router } from 'zeromq';
import { connectDealer } from '../../../../src/scheduler/transport/dealer.ts';
import { type Address, parseAddress } from '../../../../src/shared/address.ts';
import { record } from './recorder.ts';
import { hex, zmtpClient, zmtpScheduler } from './vectors.ts';
import { RawServer, vacantAddress } from './ymqPeer.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function route(
  endpoint = 'tcp://127.0.0.1:*',
): Promise<{ router: Router; address: Address }> {
  const router = new Router({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  await router.bind(endpoint);
  stops.push(() => router.close());
  return { router, address: parseAddress(router.lastEndpoint as string) };
}
async function rawServer(): Promise<RawServer> {
  const server = await RawServer.start();
  stops.push(() => server.stop());
  return server;
}
/** The captured answer up to the end of the handshake; the peer sends the rest after ours. */
const handshake = zmtpScheduler.bytes.subarray(0, -(2 + 32));
const word = (byte: number) => Buffer.alloc(8, byte);

describe('opening a DEALER connection', () => {
  it('writes the captured session byte for byte and reads the captured answers', async () => {
    const server = await rawServer();
    const identity = 'worker_manager_ecs|0123456789abcdef0123456789abcdef';
    const client = record(connectDealer, server.address(), { identity });
    const peer = await server.next();
    peer.socket.write(handshake);
    expect(await client.opened).toEqual({ identity: null, magic: null });
    const [, heartbeat] = zmtpClient.payloads;
    expect(client.send(Buffer.from(heartbeat as string, 'hex'))).toBe(true);
    peer.socket.write(zmtpScheduler.bytes.subarray(handshake.length));
    expect(await client.messages(1)).toEqual([zmtpScheduler.payloads[1]]);
    await peer.until(({ received }) => received.length >= zmtpClient.bytes.length);
    expect(hex(peer.received)).toBe(hex(zmtpClient.bytes));
    client.destroy();
  });

  it('ends as unreachable if the host has no address', async () => {
    const client = record(connectDealer, parseAddress('tcp://host.invalid:1'));
    expect(await client.closed).toMatchObject({ kind: 'unreachable' });
  });

  it('ends as refused if the address has no listener', async () => {
    const address = await vacantAddress();
    const client = record(connectDealer, address);
    expect(client.send(word(1))).toBe(false);
    expect(client.calls).toEqual([]);
    const end = await client.closed;
    expect(end).toMatchObject({ kind: 'refused', reason: expect.stringContaining(address.text) });
    const path = join(mkdtempSync(join(tmpdir(), 'zmq-')), 'nobody');
    const local = record(connectDealer, parseAddress(`ipc://${path}`));
    expect(await local.closed).toMatchObject({ kind: 'refused' });
  });

  it('ends as refused if the peer sends nothing', async () => {
    const server = await rawServer();
    const client = record(connectDealer, server.address(), { handshakeTimeoutMs: 50 });
    const end = await client.closed;
    expect(end).toMatchObject({ kind: 'refused', reason: expect.stringContaining('within 50 ms') });
  });

  it('ends as refused at a peer of another protocol', async () => {
    const server = await rawServer();
    const client = record(connectDealer, server.address());
    const peer = await server.next();
    peer.socket.end('YMQ\x01\x09\0\0\0\0\0\0\0scheduler');
    expect(await client.closed).toMatchObject({ kind: 'refused' });
    expect(client.calls).toHaveLength(1);
  });

  it('throws for a scheme that ZeroMQ does not support', () => {
    const handlers = { onOpen() {}, onMessage() {}, onClosed() {} };
    const address = parseAddress('tls://127.0.0.1:1');
    expect(() => connectDealer({ address, identity: 'x' }, handlers)).toThrow('not support tls');
  });

  it('resolves host names', async () => {
    const { address } = await route();
    const client = record(connectDealer, parseAddress(`tcp://localhost:${address.port}`));
    await client.opened;
    client.destroy();
    await client.closed;
  });
});

describe('an open DEALER connection', () => {
  it('carries messages over tcp and over a Unix socket, with its identity for the ROUTER', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'zmq-')), 's');
    for (const endpoint of ['tcp://127.0.0.1:*', `ipc://${path}`]) {
      const { router, address } = await route(endpoint);
      const client = record(connectDealer, address, { identity: 'ünïque' });
      await client.opened;
      expect(client.send(word(1))).toBe(true);
      expect((await router.receive()).map(hex)).toEqual([hex(Buffer.from('ünïque')), hex(word(1))]);
      await router.send(['ünïque', word(2)]);
      expect(await client.messages(1)).toEqual([hex(word(2))]);
      client.close();
      expect(await client.closed).toMatchObject({ kind: 'closed' });
    }
  });

  it('drops and counts empty messages and messages of several frames', async () => {
    const { router, address } = await route();
    const client = record(connectDealer, address);
    await client.opened;
    client.send(word(1));
    await router.receive();
    for (const frames of [['', word(2)], [''], [word(2), word(3)], [word(4)]]) {
      await router.send(['tester', ...frames]);
    }
    expect(await client.messages(1)).toEqual([hex(word(4))]);
    expect(client.dropped).toBe(3);
    client.destroy();
  });

  it.each([0, 7, 12])('send throws for %i bytes', async (length) => {
    const { address } = await route();
    const client = record(connectDealer, address);
    await client.opened;
    expect(() => client.send(Buffer.alloc(length))).toThrow(RangeError);
    client.destroy();
  });

  it('queues up to the limit while the peer does not read', async () => {
    const server = await rawServer();
    const maxQueuedBytes = 2 ** 20;
    const client = record(connectDealer, server.address(), { maxQueuedBytes });
    const peer = await server.next();
    peer.socket.write(handshake);
    await client.opened;
    peer.socket.pause();
    let accepted = 0;
    for (let refused = 0; refused < 20; ) {
      if (client.send(Buffer.alloc(2 ** 18))) accepted++;
      else refused++;
      await new Promise(setImmediate);
    }
    expect(accepted).toBeLessThan(200);
    client.destroy();
    expect(await client.closed).toMatchObject({ kind: 'closed' });
  });

  it('ends once as aborted when the peer closes, and does not reconnect', async () => {
    const { router, address } = await route();
    const client = record(connectDealer, address);
    await client.opened;
    router.close();
    expect(await client.closed).toMatchObject({ kind: 'aborted' });
    expect(client.send(word(1))).toBe(false);
    const again = await route(`tcp://127.0.0.1:${address.port}`);
    const other = record(connectDealer, again.address, { identity: 'other' });
    await other.opened;
    expect(client.calls.map(({ on }) => on)).toEqual(['open', 'closed']);
    other.destroy();
  });

  it('ends as aborted at a message above the limit', async () => {
    const { router, address } = await route();
    const client = record(connectDealer, address, { maxMessageBytes: 64 });
    await client.opened;
    client.send(word(1));
    await router.receive();
    await router.send(['tester', Buffer.alloc(72)]);
    expect(await client.closed).toMatchObject({ kind: 'aborted' });
    expect(client.calls.map(({ on }) => on)).toEqual(['open', 'closed']);
  });
});

describe('closing a DEALER connection', () => {
  it('sends the queue before it closes', async () => {
    const { router, address } = await route();
    const client = record(connectDealer, address);
    await client.opened;
    const payloads = Array.from({ length: 60 }, (_, at) => Buffer.alloc(2 ** 17, at));
    for (const payload of payloads) expect(client.send(payload)).toBe(true);
    client.close();
    expect(client.send(word(1))).toBe(false);
    for (const payload of payloads) {
      expect((await router.receive())[1]?.equals(payload)).toBe(true);
    }
    expect(await client.closed).toMatchObject({ kind: 'closed' });
  });

  it.each(['close', 'destroy'] as const)(
    'after %s the same identity can connect again',
    async (how) => {
      const { router, address } = await route();
      // A ROUTER detects a closed peer only while its owner receives messages.
      const echo = async () => {
        for await (const [identity, payload] of router) await router.send([identity!, payload!]);
      };
      void echo();
      for (let round = 0; round < 5; round++) {
        const client = record(connectDealer, address);
        await client.opened;
        client.send(word(round));
        expect(await client.messages(1)).toEqual([hex(word(round))]);
        client[how]();
        await client.closed;
        expect(client.calls.map(({ on }) => on)).toEqual(['open', 'message', 'closed']);
      }
    },
  );

  it.each(['close', 'destroy'] as const)(
    '%s ends a connection that is not open yet',
    async (how) => {
      const { address } = await route();
      const client = record(connectDealer, address);
      client[how]();
      client.close();
      client.destroy();
      expect(client.calls).toEqual([]);
      expect(await client.closed).toMatchObject({ kind: 'closed' });
      expect(client.calls).toHaveLength(1);
    },
  );

  it('lets the process exit although a message could not be sent', async () => {
    const server = await rawServer();
    const file = (path: string) =>
      JSON.stringify(new URL(`../../../../src/${path}`, import.meta.url));
    const script = `
      import { parseAddress } from ${file('shared/address.ts')};
      import { connectDealer } from ${file('scheduler/transport/dealer.ts')};
      const address = parseAddress(${JSON.stringify(server.address().text)});
      const connection = connectDealer({ address, identity: 'child', closeTimeoutMs: 200 }, {
        onOpen() { connection.send(new Uint8Array(8 * 2 ** 20)); connection.close(); },
        onMessage() {},
        onClosed({ kind }) { console.log(kind); },
      });`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    stops.push(() => child.kill('SIGKILL'));
    const printed: string[] = [];
    child.stdout.on('data', (chunk) => printed.push(String(chunk)));
    const peer = await server.next();
    peer.socket.write(handshake);
    peer.socket.pause();
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(printed.join('')).toBe('closed\n');
  });
});
