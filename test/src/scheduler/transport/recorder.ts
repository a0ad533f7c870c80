import type {
  Connect,
  Connection,
  ConnectionEnd,
  ConnectOptions,
  Peer,
} from '../../../../src/scheduler/transport/connection.ts';
import type { Address } from '../../../../src/shared/address.ts';
import { hex } from './vectors.ts';

export type Call =
  | { on: 'open'; peer: Peer }
  | { on: 'message'; hex: string }
  | { on: 'closed'; end: ConnectionEnd };

/** A connection that records the calls of its handlers and offers them as promises. */
export type Recorder = Connection & {
  calls: Call[];
  opened: Promise<Peer>;
  closed: Promise<ConnectionEnd>;
  /** Resolves to the first `count` messages, in hexadecimal. */
  messages(count: number): Promise<string[]>;
};

export function record(
  connect: Connect,
  address: Address,
  options: Omit<ConnectOptions, 'address' | 'identity'> & { identity?: string } = {},
): Recorder {
  const calls: Call[] = [];
  const waiting: (() => void)[] = [];
  let open = (_: Peer) => {};
  let close = (_: ConnectionEnd) => {};
  const opened = new Promise<Peer>((resolve) => {
    open = resolve;
  });
  const closed = new Promise<ConnectionEnd>((resolve) => {
    close = resolve;
  });
  const recordCall = (entry: Call) => {
    calls.push(entry);
    for (const check of waiting) check();
  };
  const connection = connect(
    { identity: 'tester', ...options, address },
    {
      onOpen(peer) {
        recordCall({ on: 'open', peer });
        open(peer);
      },
      onMessage: (payload) => recordCall({ on: 'message', hex: hex(payload) }),
      onClosed(end) {
        recordCall({ on: 'closed', end });
        close(end);
      },
    },
  );
  return Object.assign(Object.create(connection) as Connection, {
    calls,
    opened,
    closed,
    messages: (count: number) =>
      new Promise<string[]>((resolve) => {
        const check = () => {
          const messages = calls.flatMap((entry) => (entry.on === 'message' ? entry.hex : []));
          if (messages.length >= count) resolve(messages.slice(0, count));
        };
        waiting.push(check);
        check();
      }),
  });
}
