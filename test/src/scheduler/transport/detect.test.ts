import { afterEach, describe, expect, it } from 'vitest';
import { Router } from 'zeromq';
import { detectTransport } from '../../../../src/scheduler/transport/detect.ts';
import { parseAddress } from '../../../../src/shared/address.ts';
import { RawServer, vacantAddress } from './ymqPeer.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
async function serve(): Promise<RawServer> {
  const server = await RawServer.start();
  stops.push(() => server.stop());
  return server;
}

describe('detectTransport', () => {
  it.each([
    ['594d5101', 'ymq1'],
    ['594d5102', 'ymq2'],
    ['594d5103', 'unknown'],
    ['ff00000000000000017f', 'zmq'],
    ['48545450', 'unknown'],
  ])(
    'detects from the first bytes %s, without sending, the transport %s',
    async (hello, transport) => {
      const server = await serve();
      const detection = detectTransport(server.address());
      const peer = await server.next();
      for (const byte of Buffer.from(hello, 'hex')) peer.socket.write(Uint8Array.of(byte));
      await peer.until(({ events }) => events.includes('end'));
      peer.socket.write('more data');
      // A reset would arrive within 20 ms and make the next write fail.
      await new Promise((resolve) => setTimeout(resolve, 20));
      peer.socket.end('still more data');
      expect(await detection).toMatchObject({ transport });
      await peer.until(({ events }) => events.includes('close'));
      expect(peer.events).toEqual(['end', 'close']);
      expect(peer.received).toHaveLength(0);
    },
  );

  it('detects a real ZeroMQ socket', async () => {
    const router = new Router();
    await router.bind('tcp://127.0.0.1:*');
    stops.push(() => router.close());
    const detection = await detectTransport(parseAddress(router.lastEndpoint as string));
    expect(detection.transport).toBe('zmq');
  });

  it('distinguishes a peer that sends nothing from a refused connection', async () => {
    const server = await serve();
    const silence = detectTransport(server.address(), { timeoutMs: 50 });
    const peer = await server.next();
    await peer.until(({ events }) => events.includes('end'));
    peer.socket.end();
    expect(await silence).toMatchObject({ transport: 'silent' });
    const address = await vacantAddress();
    expect(await detectTransport(address)).toMatchObject({
      transport: 'refused',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    const closing = detectTransport(server.address());
    (await server.next()).socket.end();
    expect(await closing).toMatchObject({ transport: 'refused' });
  });

  it('ends as refused when aborted before it is connected', async () => {
    const server = await serve();
    expect(await detectTransport(server.address(), { signal: AbortSignal.abort() })).toMatchObject({
      transport: 'refused',
    });
  });
});
