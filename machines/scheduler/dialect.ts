import { type HeartbeatNumbering, settle, unsettled } from './heartbeatNumbering.ts';
import { type Generation, speaksGroups, type Terms } from './messages.ts';

/** What one connection has shown of what the scheduler speaks. */
export interface Dialect {
  /** The version in YMQ's magic, 0 without one; null: ZeroMQ. */
  magic: number | null;
  numbering: HeartbeatNumbering;
  /** Shown beyond doubt; it does not change while connected. */
  certain: Generation | null;
}

export const unknownDialect: Dialect = { magic: null, numbering: unsettled, certain: null };

/** A connection has opened. */
export function dialectOf(magic: number | null): Dialect {
  const dialect: Dialect = { magic, numbering: unsettled, certain: null };
  return magic === null ? dialect : learn(dialect, magic === 2 ? 'g4' : 'g3', magic === 2);
}

/** `exact`: it cannot be another generation; else all generations before g4 look alike. */
export function learn(before: Dialect, generation: Generation, exact: boolean): Dialect {
  const { magic, numbering, certain } = before;
  const learned = settle(numbering, generation);
  return { magic, numbering: learned, certain: exact ? generation : certain };
}

/**
 * To answer a message as what it looks like could end a scheduler that has shown to be of another generation. Over
 * YMQ, the magic alone shows that it is g4, so what is not certain is not g4.
 */
export function contradicts({ certain, magic }: Dialect, generation: Generation): boolean {
  return certain === null ? magic !== null && generation === 'g4' : certain !== generation;
}

/** Null: nothing is known yet. */
export function termsOf({ magic, numbering, certain }: Dialect): Terms | null {
  const generation = certain ?? numbering.settled;
  if (generation === null) return null;
  const transport = magic === null ? 'zmq' : 'ymq';
  return { transport, generation, exact: certain !== null, bare: magic === 0 };
}

/** The next terms say no more than those before, for all that can be told so far. */
export function addsNothing(before: Terms | null, next: Terms): boolean {
  const alike =
    before?.transport === next.transport &&
    before.bare === next.bare &&
    (before.generation === 'g4') === (next.generation === 'g4');
  return alike && (!next.exact || (before.exact && before.generation === next.generation));
}

/** No command has shown it, and it may be of a generation with groups: YMQ has had a magic for longer than that. */
export function mayHaveGroups({ certain, magic }: Dialect): boolean {
  return certain === null && !magic;
}

/** A shutdown of workers surely names all that may go: no scheduler whose YMQ has a magic names them one at a time. */
export const surelyNamesLists = ({ magic }: Dialect): boolean => (magic ?? 0) > 0;

/** The scheduler asks for units one by one. */
export function speaksUnits({ certain }: Dialect): boolean {
  return speaksGroups(certain) || certain === 'g2';
}

/** As what a dead worker is reported; null: not at all, because to g4 the same bytes mean something else, or nothing. */
export function reportsAs({ certain }: Dialect): Generation | null {
  return certain === 'g4' ? null : certain;
}
