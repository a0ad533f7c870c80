import type { OwnedGroup } from './domain.ts';

/**
 * From when on the task of a group is billed at a start `now`, as if it had followed at once on the moment when the
 * journal was `writtenAt`, by the clock of then. What the start before presumed stays true: the clock may have been set
 * since the creation. Null: not known.
 */
export function presumedAt(
  now: number,
  writtenAt: number,
  { presumedFrom, createdAt }: Pick<OwnedGroup, 'presumedFrom' | 'createdAt'>,
): number | null {
  const from = presumedFrom ?? createdAt;
  return from === null ? null : Math.min(now, now - (writtenAt - from));
}
