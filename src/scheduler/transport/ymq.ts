import { openByteStream } from './byteStream.ts';
import {
  assertScheme,
  assertSendable,
  type Connection,
  type ConnectionEnd,
  type ConnectionHandlers,
  type ConnectOptions,
  identityBytes,
  isUnreachable,
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
 * A YMQ connection. The server sends its magic and identity first. Ours follow with the same version, since the
 * server closes the connection at another version. The version also narrows the protocol's generation.
 */
export function connectYmq(options: ConnectOptions, handlers: ConnectionHandlers): Connection {
  const { address, tls } = options;
  assertScheme('ymq', address);
  const limits = limitsOf(options);
  const identity = identityBytes(options.identity);
  const reader = new YmqReader(limits.maxMessageBytes);

  let phase: 'connecting' | 'magic' | 'identity' | 'open' | 'ending' = 'connecting';
  let version: YmqVersion | null = null;
  let opened = false;
  let dropped = 0;
  /** The first end counts; failures while the connection is closing do not replace it. */
  let firstEnd: ConnectionEnd | null = null;
  let timer: NodeJS.Timeout | undefined;

  const stream = openByteStream({ address, tls, maxMessageBytes: limits.maxMessageBytes }, () => {
    if (phase !== 'connecting') return;
    phase = 'magic';
    startTimer(limits.handshakeTimeoutMs, () =>
      finish('refused', `no YMQ hello within ${limits.handshakeTimeoutMs} ms`),
    );
  });
  startTimer(limits.connectTimeoutMs, () =>
    destroy('unreachable', `no connection within ${limits.connectTimeoutMs} ms`),
  );
  stream.on('data', (chunk: Buffer) => {
    if (firstEnd?.kind === 'protocol') return;
    try {
      for (const frame of reader.push(chunk)) {
        receive(frame);
        if (stream.destroyed) return;
      }
    } catch (error) {
      if (!(error instanceof FramingFailure)) throw error;
      finish('protocol', error.message);
    }
  });
  stream.on('end', () => {
    const cut = reader.atBoundary ? '' : ', in the middle of a message';
    finish(kindOfEnd('graceful'), `the peer closed the connection${cut}`);
  });
  stream.on('error', (error: NodeJS.ErrnoException) => {
    firstEnd ??= { kind: kindOfError(error), reason: oneLine(error) };
  });
  stream.on('close', () => {
    clearTimeout(timer);
    phase = 'ending';
    firstEnd ??= { kind: kindOfEnd('aborted'), reason: 'the connection broke' };
    handlers.onClosed({ ...firstEnd, reason: `${address.text}: ${firstEnd.reason}` });
  });

  function receive(frame: YmqFrame): void {
    if (frame.type === 'magic') {
      if (frame.version !== 0 && frame.version !== 1 && frame.version !== 2) {
        throw new FramingFailure(
          `the peer uses YMQ version ${frame.version}, supported are 1 and 2`,
        );
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

  /** Ends in order: sends the queue, then FIN, and reads until the peer's FIN or the timeout. */
  function finish(kind: ConnectionEnd['kind'], reason: string): void {
    firstEnd ??= { kind, reason };
    if (phase === 'ending') return;
    phase = 'ending';
    stream.end();
    startTimer(limits.closeTimeoutMs, () => stream.destroy());
  }

  function destroy(kind: ConnectionEnd['kind'], reason: string): void {
    firstEnd ??= { kind, reason };
    phase = 'ending';
    stream.destroy();
  }

  function kindOfError(error: NodeJS.ErrnoException): ConnectionEnd['kind'] {
    if (error.code?.startsWith('WS_ERR_')) return 'protocol';
    return phase === 'connecting' && isUnreachable(error) ? 'unreachable' : kindOfEnd('aborted');
  }

  /** Whatever ends a connection before it is open is a refusal. */
  function kindOfEnd(kind: ConnectionEnd['kind']): ConnectionEnd['kind'] {
    return phase === 'open' || phase === 'ending' ? kind : 'refused';
  }

  function startTimer(ms: number, then: () => void): void {
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
      if (phase === 'connecting') destroy('closed', 'closed before it was connected');
      else finish('closed', 'closed');
    },
    destroy() {
      destroy('closed', 'destroyed');
    },
  };
}

/** OpenSSL's codes for a certificate that no trusted authority has signed. */
const untrustedCertificate = /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)/;

function oneLine({ message, code = '', name }: NodeJS.ErrnoException): string {
  // Node's message goes on with advice to use a flag of Node.
  if (untrustedCertificate.test(code)) return `${message.split(';', 1)[0]}; trust it with tls_ca`;
  // OpenSSL's messages are unreadable. A failed attempt at several addresses has no message.
  const text = code.startsWith('ERR_SSL_') ? code : message || code || name;
  return text.split('\n', 1)[0] as string;
}
