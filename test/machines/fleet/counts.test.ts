import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaceCounts, sameCounts } from '../../../machines/fleet/counts.ts';
import { type Counts, fewestWorkers, noCounts } from '../../../machines/fleet/plan.ts';
import { countedReads } from '../../support/countedReads.ts';

const keys = Object.keys(noCounts) as (keyof Counts)[];
const countsOf = (of: (key: keyof Counts, i: number) => number): Counts =>
  Object.fromEntries(keys.map((key, i) => [key, of(key, i)])) as unknown as Counts;
const someCounts = fc
  .tuple(...keys.map(() => fc.nat(3)))
  .map((numbers) => countsOf((_, i) => numbers[i] as number));

/** The fewest workers of a degraded group count for all parts, and everything else is added up. */
const totalsOf = (parts: readonly Counts[]): Counts =>
  countsOf((key) =>
    key === 'degradedWorkers' || key === 'degradedIdleWorkers'
      ? parts.reduce((least, each) => fewestWorkers(least, each[key]), 0)
      : parts.reduce((sum, each) => sum + each[key], 0),
  );

describe('the totals after a change of one part', () => {
  it('are those of all parts', () => {
    fc.assert(
      fc.property(someCounts, someCounts, fc.array(someCounts), (before, after, others) => {
        const totals = totalsOf([before, ...others]);
        const parts = [after, ...others];
        expect(replaceCounts(totals, before, after, () => parts)).toEqual(totalsOf(parts));
      }),
    );
  });

  it.each([
    ['are known without the parts where it never had the least', 2, 3, 1, 0],
    ['are known without the parts where it has as many as before', 1, 1, 1, 0],
    ['are known without the parts where it had none', 0, 2, 0, 0],
    ['need the parts where it had the least', 1, 2, 3, 1],
  ])('%s', (_, before, after, other, asked) => {
    let times = 0;
    const was = { ...noCounts, degradedWorkers: before };
    const is = { ...noCounts, degradedWorkers: after, pending: 1 };
    const rest = { ...noCounts, degradedWorkers: other };
    replaceCounts(totalsOf([was, rest]), was, is, () => {
      times++;
      return [is, rest];
    });
    expect(times).toBe(asked);
  });

  it('are the same object where the part is, and another one where it is not', () => {
    const totals = { ...noCounts, pending: 3 };
    const copy = structuredClone(totals);
    const part = { ...noCounts, pending: 1 };
    expect(replaceCounts(totals, part, part, () => [])).toBe(totals);
    replaceCounts(totals, part, noCounts, () => []);
    expect(totals).toEqual(copy);
  });
});

describe('counts', () => {
  it('are the same if and only if every one of them is', () => {
    expect(sameCounts(noCounts, { ...noCounts })).toBe(true);
    for (const key of keys) expect(sameCounts(noCounts, { ...noCounts, [key]: 1 })).toBe(false);
  });

  it('are not read where they are the same object', () => {
    const counts = { ...noCounts };
    const reads = countedReads([counts]);
    expect(sameCounts(counts, counts)).toBe(true);
    expect(reads()).toBe(0);
  });
});
