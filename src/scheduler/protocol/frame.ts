import { ProtocolFailure } from './failure.ts';

/** A message is a few hundred bytes; a monitor's with tens of thousands of workers some megabytes. */
const MAX_FRAME_BYTES = 32 * 1024 * 1024;
const MAX_SEGMENTS = 512;

interface Segment {
  /** Where it begins in the frame, in bytes. */
  start: number;
  words: number;
}

/** Where a struct lies: segment, first byte in the frame, data words, pointers. */
export interface StructAt {
  segment: number;
  byte: number;
  dataWords: number;
  pointers: number;
}

/** Where a list lies; `element` is Cap'n Proto's element size code, `each` the struct size for code 7. */
export interface ListAt {
  segment: number;
  byte: number;
  element: number;
  count: number;
  dataWords: number;
  pointers: number;
}

const STRUCT = 0;
const LIST = 1;
const FAR = 2;
export const BYTES = 2;
export const POINTERS = 6;
export const STRUCTS = 7;
/** Bits of one element by size code; structs have their own size. */
const ELEMENT_BITS = [0, 1, 8, 16, 32, 64, 64] as const;

/**
 * The words of one message and the only way along its pointers: each target is checked against its segment
 * before anyone looks at it. Nothing is copied and nothing is written. Every step takes from an allowance made
 * out of the message's length, so that pointers which share a target cannot turn a small frame into much work.
 */
export class Frame {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #segments: readonly Segment[];
  #budget: number;

  /** Throws ProtocolFailure when the segment table and the length of the frame disagree. */
  constructor(bytes: Uint8Array) {
    // A Buffer is a Uint8Array with other manners; what is handed out should have none of them.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#segments = segmentTable(this.view);
    this.#budget = bytes.length / 2 + 1024;
  }

  /** Takes words read and values made from the allowance. The densest real messages need three a word; four are given. */
  spend(units: number): void {
    this.#budget -= units;
    if (this.#budget < 0) throw new ProtocolFailure('more content than the frame has room for');
  }

  root(): StructAt | null {
    return this.#struct(0, this.#start(0));
  }

  /** The struct behind pointer `index` of `parent`; null where there is none. */
  struct(parent: StructAt, index: number): StructAt | null {
    return index < parent.pointers
      ? this.#struct(parent.segment, pointerByte(parent, index))
      : null;
  }

  /** The list behind pointer `index` of `parent`; null where there is none. */
  list(parent: StructAt, index: number): ListAt | null {
    return index < parent.pointers ? this.#list(parent.segment, pointerByte(parent, index)) : null;
  }

  /** The list behind element `index` of a list of pointers. */
  listIn(parent: ListAt, index: number): ListAt | null {
    return this.#list(parent.segment, parent.byte + index * 8);
  }

  #struct(segment: number, byte: number): StructAt | null {
    const found = this.#follow(segment, byte);
    if (!found) return null;
    if (found.kind !== STRUCT)
      throw new ProtocolFailure('a pointer to a struct points to something else');
    const dataWords = found.size & 0xffff;
    const pointers = found.size >>> 16;
    this.#checkWithin(found.segment, found.byte, dataWords + pointers);
    return { segment: found.segment, byte: found.byte, dataWords, pointers };
  }

