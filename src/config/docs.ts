import { flagOf, type Key, keys, rowOf, variableOf } from './schema.ts';

const columns = ['Flag', 'Short', 'TOML key', 'Variable', 'Type', 'Default', 'Meaning'];

/** The README's table of settings. */
export function markdownTable(): string {
  return [columns, columns.map(() => '---'), ...keys.map(cells)]
    .map((row) => `| ${row.join(' | ')} |\n`)
    .join('');
}

function cells(key: Key): string[] {
  const { positional, short, flagOnly, readBySdk, type, help } = rowOf(key);
  const defaultValue = defaultText(key);
  return [
    positional ? `\`${key}\` (positional)` : `\`--${flagOf(key)}\``,
    short ? `\`-${short}\`` : '',
    flagOnly ? '' : `\`${key}\``,
    readBySdk ? `\`${readBySdk}\` (read by the AWS SDK)` : code(variableOf(key)),
    type.name,
    defaultValue === undefined
      ? '**required**'
      : rowOf(key).defaultText
        ? defaultValue
        : code(defaultValue),
    help,
  ].map((cell) => cell.replaceAll('|', '\\|'));
}

function code(text: string | null): string {
  return text === null ? '' : `\`${text}\``;
}

/** The default for the documentation; undefined if the setting is required. */
export function defaultText(key: Key): string | undefined {
  const row = rowOf(key);
  if (!row.default) return undefined;
  if (row.defaultText) return row.defaultText;
  const value = row.type.toToml(row.default() as NonNullable<unknown>);
  return value === '' || (Array.isArray(value) && value.length === 0) ? 'empty' : String(value);
}
