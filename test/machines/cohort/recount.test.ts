import { describe, expect, it } from 'vitest';
import { countRecords, type GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { type Counted, countedNow, withRecord } from '../../../machines/cohort/recount.ts';
import { load, rowOf, runs, serves, waits } from '../../support/rows.ts';

const workersPerTask = 4;
const countedOf = (groups: Record<string, GroupRecord>): Counted => ({
  groups,
  counts: countRecords(groups, workersPerTask),
});
const short = (workers: number, tasks = 0): GroupRecord =>
  serves({ degraded: true, load: { workers, tasks, canceling: 0 } });

/** One record of each kind that counts in its own way. */
const kinds: Record<string, GroupRecord> = {
  requested: rowOf(),
  unanswered: rowOf({ unanswered: true }),
  running: runs({ shownWorkers: 5 }),
  denied: runs({ lastStatus: 'missing', missingSince: 1 }),
  idle: serves({ load: load(0) }),
  busy: serves({ load: load(3) }),
  'with two workers': short(2),
  'with one worker': short(1),
  'with one worker at work': short(1, 4),
  'too old': serves({ aged: true, load: load(0) }),
  draining: waits(),
  resting: waits({ load: load(0) }),
  cancelled: rowOf({ drainRequested: true }),
  stopping: serves({ phase: 'stopping', drainRequested: true }),
  freed: serves({ phase: 'stopping', stopAccepted: true, stopOverdue: true }),
  'that cannot be stopped': serves({ phase: 'stopping', stopFailures: 1, load: load(0) }),
};
const others: Record<string, GroupRecord> = {
  idle: serves({ load: load(0) }),
  busy: serves({ load: load(3) }),
};

describe('the counts of records of which one changes', () => {
  const changes = [undefined, ...Object.keys(kinds)].flatMap((from) =>
    [undefined, ...Object.keys(kinds)].map((to) => ({ from, to })),
  );
  const of = (kind: string | undefined): Record<string, GroupRecord> =>
    kind ? { group: kinds[kind] as GroupRecord } : {};

  it.each(changes)('are those of all of them when one is $to in the place of $from', (change) => {
    const besides: Record<string, GroupRecord>[] = [
      {},
      { beside: short(1) },
      { beside: short(3, 2) },
    ];
    for (const beside of besides) {
      const counted = countedOf({ ...others, ...beside, ...of(change.from) });
      const after = withRecord(
        { groups: counted.groups, counted, workersPerTask },
        'group',
        of(change.to).group ?? null,
      );
      expect(after.groups).toStrictEqual({ ...others, ...beside, ...of(change.to) });
      expect(after.counted).toStrictEqual(countedOf(after.groups));
    }
  });

  it('are left as they are where the records before were not counted', () => {
    const counted = countedOf(others);
    const after = withRecord({ groups: kinds, counted, workersPerTask }, 'requested', null);
    expect(after.groups).not.toHaveProperty('requested');
    expect(after.counted).toBe(counted);
    expect(countedNow(counted, after.groups, workersPerTask)).toStrictEqual(
      countedOf(after.groups),
    );
  });

  it('look at no other record', () => {
    let looks = 0;
    const watched = new Proxy(serves({ load: load(0) }), {
      get(target, key) {
        looks++;
        return Reflect.get(target, key);
      },
    });
    const counted = countedOf({ ...others, watched });
    looks = 0;
    const before = { groups: counted.groups, counted, workersPerTask };
    const { groups, counted: after } = withRecord(before, 'idle', serves({ load: load(1) }));
    expect(countedNow(after, groups, workersPerTask)).toBe(after);
    expect(looks).toBe(0);
  });
});
