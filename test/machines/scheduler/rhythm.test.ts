import { expect, it } from 'vitest';
import { idleBelievedMs, rhythmOf, withGap } from '../../../machines/scheduler/rhythm.ts';

const gapsAfter = (...at: number[]): number[] => {
  let known: { listedAt: number | null; gapsMs: number[] } = { listedAt: null, gapsMs: [] };
  for (const now of at) known = { gapsMs: withGap(known, now), listedAt: now };
  return known.gapsMs;
};

it.each([
  ['one report does not show it', [0], null],
  ['two reports show it', [0, 60_000], 60_000],
  ['a report that came late and one right after it do not change it', [0, 60, 120, 220, 240], 60],
  ['one of two gaps is the longer one', [0, 100, 120], 100],
  ['reports that came together count as one', [0, 10, 10, 10], 10],
  [
    'a report that came before the last one, by a clock that was set back, does not count',
    [50, 10, 20, 10, 20],
    10,
  ],
  ['another rhythm is learnt', [0, 60, 120, 180, 181, 182, 183], 1],
])('the rhythm: %s', (_, at, expected) => {
  expect(rhythmOf(gapsAfter(...at))).toBe(expected);
});

it('the first report shows no gap', () => {
  expect(gapsAfter(50)).toEqual([]);
});

it.each([
  [null, 2500],
  [1000, 2500],
  [10_000, 11_500],
  [60_000, 66_000],
])('what is idle counts as that, with reports every %s ms, for %i ms', (everyMs, expected) => {
  expect(idleBelievedMs(everyMs)).toBe(expected);
});
