import { expect, it } from 'vitest';
import {
  causeText,
  clockTime,
  counted,
  dollars,
  duration,
  shortDuration,
  shortTask,
} from '../../../../src/control/view/words.ts';

it.each([
  [-5, '0 s', '0s'],
  [999, '0 s', '0s'],
  [59_999, '59 s', '59s'],
  [60_000, '1 min', '1m'],
  [3_599_000, '59 min 59 s', '59m'],
  [7_500_000, '2 h 5 min', '2h'],
  [86_400_000, '1 d', '1d'],
  [356_400_000, '4 d 3 h', '4d'],
])('%d ms are %s, and %s in a table', (ms, long, short) => {
  expect([duration(ms), shortDuration(ms)]).toEqual([long, short]);
});

it('a time of another day has its date', () => {
  const noon = new Date(2026, 10, 26, 12, 0, 5).getTime();
  expect(clockTime(noon, noon + 1000)).toBe('12:00:05');
  expect(clockTime(noon, noon + 86_400_000)).toBe('2026-11-26 12:00:05');
});

it('counts, money and ids are short', () => {
  expect([counted(1, 'task'), counted(3, 'task')]).toEqual(['1 task', '3 tasks']);
  expect([dollars(0.1234), dollars(12.345), dollars(1234.5)]).toEqual([
    '$0.1234',
    '$12.35',
    '$1235',
  ]);
  expect(shortTask('arn:aws:ecs:r:1:task/c/0123456789')).toBe('01234567');
  expect(shortTask(null)).toBe('-');
  expect(causeText('startFailed')).toBe('did not start');
  expect(causeText('later')).toBe('later');
});
