import type { Address, Scheme } from '../../shared/address.ts';

/** How a connection ended. Code may branch on `kind` only; `reason` is one line for people. */
export type ConnectionEnd = {
  /**
   * `refused`: it was never open. `unreachable`: nor did the host answer. `graceful`: the peer closed it in order. `aborted`: it was reset, timed out or
   * broke. `protocol`: the peer violated the protocol or uses another one. `closed`: `close` or `destroy` was called.
   */
  kind: 'refused' | 'unreachable' | 'graceful' | 'aborted' | 'protocol' | 'closed';
  reason: string;
};

const unreachableCodes: ReadonlySet<unknown> = new Set([
  ...['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EADDRNOTAVAIL'],
]);

/** The error of a connection attempt to a host that did not answer, or has no address. */
export const isUnreachable = ({ code }: NodeJS.ErrnoException): boolean =>
  unreachableCodes.has(code);

/** The peer's identity and its YMQ version, the fourth byte of the magic; both null for ZeroMQ. */
export type Peer = { identity: string | null; magic: YmqVersion | null };

/** 0: before Scaler 2.0.2, without a magic. */
export type YmqVersion = 0 | 1 | 2;

/** Handlers are called from the event loop only, never within a call to the connection. */
export type ConnectionHandlers = {
  onOpen(peer: Peer): void;
  /** One payload, never empty. The receiver may keep the bytes. */
  onMessage(payload: Uint8Array): void;
  /** Called exactly once and last, also after `close` and `destroy`, when the socket is closed. */
  onClosed(end: ConnectionEnd): void;
};

/** One connection attempt and its connection. It does not reconnect. */
export type Connection = {
  /**
   * Queues one payload. Returns false, and queues nothing, if the connection is not open or the queue is full.
   * @throws RangeError for a payload that is empty or not a multiple of 8 bytes; a scheduler exits at either.
   */
  send(payload: Uint8Array): boolean;
  /** Sends the queue, then FIN, and reads until the peer has closed, since unread bytes would cause a reset. */
  close(): void;
  /** Number of received messages that were ignored: empty ones and those of several frames. Scaler sends neither. */
  readonly dropped: number;
  /** Closes at once. A reset right after a heartbeat stalls a YMQ scheduler until this identity reconnects. */
  destroy(): void;
};

export type ConnectOptions = {
  address: Address;
  /** Our identity; 1 to 255 bytes as UTF-8. */
  identity: string;
  /** Limit of the send queue; default 8 MiB. */
  maxQueuedBytes?: number;
  /** A longer message ends the connection before memory is allocated for it; default 64 MiB. */
  maxMessageBytes?: number;
  /** Default 10 s. */
  connectTimeoutMs?: number;
  /** From connected until open; default 10 s. */
  handshakeTimeoutMs?: number;
  /** How long `close` waits for the peer; default 2 s. */
  closeTimeoutMs?: number;
  /** For tls and wss: certificates in PEM to trust instead of the system's, or no check of certificates. */
  tls?: { ca?: string; insecure?: boolean };
};

/** @throws RangeError for a scheme that the transport does not support, and for an invalid identity */
export type Connect = (options: ConnectOptions, handlers: ConnectionHandlers) => Connection;

/** The schemes that each transport supports. */
export const transportSchemes = {
  ymq: ['tcp', 'ipc', 'ws', 'wss', 'tls'],
  zmq: ['tcp', 'ipc'],
} as const satisfies Record<string, readonly Scheme[]>;

/** The limits in the options, with defaults for those that are left out. */
export function limitsOf(options: ConnectOptions) {
  return {
    maxQueuedBytes: options.maxQueuedBytes ?? 8 * 2 ** 20,
    maxMessageBytes: options.maxMessageBytes ?? 64 * 2 ** 20,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 10_000,
    closeTimeoutMs: options.closeTimeoutMs ?? 2_000,
  };
}

/** @throws RangeError unless the transport supports the address's scheme */
export function assertScheme(transport: keyof typeof transportSchemes, { scheme }: Address): void {
  if (!transportSchemes[transport].some((known) => known === scheme)) {
    const name = transport === 'ymq' ? 'YMQ' : 'ZeroMQ';
    throw new RangeError(`${name} does not support ${scheme}`);
  }
}

/** @throws RangeError unless the identity has 1 to 255 bytes */
export function identityBytes(identity: string): Buffer {
  const bytes = Buffer.from(identity);
  if (bytes.length < 1 || bytes.length > 255) {
    throw new RangeError(`an identity must have 1 to 255 bytes, not ${bytes.length}`);
  }
  return bytes;
}

/** @throws RangeError unless the payload consists of whole 8-byte words */
export function assertSendable(payload: Uint8Array): void {
  if (payload.length === 0 || payload.length % 8 !== 0) {
    throw new RangeError(
      `a payload must consist of whole 8-byte words, not of ${payload.length} bytes`,
    );
  }
}
