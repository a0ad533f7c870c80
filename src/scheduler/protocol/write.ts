import {
  Message as Arena,
  type Data,
  type List,
  ListElementSize,
  ObjectSize,
  type Pointer,
  type Struct,
  type StructCtor,
  utils,
} from 'capnp-es';
import { ProtocolFailure } from './failure.ts';
import type { Enumerant, Fields, Layout, Place } from './fields.ts';
import { Message } from './schema/common.ts';

/** A generated class: setters and `_init` methods by the layout's field names. */
type Generated = Struct & Record<string, unknown>;

/**
 * One whole message. Objects are allocated as Scaler's own encoder does, struct first, then its pointers in
 * order and depth first, so that equal values become equal bytes. A field that is absent stays null or zero.
 */
export function writeMessage<L extends Layout>(
  variant: number,
  Body: StructCtor<Struct>,
  layout: L,
  fields: Partial<Fields<L>>,
): Uint8Array {
  const arena = new Arena();
  const root = arena.initRoot(Message);
  root.variant = variant;
  if (Object.keys(layout).length === 0) {
    // The library would write an empty struct as null; the schedulers' own form is a pointer to itself.
    utils.setStructPointer(-1, new ObjectSize(0, 0), utils.getPointer(0, root));
  } else {
    writeStruct(utils.initStructAt(0, Body, root) as Generated, layout, fields);
  }
  return new Uint8Array(arena.toArrayBuffer());
}

function writeStruct(target: Generated, layout: Layout, fields: Record<string, unknown>): void {
  for (const [name, place] of Object.entries(layout)) {
    const value = fields[name];
    if (value !== undefined) writeField(target, name, place, value);
  }
}

function writeField(target: Generated, name: string, place: Place, value: unknown): void {
  const init = (length?: number) => {
    const method = target[`_init${name.slice(0, 1).toUpperCase()}${name.slice(1)}`];
    return (method as (length?: number) => unknown).call(target, length);
  };
  switch (place[0]) {
    case 'bool':
    case 'text':
      target[name] = value;
      return;
    case 'uint8':
    case 'uint16':
    case 'uint32':
      target[name] = unsigned(name, value as number, 2 ** Number(place[0].slice(4)));
      return;
    case 'uint64':
      target[name] = integer(name, value as string, 0n, 2n ** 64n);
      return;
    case 'int64':
      target[name] = integer(name, value as string, -(2n ** 63n), 2n ** 63n);
      return;
    case 'enum':
      target[name] = unsigned(name, (value as Enumerant).value, place[2].length);
      return;
    case 'data':
      (init((value as Uint8Array).length) as Data).copyBuffer(value as Uint8Array);
      return;
    case 'datas': {
      const items = value as Uint8Array[];
      const list = init(items.length) as List<Data>;
      items.forEach((item, i) => {
        writeData(list.get(i), item);
      });
      return;
    }
    case 'struct':
      writeStruct(init() as Generated, place[2], value as Record<string, unknown>);
      return;
    case 'structs': {
      const items = value as Record<string, unknown>[];
      const list = init(items.length) as List<Generated>;
      items.forEach((item, i) => {
        writeStruct(list.get(i), place[2], item);
      });
    }
  }
}

/** The library has a way to make Data in a struct, none to make it in a list. */
function writeData(target: Pointer, bytes: Uint8Array): void {
  const content = target.segment.allocate(bytes.length);
  new Uint8Array(content.segment.buffer, content.byteOffset, bytes.length).set(bytes);
  const { offsetWords, pointer } = utils.initPointer(content.segment, content.byteOffset, target);
  utils.setListPointer(offsetWords, ListElementSize.BYTE, bytes.length, pointer);
}

function unsigned(name: string, value: number, end: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= end)
    throw new ProtocolFailure(`${name}: ${value} is not an integer from 0 to ${end - 1}`);
  return value;
}

function integer(name: string, text: string, least: bigint, end: bigint): bigint {
  const value = /^-?\d{1,20}$/.test(text) ? BigInt(text) : end;
  if (value < least || value >= end)
    throw new ProtocolFailure(`${name}: ${text} is not an integer from ${least} to ${end - 1n}`);
  return value;
}
