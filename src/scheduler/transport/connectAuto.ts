import type { Connect, Connection, ConnectionEnd } from './connection.ts';
import { detectTransport } from './detect.ts';
import { connectYmq } from './ymq.ts';

/**
 * Listens first to what answers at the address, then connects in kind: each attempt anew, as another
 * release may have taken the place of the one before. What says nothing first (ws, wss, tls) is YMQ.
 */
export const connectAuto =
  (connectZmq: Connect): Connect =>
  (options, handlers) => {
    const { address, tls } = options;
    if (address.scheme !== 'tcp' && address.scheme !== 'ipc') return connectYmq(options, handlers);
    const listening = new AbortController();
    let connection: Connection | null = null;
    let verdict: ConnectionEnd | null = null;

    const begin = async (): Promise<void> => {
      const { transport, reason } = await detectTransport(address, {
        tls,
        signal: listening.signal,
        timeoutMs: options.connectTimeoutMs,
      });
      if (verdict) handlers.onClosed(verdict);
      else if (transport === 'zmq') connection = connectZmq(options, handlers);
      else if (transport.startsWith('ymq')) connection = connectYmq(options, handlers);
      else handlers.onClosed({ kind: transport === 'unknown' ? 'protocol' : 'refused', reason });
    };
    begin().catch((error: Error) =>
      handlers.onClosed({ kind: 'refused', reason: `${address.text}: ${error.message}` }),
    );

    const leave = (how: 'close' | 'destroy') => {
      if (connection) return connection[how]();
      verdict ??= { kind: 'closed', reason: `${address.text}: closed before it was connected` };
      listening.abort();
    };
    return {
      get dropped() {
        return connection?.dropped ?? 0;
      },
      send: (payload) => connection?.send(payload) ?? false,
      close: () => leave('close'),
      destroy: () => leave('destroy'),
    };
  };
