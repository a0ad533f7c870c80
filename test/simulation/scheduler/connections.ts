import type {
  Generation,
  OutgoingMessage,
  SchedulerMessage,
} from '../../../machines/scheduler/messages.ts';
import type { Agenda, Owner } from '../agenda.ts';
import type { Random } from '../random.ts';
import { decodedAs } from './outgoing.ts';
import type { Magic } from './releases.ts';

/** A worker manager at its end of a connection. */
export interface Peer {
  owner: Owner;
  identity: string;
  /** `magic`: as YMQ shows it; null over ZeroMQ. */
  onOpen(magic: Magic): void;
  onMessage(generation: Generation, message: SchedulerMessage): void;
  onClosed(kind: string, reason: string): void;
}

/** What the peer holds of its connection. */
export interface Line {
  /** False: not connected. */
  send(message: OutgoingMessage): boolean;
  expect(generation: Generation | null): void;
  /** Flush, half-close, and be closed. */
  close(): void;
  /** Gone at once, with all that was under way. */
  destroy(): void;
}

export interface Connection {
  peer: Peer;
  isOpen: boolean;
  /** Over ZeroMQ the second connection with an identity is never answered. */
  isMute: boolean;
  isClosing: boolean;
  expected: Generation | null;
  /** Heartbeats that have arrived and whose echo has not been delivered. */
  unechoed: number;
  sentUntil: number;
  saidUntil: number;
}

export interface ConnectionWorld {
  isReachable(): boolean;
  magic(): Magic;
  generation(): Generation;
  arrives(connection: Connection, message: OutgoingMessage): void;
  opened(connection: Connection): void;
  /** The peer begins to close, in order. */
  closing(connection: Connection): void;
}

/** The connections between the scheduler and worker managers: what was sent first arrives first, or never. */
export function createConnections(agenda: Agenda, random: Random, world: ConnectionWorld) {
  const connections = new Set<Connection>();
  const latency = (): number => random.between(1, 15);

  function end(connection: Connection, kind: string, reason: string): void {
    if (!connections.delete(connection)) return;
    const { peer } = connection;
    agenda.after(latency(), () => peer.onClosed(kind, reason), peer.owner);
  }

  /** The scheduler says something: lost when the connection ends before it has come. */
  function say(connection: Connection, message: SchedulerMessage): void {
    const { peer } = connection;
    const at = Math.max(agenda.now() + latency(), connection.saidUntil + 0.1);
    connection.saidUntil = at;
    agenda.after(
      at - agenda.now(),
      () => {
        if (!connections.has(connection)) return;
        if (message.type === 'heartbeatEcho') connection.unechoed--;
        const generation = decodedAs(message, world.generation(), connection.expected);
        if (generation !== null) peer.onMessage(generation, message);
      },
      peer.owner,
    );
  }

  const isAnswered = (connection: Connection): boolean =>
    connections.has(connection) && connection.isOpen && !connection.isMute;

  /** A connection with an identity that another one has: over YMQ the newest wins, over ZeroMQ the oldest. */
  function admit(connection: Connection): void {
    for (const other of [...connections]) {
      if (other === connection || other.peer.identity !== connection.peer.identity) continue;
      if (world.magic() !== null) end(other, 'graceful', 'another connection has this identity');
      else if (other.isOpen && !other.isMute) connection.isMute = true;
    }
    connection.isOpen = true;
    world.opened(connection);
    connection.peer.onOpen(world.magic());
  }

  return {
    say,
    isAnswered,
    /** All of them, or those with that identity, are gone at once. */
    drop(
      reason: string,
      { identity, kind = 'aborted' }: { identity?: string; kind?: string } = {},
    ) {
      for (const connection of [...connections])
        if (identity === undefined || connection.peer.identity === identity)
          end(connection, kind, reason);
    },
    /** That process is gone: it gets no message, and nothing that it sent arrives any more. */
    dropOwner(owner: Owner): void {
      for (const connection of [...connections])
        if (connection.peer.owner === owner) connections.delete(connection);
    },
    of: (owner: Owner): Connection | undefined =>
      [...connections].find(({ peer }) => peer.owner === owner),

    connect(peer: Peer): Line {
      if (!world.isReachable()) {
        agenda.after(latency(), () => peer.onClosed('refused', 'refused'), peer.owner);
        return { send: () => false, expect() {}, close() {}, destroy() {} };
      }
      const connection: Connection = {
        ...{ peer, isOpen: false, isMute: false, isClosing: false, expected: null },
        ...{ unechoed: 0, sentUntil: 0, saidUntil: 0 },
      };
      connections.add(connection);
      agenda.after(latency(), () => connections.has(connection) && admit(connection), peer.owner);
      const arriveInTurn = (act: () => void): void => {
        const at = Math.max(agenda.now() + latency(), connection.sentUntil + 0.1);
        connection.sentUntil = at;
        agenda.after(at - agenda.now(), () => connections.has(connection) && act());
      };
      return {
        send(message) {
          if (!connections.has(connection) || !connection.isOpen || connection.isClosing)
            return false;
          if (message.type === 'heartbeat') connection.unechoed++;
          arriveInTurn(() => world.arrives(connection, message));
          return true;
        },
        expect(generation) {
          connection.expected = generation;
        },
        close() {
          if (!connections.has(connection) || connection.isClosing) return;
          connection.isClosing = true;
          world.closing(connection);
          arriveInTurn(() => end(connection, 'closed', 'closed'));
        },
        destroy() {
          connections.delete(connection);
        },
      };
    },
  };
}

export type Connections = ReturnType<typeof createConnections>;
