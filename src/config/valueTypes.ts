import type { Capability } from '../../machines/shared/domain.ts';
import { type Address, AddressFailure, parseAddress } from '../shared/address.ts';
import { InvalidValue, shown } from './configFailure.ts';

/** Reads one type of value from text (flag, variable, TOML string) and from TOML's own types. */
export interface ValueType<T> {
  /** The name in the documentation. */
  name: string;
  /** All values, where there are few. */
  choices?: readonly string[];
  /** How many arguments follow the flag: one, any number, or none. */
  arity: 'one' | 'many' | 'none';
  /** Throws an InvalidValue. */
  fromText(text: string): T;
  /** Reads a TOML value that is not a string; integers are bigint. Throws an InvalidValue. */
  fromToml(value: unknown): T;
  /** The value for a TOML file. */
  toToml(value: T): unknown;
}

/** Returns a function that throws the InvalidValue "must be `what`, got ...". */
function rejectUnless(what: string): (value: unknown) => never {
  return (value) => {
    throw new InvalidValue(`must be ${what}, got ${shown(value)}`);
  };
}

/** Throws for a NUL character, at which the kernel would cut an environment variable or an argument. */
function withoutNul(text: string): string {
  if (text.includes('\0'))
    throw new InvalidValue(`must not contain a NUL character, got ${shown(text)}`);
  return text;
}

export const text: ValueType<string> = {
  name: 'string',
  arity: 'one',
  fromText: withoutNul,
  fromToml: rejectUnless('a string in quotes'),
  toToml: (value) => value,
};

/** An integer as Python reads it: with a sign, underscores between digits and blanks around it. */
const integerText = /^\s*([+-]?\d+(?:_\d+)*)\s*$/;

/** An integer from `min` to `max`. `rule` completes the message "must be ...". */
export function integer(rule: string, min: number, max = Number.MAX_SAFE_INTEGER) {
  const within = (value: number, given: unknown): number => {
    if (value < min) throw new InvalidValue(`must be ${rule}, got ${shown(given)}`);
    if (value > max)
      throw new InvalidValue(`must be a whole number of at most ${max}, got ${shown(given)}`);
    return value;
  };
  const type: ValueType<number> = {
    name: 'int',
    arity: 'one',
    fromText(given) {
      const digits = integerText.exec(given)?.[1];
      // Such as 1e30, which Python does not read as an integer either.
      if (digits === undefined && Number(given) > max) within(Number(given), given);
      if (digits === undefined) throw new InvalidValue(`must be ${rule}, got ${shown(given)}`);
      return within(Number(digits.replaceAll('_', '')), given);
    },
    fromToml: (value) =>
      typeof value === 'bigint' || (typeof value === 'number' && value > max)
        ? within(Number(value), value)
        : rejectUnless(rule)(value),
    toToml: (value) => value,
  };
  return type;
}

