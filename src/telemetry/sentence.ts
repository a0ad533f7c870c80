import type { Field } from './events/definition.ts';
import { definitionOf, type EventName } from './events.ts';

const placeholder = /\{(\w+)(?: (\w+))?\}/g;

/** The nouns of the sentences, such as task and launch. */
export function pluralOf(noun: string): string {
  return /(?:[sxz]|[cs]h)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** Names of the fields that a sentence uses. */
export function fieldsIn(sentence: string): string[] {
  return [...sentence.matchAll(placeholder)].map(([, field = '']) => field);
}

/** A longer value is cut in a sentence; the JSON log has all of it. */
const longestValue = 400;

/** So many records are in a sentence; the JSON log has all. */
const mostRecords = 5;

function shortened(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
}

/** What would move a cursor, or turn the reading direction, as one that can be seen; a break of lines is a space. */
export function visible(text: string): string {
  return text
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(
      /[\p{Cc}\p{Cf}]/gu,
      (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
    );
}

/** A value in words, in one line. */
function inWords(value: unknown, { words, sentence, of }: Partial<Field> = {}): string {
  if (sentence !== undefined && Array.isArray(value)) {
    const first = value.slice(0, mostRecords).map((record) => fillSentence(sentence, record, of));
    const more = value.length - first.length;
    return [...first, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
  }
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  const known = words !== undefined && Object.hasOwn(words, text) ? (words[text] ?? '') : text;
  return shortened(visible(known).trim().replace(/\.$/, ''));
}

/** A sentence of the table with these values, as one line. `known`: the fields, where they have words. */
export function fillSentence(
  sentence: string,
  fields: object,
  known: Readonly<Record<string, Field>> = {},
): string {
  const given = fields as Record<string, unknown>;
  const isGiven = (field: string) => given[field] !== undefined && given[field] !== null;
  const withoutAbsent = sentence.replaceAll(/\[([^\]]*)\]/g, (_, part: string) => {
    const countsNone = [...part.matchAll(placeholder)].some(
      ([, field = '', noun]) => noun !== undefined && given[field] === 0,
    );
    return fieldsIn(part).every(isGiven) && !countsNone ? part : '';
  });
  return withoutAbsent
    .replaceAll(placeholder, (_, field: string, noun?: string) => {
      const value = given[field];
      if (!isGiven(field))
        return noun === undefined ? 'none' : `an unknown number of ${pluralOf(noun)}`;
      if (noun !== undefined) return `${value} ${value === 1 ? noun : pluralOf(noun)}`;
      return inWords(value, known[field]);
    })
    .replace(/\.+$/, '.');
}

/** What an event says to a person, in one line. */
export function sentenceOf(name: EventName, fields: object): string {
  const { sentence, fields: known } = definitionOf(name);
  return fillSentence(sentence, fields, known);
}
