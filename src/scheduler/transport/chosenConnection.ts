import type {
  Connect,
  Connection,
  ConnectionEnd,
  ConnectionHandlers,
  ConnectOptions,
} from './connection.ts';

/** Finds out how to connect, or why there will be no connection. The signal is aborted when that is of no use any more. */
export type Choose = (signal: AbortSignal) => Promise<Connect | ConnectionEnd>;

/** A connection whose transport is chosen first. Until then nothing can be sent; a failure to choose refuses it. */
export function connectChosen(
  choose: Choose,
  options: ConnectOptions,
  handlers: ConnectionHandlers,
): Connection {
  const { address } = options;
  const choice = new AbortController();
  let connection: Connection | null = null;
  /** Set when the caller closes the connection during the choice. */
  let end: ConnectionEnd | null = null;

  async function chooseAndConnect(): Promise<void> {
    const chosen = await choose(choice.signal);
    if (end) handlers.onClosed(end);
    else if (typeof chosen === 'function') connection = chosen(options, handlers);
    else handlers.onClosed(chosen);
  }
  chooseAndConnect().catch((error: Error) =>
    handlers.onClosed(end ?? { kind: 'refused', reason: `${address.text}: ${error.message}` }),
  );

  const finish = (how: 'close' | 'destroy') => {
    if (connection) return connection[how]();
    end ??= { kind: 'closed', reason: `${address.text}: closed before it was connected` };
    choice.abort();
  };
  return {
    get dropped() {
      return connection?.dropped ?? 0;
    },
    send: (payload) => connection?.send(payload) ?? false,
    close: () => finish('close'),
    destroy: () => finish('destroy'),
  };
}
