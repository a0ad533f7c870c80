import { stringify } from 'smol-toml';
import { hidePasswords } from './configFailure.ts';
import type { Loaded } from './load.ts';
import { type Key, keys, rowOf } from './schema.ts';

/** The effective settings as a TOML file that has the same effect, except for the masked secrets. */
export function showSettings(all: Loaded[]): string {
  return all.map(showOne).join('\n');
}

function showOne({ settings, config }: Loaded): string {
  const lines = keys
    .filter((key) => !rowOf(key).flagOnly)
    .map((key) => line(key, settings.values[key], settings.sources[key]));
  return [
    '[[worker_manager]]',
    'type = "aws_raw_ecs"',
    ...lines,
    `# this manager's state: ${JSON.stringify(config.stateDir)}`,
    '',
  ].join('\n');
}

function line(key: Key, value: unknown, source: string): string {
  if (value === null) return `# ${key} is not set`;
  const { secret, type } = rowOf(key);
  const shownValue = secret ? '***' : withoutPasswords(type.toToml(value as NonNullable<unknown>));
  return `${stringify({ [key]: shownValue }).trimEnd()}${source === 'default' ? '' : ` # ${source}`}`;
}

function withoutPasswords(value: unknown): unknown {
  if (typeof value === 'string') return hidePasswords(value);
  return Array.isArray(value) ? value.map(withoutPasswords) : value;
}
