/** How the table of events is written: data only, so that log, docs, metrics and explanations can read it. */

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** In rising order. */
export type LogLevel = (typeof logLevels)[number];

/** What a field may hold, and its type in TypeScript. JSON only. */
interface Values {
  text: string;
  number: number;
  flag: boolean;
  texts: readonly string[];
  records: readonly object[];
}

export type Unit = 's' | 'ms' | 'bytes' | 'usd';

export interface Field {
  type: keyof Values;
  meaning: string;
  unit?: Unit;
  /** May be left out. */
  optional?: true;
  /** May be null: it is known that there is none. */
  nullable?: true;
  /** Its values in plain words, for sentences. Other values stand for themselves. */
  words?: Readonly<Record<string, string>>;
  /** Of records: what each of them has. */
  of?: Readonly<Record<string, Field>>;
  /** Of records: what each of them says, in place of its value in the sentence of the event. */
  sentence?: string;
}

/** Values of a field that give an event another level. */
export interface LevelException {
  level: LogLevel;
  field: string;
  when: { oneOf: readonly string[] } | { above: number };
}

/** The same trouble, reported again and again while it lasts. */
export interface Repeats {
  /** Fields that are equal in two reports of the same trouble; ids and numbers in their text may differ. */
  same: readonly string[];
  /** It is reported again at its level after so long, ms; left out: an hour. */
  remindMs?: number;
  /** Events that end it; in the fields of `same` that they have too, they must agree with it. */
  endedBy?: readonly string[];
}

export interface EventDefinition {
  level: LogLevel;
  /** The first that applies sets the level. */
  except?: readonly LevelException[];
  /** Reported once at its level, then at debug until it has ended; the event that ends it is at least info. */
  repeats?: Repeats;
  fields: Readonly<Record<string, Field>>;
  /**
   * One plain line: `{field}` is its value; `{field noun}` counts, as in "1 task" and "3 tasks"; a part in
   * square brackets is left out when one of its fields is absent, null, or counts none.
   */
  sentence: string;
  /** What the sentence does not say: causes, and what the daemon does about it. */
  explanation?: string;
  /** What a person can do. Left out where there is nothing to do. */
  remedy?: string;
  /** A remedy for each value of a field; other values have `remedy`. */
  remedies?: { field: string; of: Readonly<Record<string, string>> };
}

export function text(meaning: string) {
  return { type: 'text', meaning } as const;
}

/** A text of few values, with words for each. */
export function choice(meaning: string, words: Readonly<Record<string, string>>) {
  return { type: 'text', meaning, words } as const;
}

export function texts(meaning: string) {
  return { type: 'texts', meaning } as const;
}

/** A list of records that have these fields, and a sentence for each. */
export function records<Fs extends Fields>(meaning: string, of: Fs, sentence: string) {
  return { type: 'records', meaning, of, sentence } as const;
}

export function flag(meaning: string) {
  return { type: 'flag', meaning } as const;
}

export function count(meaning: string) {
  return { type: 'number', meaning } as const;
}

export function quantity<U extends Unit>(unit: U, meaning: string) {
  return { type: 'number', unit, meaning } as const;
}

export function optional<F extends Field>(field: F): F & { optional: true } {
  return { ...field, optional: true };
}

export function nullable<F extends Field>(field: F): F & { nullable: true } {
  return { ...field, nullable: true };
}

type Fields = Readonly<Record<string, Field>>;
type Value<F extends Field> =
  | (F extends { of: infer Fs extends Fields } ? readonly FieldsOf<Fs>[] : Values[F['type']])
  | (F extends { nullable: true } ? null : never);
type OptionalKeys<Fs extends Fields> = {
  [K in keyof Fs]: Fs[K] extends { optional: true } ? K : never;
}[keyof Fs];

/** The fields that a report of such an event takes. */
export type FieldsOf<Fs extends Fields> = {
  [K in Exclude<keyof Fs, OptionalKeys<Fs>>]: Value<Fs[K]>;
} & {
  [K in OptionalKeys<Fs>]?: Value<Fs[K]> | undefined;
};
