import type {
  Connect,
  Connection,
  ConnectionEnd,
  ConnectOptions,
  Peer,
} from '../../../../src/scheduler/transport/connection.ts';
import type { Address } from '../../../../src/shared/address.ts';
import { hex } from './vectors.ts';

export type Told =
  | { on: 'open'; peer: Peer }
  | { on: 'message'; hex: string }
  | { on: 'closed'; end: ConnectionEnd };

/** A connection that writes down what it was told, and turns the three callbacks into promises. */
export type Recorder = Connection & {
  told: Told[];
  opened: Promise<Peer>;
  closed: Promise<ConnectionEnd>;
  /** Resolves with the first `count` messages, in hexadecimal. */
  messages(count: number): Promise<string[]>;
};

export function record(
  connect: Connect,
  address: Address,
  options: Omit<ConnectOptions, 'address' | 'identity'> & { identity?: string } = {},
): Recorder {
  const told: Told[] = [];
  const waiting: (() => void)[] = [];
  let open = (_: Peer) => {};
  let close = (_: ConnectionEnd) => {};
  const opened = new Promise<Peer>((resolve) => {
    open = resolve;
  });
  const closed = new Promise<ConnectionEnd>((resolve) => {
    close = resolve;
  });
  const note = (entry: Told) => {
    told.push(entry);
    for (const check of waiting) check();
  };
  const connection = connect(
    { identity: 'tester', ...options, address },
    {
      onOpen(peer) {
        note({ on: 'open', peer });
        open(peer);
      },
      onMessage: (payload) => note({ on: 'message', hex: hex(payload) }),
      onClosed(end) {
        note({ on: 'closed', end });
        close(end);
      },
    },
  );
  return Object.assign(Object.create(connection) as Connection, {
    told,
    opened,
    closed,
    messages: (count: number) =>
      new Promise<string[]>((resolve) => {
        const check = () => {
          const found = told.flatMap((entry) => (entry.on === 'message' ? entry.hex : []));
          if (found.length >= count) resolve(found.slice(0, count));
        };
        waiting.push(check);
        check();
      }),
  });
}
