import { crc32 } from 'node:zlib';
import { Decoder, Encoder } from '@msgpack/msgpack';

/*
 * A frame: u32 LE length of the payload, u32 LE CRC-32 of those four bytes and the payload, payload (MessagePack).
 * The checksum covers the length, so that a damaged length selects no other payload and zeros are no frame.
 */

const headBytes = 8;

/** Bytes of the longest payload; a longer one is refused when writing and is damage when reading. */
export const longestPayload = 64 * 1024;

export interface FramesRead {
  records: unknown[];
  /** Where the last whole frame ends. */
  goodBytes: number;
  /** `torn`: the last write was cut short. `corrupt`: bytes that were written have changed. */
  tail: 'clean' | 'torn' | 'corrupt';
}

const encoder = new Encoder();
const decoder = new Decoder({
  maxArrayLength: 1024,
  maxMapLength: 1024,
  maxStrLength: longestPayload,
  maxBinLength: longestPayload,
});

/** The frame of a value. Throws a RangeError when its payload would be too long. */
export function encodeFrame(value: unknown): Uint8Array {
  const payload = encoder.encode(value);
  if (payload.length > longestPayload)
    throw new RangeError(`a journal record of ${payload.length} bytes, at most ${longestPayload}`);
  const frame = new Uint8Array(headBytes + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, payload.length, true);
  frame.set(payload, headBytes);
  view.setUint32(4, crc32(payload, crc32(frame.subarray(0, 4))), true);
  return frame;
}

type Whole = { payload: Uint8Array; end: number };

function frameAt(bytes: Uint8Array, view: DataView, at: number): Whole | null {
  if (bytes.length - at < headBytes) return null;
  const length = view.getUint32(at, true);
  const end = at + headBytes + length;
  if (length > longestPayload || end > bytes.length) return null;
  const payload = bytes.subarray(at + headBytes, end);
  const sum = crc32(payload, crc32(bytes.subarray(at, at + 4)));
  return sum === view.getUint32(at + 4, true) ? { payload, end } : null;
}

/** Whether the bytes after the last whole frame can be an unfinished write; in doubt they are `corrupt`. */
function tailAt(bytes: Uint8Array, view: DataView, at: number): FramesRead['tail'] {
  const left = bytes.length - at;
  if (left === 0) return 'clean';
  if (left < headBytes) return 'torn';
  // After a power cut a file system may show blocks that were allocated and never filled.
  if (bytes.subarray(at).every((byte) => byte === 0)) return 'torn';
  const length = view.getUint32(at, true);
  if (length > longestPayload || length <= left - headBytes) return 'corrupt';
  // The length points beyond the end. If a whole frame comes later, the length is wrong.
  for (let later = at + 1; later < bytes.length; later += 1)
    if (frameAt(bytes, view, later)) return 'corrupt';
  return 'torn';
}

/** Reads up to the first frame whose checksum is wrong. Never throws. */
export function readFrames(bytes: Uint8Array): FramesRead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: unknown[] = [];
  let at = 0;
  for (;;) {
    const frame = frameAt(bytes, view, at);
    if (!frame) return { records, goodBytes: at, tail: tailAt(bytes, view, at) };
    try {
      records.push(decoder.decode(frame.payload));
    } catch {
      return { records, goodBytes: at, tail: 'corrupt' };
    }
    at = frame.end;
  }
}
