import { defaultText, flagOf, type Key, keys, rowOf, variableOf } from './schema.ts';

const columns = ['Flag', 'Short', 'TOML key', 'Variable', 'Type', 'Default', 'Meaning'];

/** The table of settings as it stands in the README. */
export const markdownTable = (): string =>
  [columns, columns.map(() => '---'), ...keys.map(cells)]
    .map((row) => `| ${row.join(' | ')} |\n`)
    .join('');

function cells(key: Key): string[] {
  const { positional, short, flagOnly, readBySdk, type, help } = rowOf(key);
  const standard = defaultText(key);
  return [
    positional ? `\`${key}\` (a bare word)` : `\`--${flagOf(key)}\``,
    short ? `\`-${short}\`` : '',
    flagOnly ? '' : `\`${key}\``,
    readBySdk ? `\`${readBySdk}\` (read by the AWS SDK)` : code(variableOf(key)),
    type.name,
    standard === undefined ? '**required**' : rowOf(key).defaultText ? standard : code(standard),
    help,
  ].map((cell) => cell.replaceAll('|', '\\|'));
}

const code = (text: string | null) => (text === null ? '' : `\`${text}\``);
