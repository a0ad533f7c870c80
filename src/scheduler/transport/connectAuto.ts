import type { Connect, Connection, ConnectionEnd } from './connection.ts';
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
    const detection = new AbortController();
    let connection: Connection | null = null;
    /** Set when the caller closes the connection during the detection. */
    let end: ConnectionEnd | null = null;

    async function detectAndConnect(): Promise<void> {
      const { transport, reason } = await detectTransport(address, {
        tls,
        signal: detection.signal,
        timeoutMs: options.connectTimeoutMs,
      });
      if (end) handlers.onClosed(end);
      else if (transport === 'zmq') connection = connectZmq(options, handlers);
      else if (transport.startsWith('ymq')) connection = connectYmq(options, handlers);
      else handlers.onClosed({ kind: transport === 'unknown' ? 'protocol' : 'refused', reason });
    }
    detectAndConnect().catch((error: Error) =>
      handlers.onClosed({ kind: 'refused', reason: `${address.text}: ${error.message}` }),
    );

    const finish = (how: 'close' | 'destroy') => {
      if (connection) return connection[how]();
      end ??= { kind: 'closed', reason: `${address.text}: closed before it was connected` };
      detection.abort();
    };
    return {
      get dropped() {
        return connection?.dropped ?? 0;
      },
      send: (payload) => connection?.send(payload) ?? false,
      close: () => finish('close'),
      destroy: () => finish('destroy'),
    };
  };
}
