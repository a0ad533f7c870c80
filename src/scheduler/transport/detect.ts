import type { Address } from '../../shared/address.ts';
import { openByteStream } from './byteStream.ts';
import type { ConnectOptions } from './connection.ts';
import { looksLikeLength } from './ymqFraming.ts';

/**
 * What answers at an address: YMQ by its version, ZeroMQ, something that is neither, nobody, or one
 * who says nothing first (ws, wss, tls, or not Scaler at all).
 */
export type Detected = 'ymq0' | 'ymq1' | 'ymq2' | 'zmq' | 'unknown' | 'refused' | 'silent';

export type Detection = {
  transport: Detected;
  /** One line for people: the bytes seen or the error. */
  reason: string;
};

type DetectOptions = Pick<ConnectOptions, 'tls'> & { timeoutMs?: number; signal?: AbortSignal };

/** After our own end; by then everything that counts is known. */
const closeTimeoutMs = 2_000;

/**
 * Listens to what a scheduler says first, sends nothing and closes in order: every released
 * scheduler takes that for a visitor. Never rejects; an abort counts as silence.
 */
export function detectTransport(
  address: Address,
  { timeoutMs = 3_000, signal, tls }: DetectOptions = {},
): Promise<Detection> {
  return new Promise((resolve) => {
    let connected = false;
    let found: Detection | null = null;
    let seen = Buffer.alloc(0);
    const stream = openByteStream({ address, tls, maxMessageBytes: 1024 }, () => {
      connected = true;
    });
    let timer = setTimeout(giveUp, timeoutMs);
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted) giveUp();

    stream.on('data', (chunk: Buffer) => {
      if (found) return;
      seen = Buffer.concat([seen, chunk.subarray(0, 4)]).subarray(0, 4);
      const transport = judge(seen);
      if (transport) leave({ transport, reason: `it begins with ${seen.toString('hex')}` });
    });
    stream.on('end', () => leave({ transport: 'refused', reason: 'closed before it said a word' }));
    stream.on('error', (error: NodeJS.ErrnoException) => {
      found ??= { transport: 'refused', reason: error.message || error.code || error.name };
    });
    stream.on('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      const { transport, reason } = found ?? { transport: 'refused', reason: 'it vanished' };
      resolve({ transport, reason: `${address.text}: ${reason.split('\n', 1)[0]}` });
    });

    function giveUp(): void {
      if (connected) {
        leave({ transport: 'silent', reason: `connected, and not a word in ${timeoutMs} ms` });
      } else {
        found ??= { transport: 'refused', reason: `no connection within ${timeoutMs} ms` };
        stream.destroy();
      }
    }

    function leave(detection: Detection): void {
      found ??= detection;
      clearTimeout(timer);
      timer = setTimeout(() => stream.destroy(), closeTimeoutMs);
      stream.end();
    }
  });
}

function judge(seen: Buffer): Detected | null {
  const head = seen.toString('hex');
  if (head.startsWith('ff')) return 'zmq';
  if (head === '594d5101') return 'ymq1';
  if (head === '594d5102') return 'ymq2';
  if (looksLikeLength(seen)) return seen.length < 4 ? null : 'ymq0';
  return '594d51'.startsWith(head) ? null : 'unknown';
}
