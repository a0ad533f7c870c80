import { ProtocolFailure } from './protocolFailure.ts';

/** Messages have a few hundred bytes; those of the monitor stream with tens of thousands of workers some MB. */
const MAX_FRAME_BYTES = 32 * 1024 * 1024;
const MAX_SEGMENTS = 512;

interface Segment {
  /** Offset in the frame, in bytes. */
  start: number;
  words: number;
}

/** The place of a struct: segment, offset of its first byte in the frame, number of data words and of pointers. */
export interface StructAt {
  segment: number;
  byte: number;
  dataWords: number;
  pointers: number;
}

/**
 * The place of a list. `element` is Cap'n Proto's element size code; `dataWords` and `pointers` are the size of one
 * struct for code 7, else 0.
 */
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
/** Bits of one element by size code; for structs (7) the list itself has the size. */
const ELEMENT_BITS = [0, 1, 8, 16, 32, 64, 64] as const;

/**
 * One encoded message. All pointers are followed here, and each target is checked against the bounds of its segment.
 * Nothing is copied or changed. Every step takes from a budget that depends on the length of the message, so that
 * pointers with the same target cannot make a small frame expensive to read.
 */
export class Frame {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #segments: readonly Segment[];
  #budget: number;

  /** Throws a ProtocolFailure if the segment table does not fit the length of the frame. */
  constructor(bytes: Uint8Array) {
    // Not a Buffer: its subarray and toString differ from those of a Uint8Array, which callers expect.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#segments = segmentTable(this.view);
    this.#budget = bytes.length / 2 + 1024;
  }

  /**
   * Takes words read and values created from the budget. Throws a ProtocolFailure when it is used up. The densest real
   * messages need three units per word; the budget is four.
   */
  spend(units: number): void {
    this.#budget -= units;
    if (this.#budget < 0)
      throw new ProtocolFailure('more content than a frame of this length can have');
  }

  /** The root struct; null if the root pointer is null. */
  root(): StructAt | null {
    return this.#struct(0, this.#start(0));
  }

  /** The target of pointer `index` of `parent`, a struct; null if the pointer is null or absent. */
  struct(parent: StructAt, index: number): StructAt | null {
    return index < parent.pointers
      ? this.#struct(parent.segment, pointerByte(parent, index))
      : null;
  }

  /** The target of pointer `index` of `parent`, a list; null if the pointer is null or absent. */
  list(parent: StructAt, index: number): ListAt | null {
    return index < parent.pointers ? this.#list(parent.segment, pointerByte(parent, index)) : null;
  }

  /** The target of element `index` of a list of pointers, a list; null if the pointer is null. */
  listIn(parent: ListAt, index: number): ListAt | null {
    return this.#list(parent.segment, parent.byte + index * 8);
  }

  #struct(segment: number, byte: number): StructAt | null {
    const target = this.#follow(segment, byte);
    if (!target) return null;
    if (target.kind !== STRUCT)
      throw new ProtocolFailure('a pointer to a struct has another target');
    const dataWords = target.size & 0xffff;
    const pointers = target.size >>> 16;
    this.#checkWithin(target.segment, target.byte, dataWords + pointers);
    return { segment: target.segment, byte: target.byte, dataWords, pointers };
  }

  #list(segment: number, byte: number): ListAt | null {
    const target = this.#follow(segment, byte);
    if (!target) return null;
    if (target.kind !== LIST) throw new ProtocolFailure('a pointer to a list has another target');
    const element = target.size & 7;
    const count = target.size >>> 3;
    const bits = ELEMENT_BITS[element];
    if (bits !== undefined) {
      this.#checkWithin(target.segment, target.byte, Math.ceil((count * bits) / 64));
      return {
        segment: target.segment,
        byte: target.byte,
        element,
        count,
        dataWords: 0,
        pointers: 0,
      };
    }
    // A list of structs: `count` is in words, and a tag word with count and size of the structs precedes them.
    this.#checkWithin(target.segment, target.byte, count + 1);
    const low = this.view.getUint32(target.byte, true);
    const size = this.view.getUint32(target.byte + 4, true);
    const dataWords = size & 0xffff;
    const pointers = size >>> 16;
    if ((low & 3) !== STRUCT) throw new ProtocolFailure('a list of structs has no tag word');
    if ((low >>> 2) * (dataWords + pointers) > count)
      throw new ProtocolFailure('a list of structs exceeds its words');
    return {
      segment: target.segment,
      byte: target.byte + 8,
      element,
      count: low >>> 2,
      dataWords,
      pointers,
    };
  }

  /** Follows the pointer at `byte`, including far pointers, to the first byte of its target. Null: a null pointer. */
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
    if ((low & 7) !== FAR)
      throw new ProtocolFailure('a double far pointer has no valid landing pad');
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

  /** Offset of a segment in the frame, in bytes. */
  #start(segment: number): number {
    const found = this.#segments[segment];
    if (!found) throw new ProtocolFailure('a pointer refers to a missing segment');
    return found.start;
  }

  /** Throws unless the words lie within the segment, and takes them from the budget. */
  #checkWithin(segment: number, byte: number, words: number): void {
    const { start, words: segmentWords } = this.#segments[segment] as Segment;
    if (byte < start || byte + words * 8 > start + segmentWords * 8)
      throw new ProtocolFailure('a pointer leaves its segment');
    this.spend(words);
  }
}

function pointerByte(parent: StructAt, index: number): number {
  return parent.byte + (parent.dataWords + index) * 8;
}

/** Element `index` of a list of structs. */
export function element(list: ListAt, index: number): StructAt {
  const { segment, byte, dataWords, pointers } = list;
  return { segment, byte: byte + index * (dataWords + pointers) * 8, dataWords, pointers };
}

/** Reads the segment table. The segments must end at the last byte of the frame. */
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
    throw new ProtocolFailure(
      `a frame of ${byteLength} bytes does not have the length of its segments`,
    );
  return segments;
}
