import { expect, it } from 'vitest';
import { compareReleases } from '../../../machines/shared/release.ts';
import {
  firstWithMagic,
  listedOn,
  newestBare,
  newestRelease,
  published,
  spans,
} from '../../../machines/shared/releaseList.ts';

it('names each release once, the newest first', () => {
  expect([...published].sort((a, b) => compareReleases(b, a))).toEqual(published);
  expect(new Set(published).size).toBe(published.length);
  expect(newestRelease).toBe(published[0]);
});

it('says when the package index was read', () => {
  expect(listedOn).toMatch(/^20\d\d-\d\d-\d\d$/);
});

it('has generations that follow one another without an overlap, the newest one up to the newest release', () => {
  const all = Object.values(spans);
  expect(all[0]?.last).toBe(newestRelease);
  for (const [i, { first, last }] of all.entries()) {
    expect(compareReleases(first, last)).toBeLessThan(1);
    const older = all[i + 1];
    if (older) expect(compareReleases(older.last, first)).toBe(-1);
  }
});

it('has the last release without a magic right before the first one with it', () => {
  expect(published[published.indexOf(firstWithMagic) + 1]).toBe(newestBare);
});
