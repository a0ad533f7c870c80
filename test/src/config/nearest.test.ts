import { expect, it } from 'vitest';
import { distance, nearest } from '../../../src/config/nearest.ts';

it.each([
  ['', '', 0],
  ['abc', 'abc', 0],
  ['abc', 'acb', 2],
  ['kitten', 'sitting', 3],
  ['', 'xy', 2],
])('the distance of %j and %j is %i', (a, b, letters) => {
  expect(distance(a, b)).toBe(letters);
  expect(distance(b, a)).toBe(letters);
});

it('nearest returns a similar name, else null', () => {
  expect(nearest('comfig', ['run', 'config'])).toBe('config');
  expect(nearest('xyz', ['run', 'config'])).toBeNull();
  expect(nearest('x', [])).toBeNull();
});
