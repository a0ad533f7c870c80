import { expect, it } from 'vitest';
import { changeBetween, withChange } from '../../../machines/shared/change.ts';

it('a change takes one list to the other', () => {
  const [before, after] = [
    ['a', 'b', 'c'],
    ['b', 'd'],
  ];
  const change = changeBetween(before, after);
  expect(change).toEqual({ added: ['d'], removed: ['a', 'c'] });
  expect(withChange(before, change)).toEqual(after);
});

it('a list that does not change is not copied', () => {
  const ids = ['a'];
  expect(withChange(ids, { added: [], removed: [] })).toBe(ids);
});
