import type { OwnedGroup } from './domain.ts';

/**
 * When `moment` was, by the clock of now, as if now had followed at once on the moment when the journal was `writtenAt`, by
 * the clock of then: the clock may have been set since.
 */
export const asIfAtOnce = (now: number, writtenAt: number, moment: number): number =>
  Math.min(now, now - (writtenAt - moment));

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
  return from === null ? null : asIfAtOnce(now, writtenAt, from);
}
