import type { Capability } from '../../machines/shared/domain.ts';
import { type Address, AddressFailure, parseAddress } from '../shared/address.ts';
import { InvalidValue, shown } from './configFailure.ts';

/** How one kind of value is read from text (flag, variable, TOML string) and from TOML's own types. */
export interface ValueType<T> {
  /** As the documentation calls it. */
  name: string;
  /** What follows the flag: one word, any number of words, nothing. */
  arity: 'one' | 'many' | 'none';
  /** Throws InvalidValue. */
  fromText(text: string): T;
  /** A TOML value that is not a string; integers arrive as bigint. Throws InvalidValue. */
  fromToml(value: unknown): T;
  /** For display: what could stand in a TOML file. */
  toToml(value: T): unknown;
}

const only =
  (what: string) =>
  (value: unknown): never => {
    throw new InvalidValue(`must be ${what}, got ${shown(value)}`);
  };

/** What can end up in the environment of a process; the kernel ends it at a NUL. */
function plain(text: string): string {
  if (text.includes('\0'))
    throw new InvalidValue(`must not contain a NUL character, got ${shown(text)}`);
  return text;
}

export const text: ValueType<string> = {
  name: 'string',
  arity: 'one',
  fromText: plain,
  fromToml: only('a string in quotes'),
  toToml: (value) => value,
};

/** As Python reads one: signs, underscores between digits, blanks around. */
const integerText = /^\s*([+-]?\d+(?:_\d+)*)\s*$/;

/** A whole number from `least` to `most`; `rule` completes "must be". */
export const integer = (rule: string, least: number, most = Number.MAX_SAFE_INTEGER) => {
  const within = (value: number, given: unknown): number => {
    if (value < least) throw new InvalidValue(`must be ${rule}, got ${shown(given)}`);
    if (value > most) throw new InvalidValue(`must be at most ${most}, got ${shown(given)}`);
    return value;
  };
  const type: ValueType<number> = {
    name: 'int',
    arity: 'one',
    fromText(given) {
      const digits = integerText.exec(given)?.[1];
      if (digits === undefined) throw new InvalidValue(`must be ${rule}, got ${shown(given)}`);
      return within(Number(digits.replaceAll('_', '')), given);
    },
    fromToml: (value) =>
      typeof value === 'bigint' ? within(Number(value), value) : only(rule)(value),
    toToml: (value) => value,
  };
  return type;
};

export const flag: ValueType<boolean> = {
  name: 'switch',
  arity: 'none',
  fromText(given) {
    const lower = given.toLowerCase();
    if (lower !== 'true' && lower !== 'false') only('true or false')(given);
    return lower === 'true';
  },
  fromToml: (value) => (typeof value === 'boolean' ? value : only('true or false')(value)),
  toToml: (value) => value,
};

/** One of some words; `also` maps other spellings to them. */
export const choice = <const T extends string>(
  words: readonly T[],
  also: Record<string, T> = {},
) => {
  const type: ValueType<T> = {
    name: words.join(' / '),
    arity: 'one',
    fromText: (given) =>
      words.find((word) => word === given) ??
      (Object.hasOwn(also, given) ? also[given]! : only(`one of ${words.join(', ')}`)(given)),
    fromToml: only(`one of ${words.join(', ')}`),
    toToml: (value) => value,
  };
  return type;
};

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
  fromToml: only('an address in quotes, like "tcp://127.0.0.1:8516"'),
  toToml: (value) => value.text,
};

const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? value.map(plain)
    : only('a string or an array of strings')(value);

/** Comma-separated; empty items mean nothing. */
export const list: ValueType<string[]> = {
  name: 'list',
  arity: 'one',
  fromText: (given) => items(plain(given).split(',')),
  fromToml: (value) => items(stringsOf(value)),
  toToml: (value) => value,
};

const items = (words: string[]) => words.map((word) => word.trim()).filter((word) => word !== '');

/** Any number of words; a single text is one word, whatever is in it. */
export const strings: ValueType<string[]> = {
  name: 'strings',
  arity: 'many',
  fromText: (given) => [plain(given)],
  fromToml: stringsOf,
  toToml: (value) => value,
};

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/** `name` or `name=integer`, comma-separated; no value means -1, a name given twice keeps its last value. */
export const capabilities: ValueType<Capability[]> = {
  name: 'name[=int],…',
  arity: 'one',
  fromText: (given) => capabilitiesOf(given === '' ? [] : plain(given).split(',')),
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
  if (value < int64.least || value > int64.most) {
    throw new InvalidValue(`capability ${shown(name)} must fit 64 bits, got ${shown(given)}`);
  }
  return value.toString();
}
