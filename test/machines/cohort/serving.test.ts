import { describe, expect, it } from 'vitest';
import { recordServing } from '../../../machines/cohort/serving.ts';
import { rowOf, serves } from '../../support/rows.ts';

describe('a serving group', () => {
  it('is reported as stable once, after it served for two minutes', () => {
    const groups = { a: serves(), b: rowOf({ phase: 'running' }), c: serves({ stable: true }) };
    const records = { groups, launches: {} };
    const first = recordServing(records, 5000);
    expect(first.nowStable).toEqual([]);
    expect(first.groups).toStrictEqual({ ...records.groups, a: serves({ servingSince: 5000 }) });
    const early = recordServing(first, 124_999);
    expect([early.nowStable, early.groups]).toStrictEqual([[], first.groups]);
    const late = recordServing(early, 125_000);
    expect(late.nowStable).toEqual(['a']);
    expect(late.groups.a).toStrictEqual(serves({ servingSince: 5000, stable: true }));
    expect(recordServing(late, 999_000)).toEqual({ ...late, nowStable: [] });
  });
});
