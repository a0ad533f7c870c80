import { connectChosen } from './chosenConnection.ts';
import type { Connect } from './connection.ts';
import { detectTransport } from './detect.ts';
import { connectYmq } from './ymq.ts';

/**
 * Returns a Connect that detects the transport at the address, then connects over that transport. It detects it for
 * each connection, as another release of the scheduler may have replaced the previous one. Over ws, wss and tls the
 * transport is always YMQ.
 */
export function connectAuto(connectZmq: Connect): Connect {
  return (options, handlers) => {
    const { address, tls } = options;
    if (address.scheme !== 'tcp' && address.scheme !== 'ipc') return connectYmq(options, handlers);
    return connectChosen(
      async (signal) => {
        const timeoutMs = options.connectTimeoutMs;
        const detection = await detectTransport(address, { tls, signal, timeoutMs });
        const { transport, reason, unreachable } = detection;
        if (transport === 'zmq') return connectZmq;
        if (transport.startsWith('ymq')) return connectYmq;
        if (unreachable) return { kind: 'unreachable', reason };
        return { kind: transport === 'unknown' ? 'protocol' : 'refused', reason };
      },
      options,
      handlers,
    );
  };
}
