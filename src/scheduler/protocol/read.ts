import type { Fields, Layout, Place } from './fields.ts';
import {
  BYTES,
  element,
  type Frame,
  type ListAt,
  POINTERS,
  STRUCTS,
  type StructAt,
} from './frame.ts';
import { textOf } from './idText.ts';
import { ProtocolFailure } from './protocolFailure.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * Reads the fields of a struct that are in the layout. A field that the struct does not have, because it is null or
 * written by an older schema, gets its default. Throws a ProtocolFailure.
 */
export function readStruct<L extends Layout>(
  frame: Frame,
  at: StructAt | null,
  layout: L,
): Fields<L> {
  const names = Object.keys(layout);
  frame.spend(names.length);
  const values: Record<string, unknown> = {};
  for (const name of names) values[name] = readField(frame, at, layout[name] as Place);
  return values as Fields<L>;
}

function readField(frame: Frame, at: StructAt | null, place: Place): unknown {
  const [kind, where] = place;
  switch (kind) {
    case 'bool':
      return bitAt(frame, at, where);
    case 'uint8':
      return has(at, where + 1) ? byteAt(frame, at, where) : 0;
    case 'uint16':
      return has(at, where + 2) ? frame.view.getUint16(at.byte + where, true) : 0;
    case 'uint32':
      return numberAt(frame, at, where);
    case 'uint64':
      return has(at, where + 8) ? String(frame.view.getBigUint64(at.byte + where, true)) : '0';
    case 'int64':
      return has(at, where + 8) ? String(frame.view.getBigInt64(at.byte + where, true)) : '0';
    case 'enum': {
      const value = has(at, where + 2) ? frame.view.getUint16(at.byte + where, true) : 0;
      return { name: place[2][value] ?? null, value };
    }
    case 'text':
      return text(frame, at && frame.list(at, where));
    case 'data':
      return data(frame, at && frame.list(at, where));
    case 'datas': {
      const list = at && ofKind(POINTERS, frame.list(at, where));
      return items(frame, list, (i) => data(frame, frame.listIn(list as ListAt, i)));
    }
    case 'struct':
      return readStruct(frame, at && frame.struct(at, where), place[2]);
    case 'structs': {
      const list = at && ofKind(STRUCTS, frame.list(at, where));
      return items(frame, list, (i) => readStruct(frame, element(list as ListAt, i), place[2]));
    }
  }
}

/** The UInt32 at a place of a struct. */
export function numberAt(frame: Frame, at: StructAt | null, where: number): number {
  return has(at, where + 4) ? frame.view.getUint32(at.byte + where, true) : 0;
}

/** The Bool at a place of a struct. */
export function bitAt(frame: Frame, at: StructAt | null, where: number): boolean {
  return has(at, (where >> 3) + 1) && ((byteAt(frame, at, where >> 3) >> (where & 7)) & 1) === 1;
}

/** Whether the data section has at least this many bytes. */
function has(at: StructAt | null, bytes: number): at is StructAt {
  return at !== null && bytes <= at.dataWords * 8;
}

function byteAt(frame: Frame, at: StructAt, where: number): number {
  return frame.bytes[at.byte + where] as number;
}

function items<T>(frame: Frame, list: ListAt | null, read: (index: number) => T): T[] {
  const result: T[] = [];
  if (list) {
    // Before the first element: a list of any number of elements of size zero has no words.
    frame.spend(list.count);
    for (let i = 0; i < list.count; i++) result.push(read(i));
  }
  return result;
}

export function ofKind(element: number, list: ListAt | null): ListAt | null {
  if (list && list.element !== element)
    throw new ProtocolFailure('a list with another element size');
  return list;
}

/** The bytes of a list of bytes. */
export function data(frame: Frame, list: ListAt | null): Uint8Array {
  if (!ofKind(BYTES, list) || list?.count === 0) return NO_BYTES;
  const { byte, count } = list as ListAt;
  // The created Uint8Array takes more memory than the words it refers to.
  frame.spend(4);
  return frame.bytes.subarray(byte, byte + count);
}

function text(frame: Frame, list: ListAt | null): string {
  const bytes = data(frame, list);
  if (bytes.length === 0) {
    if (list) throw new ProtocolFailure('a text without its terminating zero byte');
    return '';
  }
  if (bytes[bytes.length - 1] !== 0)
    throw new ProtocolFailure('a text without its terminating zero byte');
  const text = textOf(bytes.subarray(0, -1));
  if (text === null) throw new ProtocolFailure('a text that is not valid UTF-8');
  return text;
}
