import { definitionOf, type EventName } from './events.ts';

const placeholder = /\{(\w+)(?: (\w+))?\}/g;

/** Names of the fields that a sentence uses. */
export function fieldsIn(sentence: string): string[] {
  return [...sentence.matchAll(placeholder)].map(([, field = '']) => field);
}

/** A sentence of the table with these values, as one line. */
export function fillSentence(sentence: string, fields: object): string {
  const given = fields as Record<string, unknown>;
  const known = (field: string) => given[field] !== undefined && given[field] !== null;
  const withoutAbsent = sentence.replaceAll(/\[([^\]]*)\]/g, (_, part: string) =>
    fieldsIn(part).every(known) ? part : '',
  );
  return withoutAbsent
    .replaceAll(placeholder, (_, field: string, noun?: string) => {
      const value = given[field];
      if (!known(field)) return noun === undefined ? 'none' : `an unknown number of ${noun}s`;
      if (noun !== undefined) return `${value} ${noun}${value === 1 ? '' : 's'}`;
      return Array.isArray(value) ? value.join(', ') : String(value);
    })
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replace(/\.+$/, '.');
}

/** What an event says to a person, in one line. */
export function sentenceOf(name: EventName, fields: object): string {
  return fillSentence(definitionOf(name).sentence, fields);
}
