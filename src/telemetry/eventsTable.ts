import type { EventDefinition } from './events/definition.ts';
import { definitionOf, type EventName, events } from './events.ts';

const columns = ['Event', 'Level', 'Meaning', 'Remedy'];

/** The table of events as it stands in the README. */
export function eventsTable(): string {
  const rows = (Object.keys(events) as EventName[]).map((name) => cells(name));
  return [columns, columns.map(() => '---'), ...rows]
    .map((row) => `| ${row.join(' | ')} |\n`)
    .join('');
}

function cells(name: EventName): string[] {
  const definition = definitionOf(name);
  const { sentence, explanation } = definition;
  return [
    `\`${name}\``,
    levelText(definition),
    [readable(sentence), explanation ?? ''].join(' ').trim(),
    remedyText(definition),
  ].map((cell) => cell.replaceAll('|', '\\|'));
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
      noun === undefined ? `\`${field}\`` : `\`${field}\` ${noun}s`,
    );
}
