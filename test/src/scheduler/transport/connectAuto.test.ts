import { afterEach, describe, expect, it } from 'vitest';
import { connectAuto } from '../../../../src/scheduler/transport/connectAuto.ts';
import { connectDealer } from '../../../../src/scheduler/transport/dealer.ts';
import { encodeHello } from '../../../../src/scheduler/transport/ymqFraming.ts';
import { parseAddress } from '../../../../src/shared/address.ts';
import { record } from './recorder.ts';
import { RawServer, vacantAddress } from './ymqPeer.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
const rawServer = async () => {
  const server = await RawServer.start();
  stops.push(() => server.stop());
  return server;
};
const connect = connectAuto(connectDealer);
const zmtpGreeting = Buffer.from('ff00000000000000017f', 'hex');

describe('connectAuto', () => {
  it.each([0, 1, 2] as const)(
    'connects over YMQ version %d after detecting it',
    async (version) => {
      const server = await rawServer();
      const client = record(connect, server.address());
      const probe = await server.next();
      probe.socket.write(encodeHello(version, Buffer.from('scheduler')));
      await probe.until(({ events }) => events.includes('end'));
      expect(probe.received).toHaveLength(0); // the detection sends nothing
      probe.socket.end();
      const peer = await server.next();
      peer.socket.write(encodeHello(version, Buffer.from('scheduler')));
      expect(await client.opened).toEqual({ identity: 'scheduler', magic: version });
      expect(client.send(Buffer.alloc(8))).toBe(true);
      client.destroy();
      await client.closed;
    },
  );

  it('connects over ZeroMQ after detecting it', async () => {
    const server = await rawServer();
    const client = record(connect, server.address());
    const probe = await server.next();
    probe.socket.write(zmtpGreeting);
    await probe.until(({ events }) => events.includes('end'));
    probe.socket.end();
    const peer = await server.next();
    await peer.until(({ received }) => received.length >= 10);
    expect(peer.received[0]).toBe(0xff);
    client.destroy();
    expect(await client.closed).toMatchObject({ kind: 'closed' });
  });

  it('ends with kind protocol at a peer of another protocol', async () => {
    const server = await rawServer();
    const client = record(connect, server.address());
    const probe = await server.next();
    probe.socket.write('SSH-2.0');
    await probe.until(({ events }) => events.includes('end'));
    probe.socket.end();
    expect(await client.closed).toMatchObject({ kind: 'protocol' });
    expect(probe.received).toHaveLength(0);
  });

  it('ends as unreachable if the host has no address', async () => {
    const client = record(connect, parseAddress('tcp://host.invalid:1'));
    expect(await client.closed).toMatchObject({ kind: 'unreachable' });
  });

  it('ends as refused without a listener and at a peer that sends nothing', async () => {
    const unreachable = record(connect, await vacantAddress());
    expect(unreachable.send(Buffer.alloc(8))).toBe(false);
    expect(await unreachable.closed).toMatchObject({ kind: 'refused' });
    const server = await rawServer();
    const silent = record(connect, server.address(), { connectTimeoutMs: 100 });
    const probe = await server.next();
    await probe.until(({ events }) => events.includes('end'));
    probe.socket.end();
    expect(await silent.closed).toMatchObject({ kind: 'refused' });
  });

  it.each(['close', 'destroy'] as const)(
    '%s during the detection ends the connection once',
    async (how) => {
      const server = await rawServer();
      const client = record(connect, server.address());
      const probe = await server.next();
      client[how]();
      expect(client.calls).toEqual([]); // never within a call
      await probe.until(({ events }) => events.includes('end'));
      probe.socket.end();
      expect(await client.closed).toMatchObject({ kind: 'closed' });
      expect(client.calls).toHaveLength(1);
    },
  );
});
