import { Failure } from '../../shared/failure.ts';

/** The stream is not YMQ, or a message exceeds the limit. */
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
 * Parses one direction of a YMQ stream in chunks of any size: a magic, then messages, of which the first is the
 * sender's identity. Scaler before 2.0.2 sends no magic; such a stream is recognized by its first length, that of
 * the identity, and yields a magic of version 0. Buffers at most twice the received part of one message.
 */
export class YmqReader {
  readonly #maxMessageBytes: number;
  #stage: 'magic' | 'header' | 'payload' = 'magic';
  /** Bytes of the unit (magic, header or payload) that is being received. */
  #unitLength = magicLength;
  #buffer: Uint8Array = new Uint8Array(0);
  #bufferedLength = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Whether the stream is between two messages, where it may end. */
  get atBoundary(): boolean {
    return this.#stage === 'header' && this.#bufferedLength === 0;
  }

  /**
   * Yields the frames that the chunk completes. Iterate to the end before the next push. Payloads may share memory
   * with the chunk.
   * @throws FramingFailure; the reader must not be used afterwards
   */
  *push(chunk: Uint8Array): Generator<YmqFrame, void, undefined> {
    let position = 0;
    while (position < chunk.length || this.#unitLength === 0) {
      const missing = this.#unitLength - this.#bufferedLength;
      const taken = chunk.subarray(position, position + missing);
      position += taken.length;
      let unit = taken;
      if (taken.length < missing || this.#bufferedLength > 0) {
        this.#append(taken);
        this.#checkMagic();
        if (this.#bufferedLength < this.#unitLength) return;
        unit = this.#buffer.subarray(0, this.#unitLength);
        this.#buffer = new Uint8Array(0);
        this.#bufferedLength = 0;
      }
      const frame = this.#finishUnit(unit);
      if (frame) yield frame;
    }
  }

  /** The buffer grows with the received bytes, not with the length in the header. */
  #append(bytes: Uint8Array): void {
    const length = this.#bufferedLength + bytes.length;
    if (length > this.#buffer.length) {
      const capacity = Math.max(
        length,
        Math.min(this.#unitLength, Math.max(firstAllocation, length * 2)),
      );
      const grown = new Uint8Array(capacity);
      grown.set(this.#buffer.subarray(0, this.#bufferedLength));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#bufferedLength);
    this.#bufferedLength = length;
  }

  /** Checks an incomplete magic: a peer that uses another protocol may never send four bytes. */
  #checkMagic(): void {
    if (this.#stage === 'magic') assertMagic(this.#buffer.subarray(0, this.#bufferedLength));
  }

  #finishUnit(unit: Uint8Array): YmqFrame | null {
    switch (this.#stage) {
      case 'magic':
        assertMagic(unit);
        this.#expect('header', headerLength);
        if (unit[0] === magicPrefix[0] && unit[1] === magicPrefix[1])
          return { type: 'magic', version: unit[3] as number };
        this.#append(unit);
        return { type: 'magic', version: 0 };
      case 'header': {
        const length = readLength(unit);
        if (length > this.#maxMessageBytes) {
          throw new FramingFailure(
            `a header announces a message of ${length} bytes, the limit is ${this.#maxMessageBytes}`,
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
    this.#unitLength = bytes;
  }
}

/** One message with its header, the length as little-endian UInt64. */
export function encodeMessage(payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(headerLength + payload.length);
  bytes.writeBigUInt64LE(BigInt(payload.length));
  bytes.set(payload, headerLength);
  return bytes;
}

/** The first bytes of each side: magic and identity; for version 0 only the identity. */
export function encodeHello(version: number, identity: Uint8Array): Buffer {
  if (version === 0) return encodeMessage(identity);
  return Buffer.concat([Buffer.from([...magicPrefix, version]), encodeMessage(identity)]);
}

/** Whether the bytes can begin the length of an identity: 1 to 254, little-endian. 255 (ff) begins ZeroMQ's greeting. */
export function looksLikeLength(bytes: Uint8Array): boolean {
  const [first = 0, ...rest] = bytes.subarray(0, magicLength);
  return first > 0 && first < 0xff && rest.every((byte) => byte === 0);
}

function assertMagic(bytes: Uint8Array): void {
  if (magicPrefix.every((byte, index) => index >= bytes.length || bytes[index] === byte)) return;
  if (looksLikeLength(bytes)) return;
  const shown = Buffer.from(bytes.subarray(0, magicLength)).toString('hex');
  const hint = bytes[0] === 0xff ? ', which looks like ZeroMQ' : '';
  throw new FramingFailure(`the stream begins with ${shown}, not with a YMQ magic${hint}`);
}

/** Lengths above 2^53 are rounded; they exceed any limit. */
function readLength(header: Uint8Array): number {
  return Number(new DataView(header.buffer, header.byteOffset, headerLength).getBigUint64(0, true));
}
