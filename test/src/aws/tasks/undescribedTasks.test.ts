import { expect, it } from 'vitest';
import { trackUndescribed } from '../../../../src/aws/tasks/undescribedTasks.ts';

it('counts a task as recent for 60 s after the first list that could not describe it', () => {
  const first = trackUndescribed(new Map(), ['a'], 1000);
  expect(first).toEqual({ since: new Map([['a', 1000]]), recent: ['a'] });
  expect(trackUndescribed(first.since, ['a'], 60_999).recent).toEqual(['a']);
  expect(trackUndescribed(first.since, ['a'], 61_000).recent).toEqual([]);
});

it('forgets a task that was described in between, and dates others separately', () => {
  const { since } = trackUndescribed(new Map([['a', 1000]]), ['b'], 2000);
  expect(since).toEqual(new Map([['b', 2000]]));
  expect(trackUndescribed(since, ['a', 'b'], 62_000)).toEqual({
    since: new Map([
      ['a', 62_000],
      ['b', 2000],
    ]),
    recent: ['a'],
  });
});
