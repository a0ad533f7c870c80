import { afterEach, describe, expect, it } from 'vitest';
import {
  connectLate,
  loadZmq,
  ZmqFailure,
  type ZmqTransports,
} from '../../../../src/scheduler/transport/lateZmq.ts';
import { connectYmq } from '../../../../src/scheduler/transport/ymq.ts';
import { record } from './recorder.ts';
import { RawServer, vacantAddress } from './ymqPeer.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const broken = (): Promise<ZmqTransports> =>
  Promise.reject(new Error('libzmq.so.5: cannot open shared object file\nat require'));

describe('loadZmq', () => {
  it('loads both transports', async () => {
    const { connectDealer, connectSubscriber } = await loadZmq();
    expect([typeof connectDealer, typeof connectSubscriber]).toEqual(['function', 'function']);
  });

  it('fails in one line with the words of the system and the remedy', async () => {
    const failure = await loadZmq(broken).catch((error) => error);
    expect(failure).toBeInstanceOf(ZmqFailure);
    expect(failure.message).toBe(
      'ZeroMQ cannot be loaded: libzmq.so.5: cannot open shared object file; install the dependencies anew on this system (npm ci), or let the scheduler use YMQ',
    );
  });
});

describe('connectLate', () => {
  it('refuses the connection, and says why, when the library cannot be loaded', async () => {
    const reasons: string[] = [];
    const connect = connectLate('connectDealer', (reason) => reasons.push(reason), broken);
    const address = await vacantAddress();
    const client = record(connect, address);
    expect(client.send(Buffer.alloc(8))).toBe(false);
    const { kind, reason } = await client.closed;
    expect(kind).toBe('refused');
    expect(reason).toBe(`${address.text}: ${reasons[0]}`);
    expect(reasons).toHaveLength(1);
  });

  it('loads nothing before it connects, then connects over what was loaded', async () => {
    let loads = 0;
    const server = await RawServer.start();
    stops.push(() => server.stop());
    const connect = connectLate(
      'connectSubscriber',
      () => {},
      async () => {
        loads++;
        return { connectDealer: connectYmq, connectSubscriber: connectYmq };
      },
    );
    expect(loads).toBe(0);
    const client = record(connect, server.address());
    await server.next();
    expect(loads).toBe(1);
    client.destroy();
    expect(await client.closed).toMatchObject({ kind: 'closed' });
  });

  it('ends as closed when it is closed while the library is loaded', async () => {
    const client = record(
      connectLate('connectDealer', () => {}),
      await vacantAddress(),
    );
    client.close();
    expect(await client.closed).toMatchObject({ kind: 'closed' });
  });
});