  #list(segment: number, byte: number): ListAt | null {
    const found = this.#follow(segment, byte);
    if (!found) return null;
    if (found.kind !== LIST)
      throw new ProtocolFailure('a pointer to a list points to something else');
    const element = found.size & 7;
    const count = found.size >>> 3;
    const bits = ELEMENT_BITS[element];
    if (bits !== undefined) {
      this.#checkWithin(found.segment, found.byte, Math.ceil((count * bits) / 64));
      return {
        segment: found.segment,
        byte: found.byte,
        element,
        count,
        dataWords: 0,
        pointers: 0,
      };
    }
    // A list of structs: `count` is in words, and a word with the struct's size stands before them.
    this.#checkWithin(found.segment, found.byte, count + 1);
    const low = this.view.getUint32(found.byte, true);
    const size = this.view.getUint32(found.byte + 4, true);
    const dataWords = size & 0xffff;
    const pointers = size >>> 16;
    if ((low & 3) !== STRUCT) throw new ProtocolFailure('a list of structs has no struct size');
    if ((low >>> 2) * (dataWords + pointers) > count)
      throw new ProtocolFailure('a list of structs is longer than its words');
    return {
      segment: found.segment,
      byte: found.byte + 8,
      element,
      count: low >>> 2,
      dataWords,
      pointers,
    };
  }

  /** Follows the pointer at `byte`, over far pointers where there are any, to the first byte of its target. */
  #follow(segment: number, byte: number) {
    const { view } = this;
    let low = view.getUint32(byte, true);
    let size = view.getUint32(byte + 4, true);
    if (low === 0 && size === 0) return null;
    this.spend(1);
    if ((low & 3) !== FAR) return { kind: low & 3, size, segment, byte: byte + 8 + (low >> 2) * 8 };

    const pad = this.#start(size) + (low >>> 3) * 8;
    const padSegment = size;
    const double = (low & 4) !== 0;
    this.#checkWithin(padSegment, pad, double ? 2 : 1);
    low = view.getUint32(pad, true);
    size = view.getUint32(pad + 4, true);
    if (!double) {
      if ((low & 3) === FAR) throw new ProtocolFailure('a far pointer points to a far pointer');
      return { kind: low & 3, size, segment: padSegment, byte: pad + 8 + (low >> 2) * 8 };
    }
    if ((low & 7) !== FAR) throw new ProtocolFailure('a double far pointer leads nowhere');
    const content = this.#start(size) + (low >>> 3) * 8;
    const contentSegment = size;
    low = view.getUint32(pad + 8, true);
    if (low >>> 2 !== 0 || (low & 3) === FAR)
      throw new ProtocolFailure('a double far pointer has a bad tag');
    return {
      kind: low & 3,
      size: view.getUint32(pad + 12, true),
      segment: contentSegment,
      byte: content,
    };
  }

  #start(segment: number): number {
    const found = this.#segments[segment];
    if (!found) throw new ProtocolFailure('a pointer names a segment that is not there');
    return found.start;
  }

  #checkWithin(segment: number, byte: number, words: number): void {
    const { start, words: room } = this.#segments[segment] as Segment;
    if (byte < start || byte + words * 8 > start + room * 8)
      throw new ProtocolFailure('a pointer leaves its segment');
    this.spend(words);
  }
}

function pointerByte(parent: StructAt, index: number): number {
  return parent.byte + (parent.dataWords + index) * 8;
}

/** The struct that is element `index` of a list of structs. */
export function element(list: ListAt, index: number): StructAt {
  const { segment, byte, dataWords, pointers } = list;
  return { segment, byte: byte + index * (dataWords + pointers) * 8, dataWords, pointers };
}

/** Reads the segment table; the segments must fill the frame to its last byte. */
function segmentTable(view: DataView): Segment[] {
  const { byteLength } = view;
  if (byteLength > MAX_FRAME_BYTES) throw new ProtocolFailure('a frame of more than 32 MiB');
  if (byteLength < 16 || byteLength % 8 !== 0)
    throw new ProtocolFailure(`a frame of ${byteLength} bytes is not a whole message`);
  const count = view.getUint32(0, true) + 1;
  const header = Math.ceil((4 + count * 4) / 8) * 8;
  if (count > MAX_SEGMENTS || header > byteLength)
    throw new ProtocolFailure(`a frame of ${byteLength} bytes cannot have ${count} segments`);
  const segments: Segment[] = [];
  let start = header;
  for (let i = 0; i < count; i++) {
    const words = view.getUint32(4 + i * 4, true);
    segments.push({ start, words });
    start += words * 8;
  }
  if (start !== byteLength || segments[0]?.words === 0)
    throw new ProtocolFailure(`a frame of ${byteLength} bytes is not as long as its segments`);
  return segments;
}
