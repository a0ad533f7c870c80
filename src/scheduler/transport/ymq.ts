import { openByteStream } from './byteStream.ts';
import {
  assertScheme,
  assertSendable,
  type Connect,
  type ConnectionEnd,
  identityBytes,
  limitsOf,
  type YmqVersion,
} from './connection.ts';
import {
  encodeHello,
  encodeMessage,
  FramingFailure,
  type YmqFrame,
  YmqReader,
} from './ymqFraming.ts';

/**
 * A YMQ connection. The server speaks first, so we say nothing until its magic is known: a wrong
 * one would cost us the connection, a right one tells the protocol's generation.
 */
export const connectYmq: Connect = (options, handlers) => {
  const { address, tls } = options;
  assertScheme('ymq', address);
  const limits = limitsOf(options);
  const identity = identityBytes(options.identity);
  const reader = new YmqReader(limits.maxMessageBytes);

  let phase: 'connecting' | 'magic' | 'identity' | 'open' | 'ending' = 'connecting';
  let version: YmqVersion | null = null;
  let opened = false;
  let dropped = 0;
  /** The first verdict stands: what goes wrong while we are leaving is no news. */
  let verdict: ConnectionEnd | null = null;
  let timer: NodeJS.Timeout | undefined;

  const stream = openByteStream({ address, tls, maxMessageBytes: limits.maxMessageBytes }, () => {
    if (phase !== 'connecting') return;
    phase = 'magic';
    wait(limits.handshakeTimeoutMs, () =>
      leave('refused', `no YMQ hello within ${limits.handshakeTimeoutMs} ms`),
    );
  });
  wait(limits.connectTimeoutMs, () =>
    abandon('refused', `no connection within ${limits.connectTimeoutMs} ms`),
  );
  stream.on('data', (chunk: Buffer) => {
    if (verdict?.kind === 'protocol') return;
    try {
      for (const frame of reader.push(chunk)) {
        receive(frame);
        if (stream.destroyed) return;
      }
    } catch (error) {
      if (!(error instanceof FramingFailure)) throw error;
      leave('protocol', error.message);
    }
  });
  stream.on('end', () => {
    const cut = reader.atBoundary ? '' : ', in the middle of a message';
    leave(verdictOf('graceful'), `the peer closed the connection${cut}`);
  });
  stream.on('error', (error: NodeJS.ErrnoException) => {
    const kind = error.code?.startsWith('WS_ERR_') ? 'protocol' : verdictOf('aborted');
    verdict ??= { kind, reason: oneLine(error) };
  });
  stream.on('close', () => {
    clearTimeout(timer);
    phase = 'ending';
    verdict ??= { kind: verdictOf('aborted'), reason: 'the connection vanished' };
    handlers.onClosed({ ...verdict, reason: `${address.text}: ${verdict.reason}` });
  });

  function receive(frame: YmqFrame): void {
    if (frame.type === 'magic') {
      if (frame.version !== 0 && frame.version !== 1 && frame.version !== 2) {
        throw new FramingFailure(`the peer speaks YMQ ${frame.version}, we know 1 and 2`);
      }
      version = frame.version;
      if (phase !== 'magic') return;
      phase = 'identity';
      stream.write(encodeHello(version, identity));
    } else if (phase === 'identity') {
      phase = 'open';
      opened = true;
      clearTimeout(timer);
      handlers.onOpen({ identity: Buffer.from(frame.payload).toString(), magic: version });
    } else if (frame.payload.length === 0) {
      dropped++;
    } else if (opened) {
      handlers.onMessage(frame.payload);
    }
  }

  /** Ends in order: what is queued goes out, then FIN, and we read on until the peer's own FIN. */
  function leave(kind: ConnectionEnd['kind'], reason: string): void {
    verdict ??= { kind, reason };
    if (phase === 'ending') return;
    phase = 'ending';
    stream.end();
    wait(limits.closeTimeoutMs, () => stream.destroy());
  }

  function abandon(kind: ConnectionEnd['kind'], reason: string): void {
    verdict ??= { kind, reason };
    phase = 'ending';
    stream.destroy();
  }

  /** Before it is open, whatever ends it is a refusal. */
  function verdictOf(kind: ConnectionEnd['kind']): ConnectionEnd['kind'] {
    return phase === 'open' || phase === 'ending' ? kind : 'refused';
  }

  function wait(ms: number, then: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  }

  return {
    get dropped() {
      return dropped;
    },
    send(payload) {
      assertSendable(payload);
      if (phase !== 'open') return false;
      const bytes = encodeMessage(payload);
      if (stream.writableLength + bytes.length > limits.maxQueuedBytes) return false;
      stream.write(bytes);
      return true;
    },
    close() {
      if (phase === 'connecting') abandon('closed', 'closed before it was connected');
      else leave('closed', 'closed');
    },
    destroy() {
      abandon('closed', 'destroyed');
    },
  };
};

/** What OpenSSL says of a certificate that no authority we know has signed. */
const nobodyVouches = /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)/;

function oneLine({ message, code = '', name }: NodeJS.ErrnoException): string {
  // Some of Node's messages advise a flag of Node's.
  if (nobodyVouches.test(code)) return `${message.split(';', 1)[0]}; trust it with tls_ca`;
  // OpenSSL's messages are for its authors; an attempt at several addresses ends without any.
  const best = code.startsWith('ERR_SSL_') ? code : message || code || name;
  return best.split('\n', 1)[0] as string;
}
