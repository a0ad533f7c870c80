import type { FailureKind } from './domain.ts';

const kinds: readonly unknown[] = [
  'throttled',
  'unreachable',
  'refused',
  'capacity',
  'addresses',
  'quota',
  'invalid',
  'unprepared',
  'denied',
  'credentials',
  'journal',
] satisfies FailureKind[];

/** An effect's error as machines see it: a kind that may steer, and words for people. JSON. */
export interface FailureNote {
  kind: FailureKind;
  reason: string;
  /** The one that AWS named, if it did. */
  subnet?: string;
  /** It was not carried out, and what kept it from that is mended; left out: not so. */
  isMended?: true;
}

export const noteOf = (error: unknown): FailureNote => {
  const { kind, message, subnet, isMended } = (error ?? {}) as Record<string, unknown>;
  return {
    kind: kinds.includes(kind) ? (kind as FailureKind) : 'bug',
    reason: typeof message === 'string' ? message : String(error),
    ...(typeof subnet === 'string' && { subnet }),
    ...(isMended === true && { isMended }),
  };
};
