import type { EventDefinition } from './events/definition.ts';
import { definitionOf, type EventName, events } from './events.ts';
import { pluralOf } from './sentence.ts';

/** The table of events as it stands in the README. */
export function eventsTable(): string {
  return table(
    ['Event', 'Level', 'Meaning'],
    names.map((name) => {
      const definition = definitionOf(name);
      return [`\`${name}\``, levelText(definition), meaningOf(definition)];
    }),
  );
}

/** What a person can do about each event that has a remedy, as it stands in the README: sign, cause, remedy. */
export function troubleshootingTable(): string {
  const rows = names.flatMap((name) => {
    const definition = definitionOf(name);
    const remedy = remedyText(definition);
    if (remedy === '') return [];
    const { sentence, explanation = '' } = definition;
    return [[`${readable(sentence)} \`${name}\``, explanation, remedy]];
  });
  return table(['Sign in the log', 'Cause, and what the daemon does', 'Remedy'], rows);
}

const names = Object.keys(events) as EventName[];

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, columns.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}

function meaningOf({ sentence, explanation }: EventDefinition): string {
  return [readable(sentence), explanation ?? ''].join(' ').trim();
}

function levelText({ level, except = [] }: EventDefinition): string {
  const others = except.map(({ level, field, when }) => {
    const values =
      'above' in when
        ? `is above ${when.above}`
        : `is ${when.oneOf.map((v) => `\`${v}\``).join(' or ')}`;
    return `; ${level} where \`${field}\` ${values}`;
  });
  return `${level}${others.join('')}`;
}

function remedyText({ remedy = '', remedies }: EventDefinition): string {
  const each = Object.entries(remedies?.of ?? {}).map(([value, text]) => `\`${value}\`: ${text}`);
  return [...each, remedy].join(' ').trim();
}

/** The sentence with the names of its fields in the place of their values. */
function readable(sentence: string): string {
  return sentence
    .replaceAll(/[[\]]/g, '')
    .replaceAll(/\{(\w+)(?: (\w+))?\}/g, (_, field: string, noun?: string) =>
      noun === undefined ? `\`${field}\`` : `\`${field}\` ${pluralOf(noun)}`,
    );
}