/** A decimal number as Python reads it, but finite. */
const decimalText =
  /^\s*([+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?)\s*$/i;

/** A number from `min` to `max`, with or without a fraction. `rule` completes the message "must be ...". */
export function decimal(rule: string, min: number, max = Number.MAX_SAFE_INTEGER) {
  const within = (value: number, given: unknown): number => {
    if (!(value >= min)) throw new InvalidValue(`must be ${rule}, got ${shown(given)}`);
    if (value > max) throw new InvalidValue(`must be at most ${max}, got ${shown(given)}`);
    return value;
  };
  const type: ValueType<number> = {
    name: 'float',
    arity: 'one',
    fromText(given) {
      const digits = decimalText.exec(given)?.[1];
      if (digits === undefined) throw new InvalidValue(`must be ${rule}, got ${shown(given)}`);
      return within(Number(digits.replaceAll('_', '')), given);
    },
    fromToml: (value) =>
      typeof value === 'bigint' || typeof value === 'number'
        ? within(Number(value), value)
        : rejectUnless(rule)(value),
    toToml: (value) => value,
  };
  return type;
}

export const flag: ValueType<boolean> = {
  name: 'switch',
  arity: 'none',
  fromText(given) {
    const lower = given.toLowerCase();
    if (lower !== 'true' && lower !== 'false') rejectUnless('true or false')(given);
    return lower === 'true';
  },
  fromToml: (value) => (typeof value === 'boolean' ? value : rejectUnless('true or false')(value)),
  toToml: (value) => value,
};

/** One of several words, in upper or lower case; `aliases` maps other spellings to them. */
export function choice<const T extends string>(
  words: readonly T[],
  aliases: Record<string, T> = {},
) {
  const all: [string, T][] = [
    ...words.map((word): [string, T] => [word, word]),
    ...Object.entries(aliases),
  ];
  const spellings = new Map(all.map(([spelling, word]) => [spelling.toLowerCase(), word]));
  const type: ValueType<T> = {
    name: words.join(' / '),
    choices: words,
    arity: 'one',
    fromText: (given) =>
      spellings.get(given.toLowerCase()) ?? rejectUnless(`one of ${words.join(', ')}`)(given),
    fromToml: rejectUnless(`one of ${words.join(', ')}`),
    toToml: (value) => value,
  };
  return type;
}

/** A level of Python's logging, by either of its names. */
export const level = choice(['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG'], {
  WARN: 'WARNING',
  FATAL: 'CRITICAL',
});

export const address: ValueType<Address> = {
  name: 'address',
  arity: 'one',
  fromText(given) {
    try {
      return parseAddress(given);
    } catch (error) {
      if (error instanceof AddressFailure) throw new InvalidValue(error.message);
      throw error;
    }
  },
  fromToml: rejectUnless('an address in quotes, like "tcp://127.0.0.1:8516"'),
  toToml: (value) => value.text,
};

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? value.map(withoutNul)
    : rejectUnless('a string or an array of strings')(value);
}

/** A comma-separated list; empty items are ignored. */
export const list: ValueType<string[]> = {
  name: 'list',
  arity: 'one',
  fromText: (given) => items(withoutNul(given).split(',')),
  fromToml: (value) => items(stringsOf(value)),
  toToml: (value) => value,
};

function items(words: string[]): string[] {
  return words.map((word) => word.trim()).filter((word) => word !== '');
}

/** Any number of arguments; a text is one item, even if it contains commas. */
export const strings: ValueType<string[]> = {
  name: 'strings',
  arity: 'many',
  fromText: (given) => [withoutNul(given)],
  fromToml: stringsOf,
  toToml: (value) => value,
};

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** `name` or `name=integer`, comma-separated. The default value is -1; of two equal names the last applies. */
export const capabilities: ValueType<Capability[]> = {
  name: 'name[=int],…',
  arity: 'one',
  fromText: (given) => capabilitiesOf(given === '' ? [] : withoutNul(given).split(',')),
  fromToml: (value) => capabilitiesOf(stringsOf(value)),
  toToml: (value) =>
    value.map(({ name, value }) => (value === '-1' ? name : `${name}=${value}`)).join(','),
};

function capabilitiesOf(given: string[]): Capability[] {
  const values = new Map<string, string>();
  for (const item of given) {
    const equals = item.indexOf('=');
    const name = (equals < 0 ? item : item.slice(0, equals)).trim();
    if (name === '') throw new InvalidValue(`a capability needs a name, got ${shown(item)}`);
    values.set(name, equals < 0 ? '-1' : int64Text(name, item.slice(equals + 1)));
  }
  return [...values].map(([name, value]) => ({ name, value }));
}

function int64Text(name: string, given: string): string {
  const digits = integerText.exec(given)?.[1]?.replaceAll('_', '').replace(/^\+/, '');
  if (digits === undefined) {
    throw new InvalidValue(`capability ${shown(name)} must have an integer, got ${shown(given)}`);
  }
  const value = BigInt(digits);
  if (value < int64.min || value > int64.max) {
    throw new InvalidValue(`capability ${shown(name)} must fit 64 bits, got ${shown(given)}`);
  }
  return value.toString();
}
