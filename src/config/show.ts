import { stringify } from 'smol-toml';
import { hidePasswords } from './configFailure.ts';
import type { Loaded } from './load.ts';
import { type Key, keys, rowOf } from './schema.ts';

/** The effective settings as a TOML file that would give them again, secrets aside. */
export const showSettings = (all: Loaded[]): string => all.map(showOne).join('\n');

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
  const plain = secret ? '***' : clean(type.toToml(value as NonNullable<unknown>));
  return `${stringify({ [key]: plain }).trimEnd()}${source === 'default' ? '' : ` # ${source}`}`;
}

const clean = (value: unknown): unknown =>
  typeof value === 'string'
    ? hidePasswords(value)
    : Array.isArray(value)
      ? value.map(clean)
      : value;
