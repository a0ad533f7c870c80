import { expect, it } from 'vitest';
import { LastUse, lateTaskMs } from '../../../src/store/lastUse.ts';

it('keeps each name, in the order of their first use, with its last use', () => {
  const names = new LastUse();
  names.note('a', 5);
  names.note('b', 3);
  names.note('a', 9);
  names.note('a', 1);
  expect(names.entries()).toEqual([
    ['a', 9],
    ['b', 3],
  ]);
  expect(names.names()).toEqual(['a', 'b']);
});

it('forgets a name by a list that shows all that it was used for, and no other', () => {
  const names = new LastUse();
  names.note('a', 0);
  names.note('b', 1);
  names.listed(lateTaskMs - 1);
  expect(names.names()).toEqual(['a', 'b']);
  names.listed(lateTaskMs);
  expect(names.names()).toEqual(['b']);
});

it('lists for longer than AWS says that its answers may be behind', () => {
  expect(lateTaskMs).toBeGreaterThan(5 * 60_000);
});

it.each([
  ['later', 1_000, 5_000, 4_000],
  ['at once', 1_000, 1_000, 0],
  ['by a clock that was set back', 1_000, 500, -500],
  ['and does not know when the journal was written', undefined, 500, 0],
])('does not count the time before a start that comes %s', (_, writtenAt, at, expected) => {
  const names = new LastUse();
  names.note('a', 0);
  names.begin(at, writtenAt);
  expect(names.entries()).toEqual([['a', expected]]);
});

it('takes no use for later than the start that follows', () => {
  const names = new LastUse();
  names.note('a', 2_000);
  names.begin(1_000);
  names.note('b', 5_000);
  expect(names.entries()).toEqual([
    ['a', 1_000],
    ['b', 5_000],
  ]);
  names.begin(7_000, 4_000);
  expect(names.entries()).toEqual([
    ['a', 4_000],
    ['b', 7_000],
  ]);
});
