import type { CommandLineValues } from './arguments.ts';
import { ConfigFailure, InvalidValue } from './configFailure.ts';
import { nearestFargateSize } from './fargate.ts';
import { type Key, keys, named, rowOf, type Values, variableOf } from './schema.ts';
import type { Entry } from './tomlFile.ts';

export type Environment = Record<string, string | undefined>;

/** The value of every setting and its source. */
export interface Settings {
  values: Values;
  /** `default`, `flag`, the variable's name, or the place in the configuration file. */
  sources: Record<Key, string>;
}

export interface Sources {
  given: CommandLineValues;
  env: Environment;
  entry: Entry | null;
  /** Set for `scaler-ecs config.toml`: variables are ignored, except that of network_backend. */
  fromFileOnly: boolean;
}

/**
 * Takes each value from the flag, else the variable, else the file, else the default. Throws a ConfigFailure for the
 * first invalid value, or for all missing ones together.
 */
export function resolveSettings(from: Sources): Settings {
  const values: Partial<Record<Key, unknown>> = {};
  const sources: Partial<Record<Key, string>> = {};
  const missing: Key[] = [];
  for (const key of keys) {
    const found = find(key, from);
    const defaultOf = rowOf(key).default;
    if (found) values[key] = convert(key, found, () => hintFor(key, found, from));
    else if (defaultOf) values[key] = defaultOf();
    else missing.push(key);
    sources[key] = found?.source ?? 'default';
  }
  if (missing.length > 0) {
    const place = from.fromFileOnly && from.entry ? `${from.entry.place}: ` : '';
    throw new ConfigFailure(`${place}missing: ${missing.map(named).join(', ')}`, {
      remedy: 'give the settings that are named, by flag, TOML or variable',
    });
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
  // Shells and compose files set a variable to the empty string for "not set".
  if (variable && mayRead && env[variable]) return { raw: env[variable], source: variable };
  if (entry?.values.has(key)) return { raw: entry.values.get(key), source: entry.place };
  return null;
}

function hintFor(key: Key, found: Found, from: Sources): string {
  return key === 'scheduler_address' ? fileHint(found) : fargateHint(key, from);
}

/** For a path in the place of the scheduler's address, how a file is run; else empty. */
function fileHint({ raw, source }: Found): string {
  if (source !== 'flag' || typeof raw !== 'string' || !/\.toml$|\//i.test(raw)) return '';
  return raw.includes('://') ? '' : `; for a file: scaler-ecs ${raw}, or run --config ${raw}`;
}

/** For a size that is no integer, the nearest one that Fargate has; else empty. */
function fargateHint(key: Key, from: Sources): string {
  if (key !== 'ecs_task_cpu' && key !== 'ecs_task_memory') return '';
  const numberOf = (of: Key): number => {
    const raw = find(of, from)?.raw ?? rowOf(of).default?.();
    return typeof raw === 'boolean' || raw === '' ? Number.NaN : Number(raw);
  };
  const size = { cpu: numberOf('ecs_task_cpu'), memory: numberOf('ecs_task_memory') };
  if (!(size.cpu > 0 && size.memory > 0)) return '';
  const { cpu, memory } = nearestFargateSize(size);
  return `; the nearest pair is ${cpu} vCPU with ${memory} GB, because a worker takes a whole vCPU`;
}

/** The validated value. A failure names the setting and the source, and never quotes a secret. */
function convert(key: Key, { raw, source }: Found, hint: () => string): unknown {
  const { type, check, secret } = rowOf(key);
  const place = source === 'flag' ? '' : ` in ${source}`;
  const failure = (reason: string) => {
    const shownReason = secret ? reason.replace(/, got .*$/s, '') : reason;
    return new ConfigFailure(`${named(key)}: ${shownReason}${place}`);
  };
  let value: unknown;
  try {
    value = typeof raw === 'string' ? type.fromText(raw) : type.fromToml(raw);
  } catch (error) {
    throw error instanceof InvalidValue ? failure(`${error.message}${hint()}`) : error;
  }
  const reason = check?.(value as NonNullable<unknown>);
  if (reason) throw failure(reason);
  return value;
}
