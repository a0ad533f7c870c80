import type { Address, Scheme } from '../../shared/address.ts';

/** How a connection ended. Only `kind` may steer; `reason` is one line for people. */
export type ConnectionEnd = {
  /**
   * `refused`: it never opened. `graceful`: the peer closed in order and does not expect us back.
   * `aborted`: reset, timed out or vanished. `protocol`: the peer does not speak our language.
   * `closed`: we asked.
   */
  kind: 'refused' | 'graceful' | 'aborted' | 'protocol' | 'closed';
  reason: string;
};

/** What the peer said of itself. The version is YMQ's fourth magic byte; ZeroMQ tells neither. */
export type Peer = { identity: string | null; magic: YmqVersion | null };

/** 0: from before there was a magic. */
export type YmqVersion = 0 | 1 | 2;

/** Called from the event loop only, never from inside a call to the connection. */
export type ConnectionHandlers = {
  onOpen(peer: Peer): void;
  /** One application payload, never empty. The bytes are the receiver's to keep. */
  onMessage(payload: Uint8Array): void;
  /** Exactly once, last of all, also after `close` and `destroy`; the socket is gone by then. */
  onClosed(end: ConnectionEnd): void;
};

/** One attempt and one connection: who wants another calls connect again, after a pause. */
export type Connection = {
  /**
   * Queues one payload. False: not open or the queue is full, and nothing was queued.
   * @throws RangeError for a payload that would end a scheduler: empty, or not whole 8-byte words.
   */
  send(payload: Uint8Array): boolean;
  /** Flushes, says goodbye (FIN) and reads on until the peer has closed, so that unread bytes cause no reset. */
  close(): void;
  /** Messages thrown away because no Scaler program sends such: empty ones, several frames in one. */
  readonly dropped: number;
  /** At once. A reset right after a heartbeat stalls a YMQ scheduler until this identity is back. */
  destroy(): void;
};

export type ConnectOptions = {
  address: Address;
  /** What the peer knows us by; not empty, at most 255 bytes as UTF-8. */
  identity: string;
  /** What may wait to be sent; default 8 MiB. */
  maxQueuedBytes?: number;
  /** A longer message ends the connection before memory is taken for it; default 64 MiB. */
  maxMessageBytes?: number;
  /** Default 10 s. */
  connectTimeoutMs?: number;
  /** From connected to open; default 10 s. */
  handshakeTimeoutMs?: number;
  /** How long `close` waits for the peer; default 2 s. */
  closeTimeoutMs?: number;
  /** For tls and wss: certificates in PEM to trust instead of the system's, or no check at all. */
  tls?: { ca?: string; insecure?: boolean };
};

/** @throws RangeError for a scheme that the transport does not have, and for an impossible identity */
export type Connect = (options: ConnectOptions, handlers: ConnectionHandlers) => Connection;

/** What each transport runs over. */
export const transportSchemes = {
  ymq: ['tcp', 'ipc', 'ws', 'wss', 'tls'],
  zmq: ['tcp', 'ipc'],
} as const satisfies Record<string, readonly Scheme[]>;

/** The options' limits with their defaults. */
export const limitsOf = (options: ConnectOptions) => ({
  maxQueuedBytes: options.maxQueuedBytes ?? 8 * 2 ** 20,
  maxMessageBytes: options.maxMessageBytes ?? 64 * 2 ** 20,
  connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
  handshakeTimeoutMs: options.handshakeTimeoutMs ?? 10_000,
  closeTimeoutMs: options.closeTimeoutMs ?? 2_000,
});

/** @throws RangeError */
export function assertScheme(transport: keyof typeof transportSchemes, { scheme }: Address): void {
  if (!transportSchemes[transport].some((known) => known === scheme)) {
    const name = transport === 'ymq' ? 'YMQ' : 'ZeroMQ';
    throw new RangeError(`${name} does not go over ${scheme}`);
  }
}

/** @throws RangeError */
export function identityBytes(identity: string): Buffer {
  const bytes = Buffer.from(identity);
  if (bytes.length < 1 || bytes.length > 255) {
    throw new RangeError(`an identity has 1 to 255 bytes, not ${bytes.length}`);
  }
  return bytes;
}

/** @throws RangeError */
export function assertSendable(payload: Uint8Array): void {
  if (payload.length === 0 || payload.length % 8 !== 0) {
    throw new RangeError(`a payload is whole 8-byte words, not ${payload.length} bytes`);
  }
}
