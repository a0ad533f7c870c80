import { expect, it } from 'vitest';
import { backoff, jittered } from '../../../machines/shared/backoff.ts';

const limits = { firstMs: 500, longestMs: 3000 };

it('a backoff doubles with each failure, up to its longest pause', () => {
  expect([1, 2, 3, 4, 5, 2000].map((failures) => backoff(failures, limits))).toEqual([
    500, 1000, 2000, 3000, 3000, 3000,
  ]);
});

it('a backoff without a failure is the first pause', () => {
  expect(backoff(0, limits)).toBe(500);
});

it('a jittered pause is between half of it and all of it', () => {
  expect([0, 0.5, 1].map((jitter) => jittered(1000, jitter))).toEqual([500, 750, 1000]);
});
