import { describe, expect, it } from 'vitest';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { drainsOf, undrainsOf } from '../../../machines/fleet/shares.ts';

const row = (counts: object) => ({
  ...{ counts: { ...noCounts, ...counts }, launches: 0 },
  ...{ generation: 0, observedGeneration: 0, lastPolledAt: 0 },
});

describe('the groups to drain', () => {
  const cohorts = {
    old: row({ pending: 2, idle: 1, busy: 3 }),
    young: row({ pending: 1, idle: 2, busy: 0 }),
  };

  it('are taken from the youngest cohorts, busy ones last', () => {
    const fleet = { cohorts };
    expect(drainsOf(fleet, { pending: 2, serving: 4 })).toEqual([
      ['young', { pending: 1, idle: 2, busy: 0 }],
      ['old', { pending: 1, idle: 1, busy: 1 }],
    ]);
    expect(drainsOf(fleet, { pending: 0, serving: 1 })).toEqual([
      ['young', { pending: 0, idle: 1, busy: 0 }],
    ]);
    expect(drainsOf(fleet, { pending: 9, serving: 0 })).toEqual([
      ['young', { pending: 1, idle: 0, busy: 0 }],
      ['old', { pending: 2, idle: 0, busy: 0 }],
    ]);
    expect(drainsOf(fleet, { pending: 0, serving: 0 })).toEqual([]);
  });

  it('are those for which nothing runs, in whatever cohort, before a living one that is pending', () => {
    const fleet = {
      cohorts: {
        old: row({ pending: 3, absent: 2 }),
        middle: row({ pending: 1, absent: 1 }),
        young: row({ pending: 1, busy: 1 }),
      },
    };
    const from = (pending: number) =>
      drainsOf(fleet, { pending, serving: 0 }).map(([id, share]) => [id, share.pending]);
    expect(from(1)).toEqual([['middle', 1]]);
    expect(from(2)).toEqual([
      ['middle', 1],
      ['old', 1],
    ]);
    expect(from(4)).toEqual([
      ['middle', 1],
      ['old', 2],
      ['young', 1],
    ]);
    expect(from(9)).toEqual([
      ['middle', 1],
      ['old', 3],
      ['young', 1],
    ]);
  });

  it('are kept in whatever cohort they drain, serving groups first', () => {
    const cohorts = {
      a: row({ drainPending: 2, cancelled: 1 }),
      b: row({}),
      c: row({ drainPending: 3 }),
    };
    const fleet = { cohorts };
    expect(undrainsOf(fleet, 9)).toEqual([
      ['a', 3],
      ['c', 3],
    ]);
    expect(undrainsOf(fleet, 4)).toEqual([
      ['a', 2],
      ['c', 2],
    ]);
    expect(undrainsOf(fleet, 2)).toEqual([['a', 2]]);
  });
});
