import type { CommandLineValues } from './arguments.ts';
import { ConfigFailure, InvalidValue } from './configFailure.ts';
import { type Key, keys, named, rowOf, type Values, variableOf } from './schema.ts';
import type { Entry } from './tomlFile.ts';

export type Environment = Record<string, string | undefined>;

/** The value of every setting, and where it came from. */
export interface Settings {
  values: Values;
  /** `default`, `flag`, the variable's name, or the place in the file. */
  sources: Record<Key, string>;
}

export interface Sources {
  given: CommandLineValues;
  env: Environment;
  entry: Entry | null;
  /** With `scaler-ecs config.toml` the file alone decides, except about the transport. */
  fromFileOnly: boolean;
}

/** Flag before variable before file before default; throws a ConfigFailure for the first bad value. */
export function resolveSettings(from: Sources): Settings {
  const values: Partial<Record<Key, unknown>> = {};
  const sources: Partial<Record<Key, string>> = {};
  const missing: Key[] = [];
  for (const key of keys) {
    const found = find(key, from);
    const standard = rowOf(key).default;
    if (found) values[key] = convert(key, found);
    else if (standard) values[key] = standard();
    else missing.push(key);
    sources[key] = found?.source ?? 'default';
  }
  if (missing.length > 0) {
    const place = from.fromFileOnly && from.entry ? `${from.entry.place}: ` : '';
    throw new ConfigFailure(`${place}missing: ${missing.map(named).join(', ')}`);
  }
  return { values: values as Values, sources: sources as Record<Key, string> };
}

interface Found {
  raw: unknown;
  source: string;
}

function find(key: Key, { given, env, entry, fromFileOnly }: Sources): Found | null {
  const fromFlag = given[key];
  if (fromFlag !== undefined) return { raw: fromFlag, source: 'flag' };
  const variable = variableOf(key);
  const mayRead = !fromFileOnly || rowOf(key).variableAlways;
  // An empty variable is how shells and compose files say "not set".
  if (variable && mayRead && env[variable]) return { raw: env[variable], source: variable };
  if (entry?.values.has(key)) return { raw: entry.values.get(key), source: entry.place };
  return null;
}

function convert(key: Key, { raw, source }: Found): unknown {
  const { type, check, secret } = rowOf(key);
  const place = source === 'flag' ? '' : ` in ${source}`;
  const refuse = (reason: string) => {
    const words = secret ? reason.replace(/, got .*$/s, '') : reason;
    return new ConfigFailure(`${named(key)}: ${words}${place}`);
  };
  let value: unknown;
  try {
    value = typeof raw === 'string' ? type.fromText(raw) : type.fromToml(raw);
  } catch (error) {
    throw error instanceof InvalidValue ? refuse(error.message) : error;
  }
  const complaint = check?.(value as NonNullable<unknown>);
  if (complaint) throw refuse(complaint);
  return value;
}
