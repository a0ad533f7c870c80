import { Failure } from '../../shared/failure.ts';

/** Bytes that are not YMQ, or more of them than we are willing to hold. */
export class FramingFailure extends Failure {
  readonly kind = 'framing';
}

export type YmqFrame =
  | { type: 'magic'; version: number }
  | { type: 'message'; payload: Uint8Array };

const magicPrefix = [0x59, 0x4d, 0x51]; // YMQ
const magicLength = 4;
const headerLength = 8;
const firstAllocation = 64 * 1024;

/**
 * Reads one direction of a YMQ stream, cut anywhere: a magic, then messages (the first is the
 * sender's identity). Before Scaler 2.0.2 there was no magic, which counts as version 0 here: such a
 * stream is known by its first length, that of an identity. Holds at most what has arrived of one message, times two.
 */
export class YmqReader {
  readonly #maxMessageBytes: number;
  #stage: 'magic' | 'header' | 'payload' = 'magic';
  #wanted = magicLength;
  #held: Uint8Array = new Uint8Array(0);
  #heldLength = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Whether the stream may end here: not inside a magic, a header or a payload. */
  get atBoundary(): boolean {
    return this.#stage === 'header' && this.#heldLength === 0;
  }

  /**
   * Yields what the chunk completes; iterate to the end before the next push. A payload may share
   * memory with the chunk.
   * @throws FramingFailure after which the reader is of no use
   */
  *push(chunk: Uint8Array): Generator<YmqFrame, void, undefined> {
    let at = 0;
    while (at < chunk.length || this.#wanted === 0) {
      const missing = this.#wanted - this.#heldLength;
      const taken = chunk.subarray(at, at + missing);
      at += taken.length;
      let unit = taken;
      if (taken.length < missing || this.#heldLength > 0) {
        this.#hold(taken);
        this.#checkMagic();
        if (this.#heldLength < this.#wanted) return;
        unit = this.#held.subarray(0, this.#wanted);
        this.#held = new Uint8Array(0);
        this.#heldLength = 0;
      }
      const frame = this.#take(unit);
      if (frame) yield frame;
    }
  }

  /** Grows with what arrives, not with what a header promises. */
  #hold(bytes: Uint8Array): void {
    const length = this.#heldLength + bytes.length;
    if (length > this.#held.length) {
      const room = Math.max(length, Math.min(this.#wanted, Math.max(firstAllocation, length * 2)));
      const grown = new Uint8Array(room);
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = length;
  }

  /** A wrong first byte is known at once: a peer of another kind may never send four. */
  #checkMagic(): void {
    if (this.#stage === 'magic') assertMagic(this.#held.subarray(0, this.#heldLength));
  }

  #take(unit: Uint8Array): YmqFrame | null {
    switch (this.#stage) {
      case 'magic':
        assertMagic(unit);
        this.#expect('header', headerLength);
        if (unit[0] === magicPrefix[0] && unit[1] === magicPrefix[1])
          return { type: 'magic', version: unit[3] as number };
        this.#hold(unit);
        return { type: 'magic', version: 0 };
      case 'header': {
        const length = readLength(unit);
        if (length > this.#maxMessageBytes) {
          throw new FramingFailure(
            `a message of ${length} bytes is announced, the limit is ${this.#maxMessageBytes}`,
          );
        }
        this.#expect('payload', length);
        return null;
      }
      case 'payload':
        this.#expect('header', headerLength);
        return { type: 'message', payload: unit };
    }
  }

  #expect(stage: 'header' | 'payload', bytes: number): void {
    this.#stage = stage;
    this.#wanted = bytes;
  }
}

/** One message with its header. */
export function encodeMessage(payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(headerLength + payload.length);
  bytes.writeBigUInt64LE(BigInt(payload.length));
  bytes.set(payload, headerLength);
  return bytes;
}

/** What a side says first: the magic and its identity; for version 0 the identity alone. */
export function encodeHello(version: number, identity: Uint8Array): Buffer {
  if (version === 0) return encodeMessage(identity);
  return Buffer.concat([Buffer.from([...magicPrefix, version]), encodeMessage(identity)]);
}

/** Of an identity, little-endian: 1 to 254 bytes, so that it is not taken for ZeroMQ. */
export function looksLikeLength(bytes: Uint8Array): boolean {
  const [first = 0, ...rest] = bytes.subarray(0, magicLength);
  return first > 0 && first < 0xff && rest.every((byte) => byte === 0);
}

function assertMagic(bytes: Uint8Array): void {
  if (magicPrefix.every((byte, at) => at >= bytes.length || bytes[at] === byte)) return;
  if (looksLikeLength(bytes)) return;
  const shown = Buffer.from(bytes.subarray(0, magicLength)).toString('hex');
  const guess = bytes[0] === 0xff ? ', which looks like ZeroMQ' : '';
  throw new FramingFailure(`the stream begins with ${shown}, not with a YMQ magic${guess}`);
}

/** Rounded above 2^53, far beyond any limit. */
function readLength(header: Uint8Array): number {
  return Number(new DataView(header.buffer, header.byteOffset, headerLength).getBigUint64(0, true));
}
