import { expect, it } from 'vitest';
import { isUnsent, markUnsent } from '../../../src/aws/unsent.ts';

it('remembers of an error that its request never left', () => {
  const error = new TypeError('no');
  expect(isUnsent(error)).toBe(false);
  expect(markUnsent(error)).toBe(error);
  expect(isUnsent(error)).toBe(true);
  expect(isUnsent(new TypeError('no'))).toBe(false);
});

it.each([[undefined], [null], ['text'], [7]])(
  'cannot remember it of %s, which is thrown as it is',
  (thrown) => {
    expect(markUnsent(thrown)).toBe(thrown);
    expect(isUnsent(thrown)).toBe(false);
  },
);
