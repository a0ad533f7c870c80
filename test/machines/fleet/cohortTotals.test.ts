import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CohortStatus } from '../../../machines/fleet/cohortStatus.ts';
import { noCohorts, withStatuses } from '../../../machines/fleet/cohortTotals.ts';
import { type Counts, noCounts } from '../../../machines/fleet/plan.ts';
import { totalsOf } from '../../support/cohortTotals.ts';

const keys = Object.keys(noCounts) as (keyof Counts)[];
const counts = fc
  .tuple(...keys.map(() => fc.nat(3)))
  .map(
    (numbers): Counts =>
      ({ ...Object.fromEntries(keys.map((key, i) => [key, numbers[i]])) }) as never,
  );
const status: fc.Arbitrary<CohortStatus> = fc.record({
  counts,
  launches: fc.nat(3),
  generation: fc.nat(1),
  observedGeneration: fc.nat(1),
  lastPolledAt: fc.constant(0),
});
const cohortId = fc.constantFrom('a', 'b', 'c', 'd');
const changes = fc.dictionary(cohortId, fc.option(status, { nil: null }));

it('the totals are the sums over all cohorts, after whatever has changed', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 12 }), (steps) => {
      let fleet = noCohorts;
      const known: Record<string, CohortStatus> = {};
      for (const step of steps) {
        fleet = withStatuses(fleet, step);
        for (const [id, after] of Object.entries(step)) {
          if (after === null) delete known[id];
          else known[id] = after;
        }
        expect(fleet).toEqual({ cohorts: known, totals: totalsOf(known) });
      }
    }),
  );
});

const statusOf = (given: Partial<Counts>): CohortStatus => ({
  ...{ counts: { ...noCounts, ...given }, launches: 1, generation: 1, observedGeneration: 0 },
  lastPolledAt: 0,
});

it('the totals before a change stay as they were', () => {
  const some = statusOf({ pending: 1, degradedWorkers: 2 });
  const before = withStatuses(noCohorts, { a: some });
  const copy = structuredClone(before);
  withStatuses(before, { a: null, b: some });
  expect(before).toEqual(copy);
  expect(noCohorts.totals.counts).toEqual(noCounts);
});

it('the sums stay the same object where no count has changed', () => {
  const some = statusOf({ pending: 1 });
  const before = withStatuses(noCohorts, { a: some });
  const { totals } = withStatuses(before, { a: { ...some, launches: 5 } });
  expect(totals).toEqual({ ...before.totals, launches: 5 });
  expect(totals.counts).toBe(before.totals.counts);
});

it.each([
  ['not where another one has fewer workers in its degraded group', 2, 3, 1, 0],
  ['not where its own degraded group has as many as before', 1, 1, 1, 0],
  ['not where it had none', 0, 2, 0, 0],
  ['where its own degraded group had the fewest and has more', 1, 2, 3, 1],
  ['where its own degraded group had the fewest and is gone', 1, 0, 3, 1],
])('a change of one cohort looks at the others %s', (_, before, after, other, looks) => {
  let looked = 0;
  const status = statusOf({ degradedWorkers: other });
  const watched: CohortStatus = {
    ...status,
    get counts() {
      looked++;
      return status.counts;
    },
  };
  const a = statusOf({ degradedWorkers: before });
  const fleet = withStatuses(noCohorts, { a, b: watched });
  looked = 0;
  withStatuses(fleet, { a: statusOf({ degradedWorkers: after, pending: 1 }) });
  expect(looked).toBe(looks);
});
