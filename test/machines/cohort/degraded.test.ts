import { describe, expect, it } from 'vitest';
import { recordDegraded } from '../../../machines/cohort/degraded.ts';
import { drained } from '../../../machines/cohort/drain.ts';
import { countRecords, type GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const four = { workersPerTask: 4, degradedGraceMs: 60_000 };
const shows = (workers: number, tasks = 0) => ({ load: { workers, tasks, canceling: 0 } });
const polled = (groups: Record<string, GroupRecord>, at: number) =>
  recordDegraded({ groups, launches: {} }, at, four);

describe('a group', () => {
  it('is degraded once it has had only some of its workers for the grace, which is told once', () => {
    const first = polled({ a: serves(shows(3)) }, 1000);
    expect(first.groups.a).toMatchObject({ degradedSince: 1000, degraded: false });
    const early = polled(first.groups, 60_999);
    expect(early.groups.a?.degraded).toBe(false);
    const { groups, newlyDegraded } = polled(early.groups, 61_000);
    expect(groups.a?.degraded).toBe(true);
    expect(newlyDegraded).toEqual([
      { groupId: 'a', taskArn: arn('t'), workers: 3, workersPerTask: 4 },
    ]);
    expect(polled(groups, 64_000).newlyDegraded).toEqual([]);
  });

  it('is not degraded any more once it has all of its workers again', () => {
    const { groups } = polled(
      { a: serves({ ...shows(4), degradedSince: 0, degraded: true }) },
      90_000,
    );
    expect(groups.a).toMatchObject({ degradedSince: null, degraded: false });
  });

  it.each([
    ['boots', rowOf(shows(1))],
    ['has all of its workers', serves(shows(4))],
    ['has none, and is another kind of group', serves(shows(0))],
    ['is not shown', serves()],
  ])('is left alone while it %s', (_, record) => {
    expect(polled({ a: record }, 100_000).groups.a).toBe(record);
  });
});

describe('degraded groups', () => {
  const degraded = (workers: number, tasks = 0) =>
    serves({ ...shows(workers, tasks), degradedSince: 0, degraded: true });

  it('are counted with what they miss, and with the fewest workers of one, and of an idle one', () => {
    const groups = { a: degraded(3), b: degraded(2), c: degraded(1, 5), d: serves(shows(4)) };
    expect(countRecords(groups, 4)).toMatchObject({
      ...{ idle: 3, busy: 1, missingWorkers: 6 },
      ...{ degraded: 3, degradedMissing: 6, degradedWorkers: 1, degradedIdleWorkers: 2 },
    });
    expect(countRecords({ a: serves(shows(3)) }, 4)).toMatchObject({ degraded: 0 });
    const leaving = { a: { ...degraded(3), drainRequested: true } };
    expect(countRecords(leaving, 4)).toMatchObject({ degraded: 0, degradedMissing: 0 });
  });

  it.each([
    ['nothing is shown of them any more', null],
    ['they have no workers any more', 0],
    ['they have all of their workers again', 4],
  ])('are not counted as such before the next poll when %s', (_, workers) => {
    const shown = workers === null ? serves({ degraded: true }) : degraded(workers);
    const none = { degraded: 0, degradedMissing: 0, degradedWorkers: 0, degradedIdleWorkers: 0 };
    expect(countRecords({ a: shown }, 4)).toMatchObject(none);
  });

  it('leave when asked for, the idle one with the fewest workers, and no other group', () => {
    const short = { a: degraded(3), b: degraded(2), c: degraded(1, 5) };
    const groups = { ...short, d: serves(shows(4)), e: serves(shows(1)) };
    const share = { pending: 0, idle: 0, busy: 0, degraded: 1 };
    const wait = { at: 0, until: 1000, monitorEverConnected: true };
    const { outbox } = drained({ groups, launches: {} }, share, wait);
    expect(outbox).toEqual([['b', { type: 'group.stop' }]]);
  });
});
