/**
 * How a field lies in its struct: kind, place (bytes into the data section, bits for a bool, number of
 * the pointer for the rest) and what more the kind needs. Written by schema/generate.mjs.
 */
export type Place =
  | readonly ['bool' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'int64', number]
  | readonly ['enum', number, readonly string[]]
  | readonly ['text' | 'data' | 'datas', number]
  | readonly ['struct' | 'structs', number, Layout];

export interface Layout {
  readonly [field: string]: Place;
}

/** An enum's value; the name is null where a newer peer knows more values than we do. */
export interface Enumerant<Name extends string = string> {
  name: Name | null;
  value: number;
}

type Value<P> = P extends readonly ['bool', number]
  ? boolean
  : P extends readonly ['uint8' | 'uint16' | 'uint32', number]
    ? number
    : P extends readonly ['uint64' | 'int64' | 'text', number]
      ? string
      : P extends readonly ['data', number]
        ? Uint8Array
        : P extends readonly ['datas', number]
          ? Uint8Array[]
          : P extends readonly ['enum', number, readonly (infer Name extends string)[]]
            ? Enumerant<Name>
            : P extends readonly ['struct', number, infer L]
              ? Fields<L>
              : P extends readonly ['structs', number, infer L]
                ? Fields<L>[]
                : never;

/** A struct's values: 64-bit integers are decimal strings, Data is bytes (never to be written to). */
export type Fields<L> = { -readonly [Name in keyof L]: Value<L[Name]> };
