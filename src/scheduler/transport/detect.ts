import type { Address } from '../../shared/address.ts';
import { openByteStream } from './byteStream.ts';
import { type ConnectOptions, isUnreachable } from './connection.ts';
import { looksLikeLength } from './ymqFraming.ts';

/**
 * What was detected at an address: YMQ by version, ZeroMQ, another protocol, no connection, or a peer that sends
 * nothing first (ws, wss, tls, or not a scheduler).
 */
export type Detected = 'ymq0' | 'ymq1' | 'ymq2' | 'zmq' | 'unknown' | 'refused' | 'silent';

export type Detection = {
  transport: Detected;
  /** One line for people: the first bytes or the error. */
  reason: string;
  /** The host did not answer, or has no address. */
  unreachable?: true;
};

type DetectOptions = Pick<ConnectOptions, 'tls'> & { timeoutMs?: number; signal?: AbortSignal };

/** How long the peer may take to close after our FIN. */
const closeTimeoutMs = 2_000;

/**
 * Detects the transport by the first bytes that the peer sends. Sends nothing and closes in order, which no released
 * scheduler treats as an error. Never rejects. An abort ends the detection like the timeout (default 3 s).
 */
export function detectTransport(
  address: Address,
  { timeoutMs = 3_000, signal, tls }: DetectOptions = {},
): Promise<Detection> {
  return new Promise((resolve) => {
    let connected = false;
    let detection: Detection | null = null;
    let head = Buffer.alloc(0);
    const stream = openByteStream({ address, tls, maxMessageBytes: 1024 }, () => {
      connected = true;
    });
    let timer = setTimeout(giveUp, timeoutMs);
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted) giveUp();

    stream.on('data', (chunk: Buffer) => {
      if (detection) return;
      head = Buffer.concat([head, chunk.subarray(0, 4)]).subarray(0, 4);
      const transport = transportOf(head);
      if (transport) finish({ transport, reason: `the peer sent ${head.toString('hex')} first` });
    });
    stream.on('end', () =>
      finish({
        transport: 'refused',
        reason: 'the peer closed the connection before it sent a byte',
      }),
    );
    stream.on('error', (error: NodeJS.ErrnoException) => {
      detection ??= {
        ...{ transport: 'refused', reason: error.message || error.code || error.name },
        ...(isUnreachable(error) && { unreachable: true }),
      };
    });
    stream.on('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      const found: Detection = detection ?? {
        transport: 'refused',
        reason: 'the connection broke',
      };
      resolve({ ...found, reason: `${address.text}: ${found.reason.split('\n', 1)[0]}` });
    });

    function giveUp(): void {
      if (connected) {
        finish({ transport: 'silent', reason: `the peer sent nothing within ${timeoutMs} ms` });
      } else {
        detection ??= {
          ...{ transport: 'refused', reason: `no connection within ${timeoutMs} ms` },
          unreachable: true,
        };
        stream.destroy();
      }
    }

    function finish(result: Detection): void {
      detection ??= result;
      clearTimeout(timer);
      timer = setTimeout(() => stream.destroy(), closeTimeoutMs);
      stream.end();
    }
  });
}

/** The transport of a stream with these first bytes, at most 4; null if more bytes are needed. */
function transportOf(head: Buffer): Detected | null {
  const hex = head.toString('hex');
  if (hex.startsWith('ff')) return 'zmq';
  if (hex === '594d5101') return 'ymq1';
  if (hex === '594d5102') return 'ymq2';
  if (looksLikeLength(head)) return head.length < 4 ? null : 'ymq0';
  return '594d51'.startsWith(hex) ? null : 'unknown';
}
