import { describe, expect, it } from 'vitest';
import { ConfigFailure } from '../../../src/config/configFailure.ts';
import { checkTransport } from '../../../src/daemon/connections.ts';
import { ZmqFailure, type ZmqTransports } from '../../../src/scheduler/transport/lateZmq.ts';

const broken = (): Promise<ZmqTransports> =>
  Promise.reject(new ZmqFailure('ZeroMQ cannot be loaded'));

describe('checkTransport', () => {
  it('refuses ZeroMQ if it cannot be loaded, and names the setting', async () => {
    const failure = await checkTransport({ networkBackend: 'zmq' }, broken).catch((error) => error);
    expect(failure).toBeInstanceOf(ConfigFailure);
    expect(failure.message).toMatch(/^--network-backend .*: ZeroMQ cannot be loaded$/);
    await checkTransport({ networkBackend: 'zmq' });
  });

  it.each(['auto', 'ymq'] as const)('does not load ZeroMQ for %s', async (networkBackend) => {
    await checkTransport({ networkBackend }, broken);
  });
});
