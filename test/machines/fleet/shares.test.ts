import { describe, expect, it } from 'vitest';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { cohortsToRank, drainsOf, undrainsOf } from '../../../machines/fleet/shares.ts';
import { counted } from '../../support/cohortTotals.ts';
import { countedReads } from '../../support/countedReads.ts';
import { fastManager, readyManager, tasksOf } from '../../support/liveManager.ts';

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
    const fleet = { cohorts, now: 0 };
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
      now: 0,
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

  it('are the least busy of all cohorts, among equals those of the youngest', () => {
    const ranked = (...busyLoads: number[]) => ({
      ...row({ idle: 1, busy: busyLoads.length }),
      ranked: { at: 50, busyLoads },
    });
    const cohorts = { old: ranked(1, 2, 5), middle: ranked(2, 9), young: ranked(3, 4) };
    const from = (serving: number, now = 50) =>
      Object.fromEntries(
        drainsOf({ cohorts, now }, { pending: 0, serving }).map(([id, { busy }]) => [id, busy]),
      );
    expect(from(3)).toEqual({ young: 0, middle: 0, old: 0 });
    expect(from(4)).toEqual({ young: 0, middle: 0, old: 1 });
    expect(from(5)).toEqual({ young: 0, middle: 1, old: 1 });
    expect(from(7)).toEqual({ young: 1, middle: 1, old: 2 });
    expect(from(99)).toEqual({ young: 2, middle: 2, old: 3 });
    // What they had to do a second ago says nothing.
    expect(from(5, 51)).toEqual({ young: 2, middle: 0, old: 0 });
  });

  it('are found without a look at more groups of a cohort than are to leave', () => {
    const busyLoads = Array.from({ length: 100 }, (_, i) => i);
    const reads = countedReads([busyLoads]);
    const large = { ...row({ busy: 100 }), ranked: { at: 50, busyLoads } };
    const drains = (serving: number) =>
      drainsOf({ cohorts: { large }, now: 50 }, { pending: 0, serving });
    expect(drains(2)).toEqual([['large', { pending: 0, idle: 0, busy: 2 }]]);
    expect(reads()).toBe(2);
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

  it('are kept while they are at work before those that have only to rest, in whatever cohort', () => {
    const cohorts = {
      a: row({ drainPending: 3, resting: 2 }),
      b: row({ drainPending: 2, stopping: 1, unsent: 1 }),
    };
    const kept = (most: number) => Object.fromEntries(undrainsOf({ cohorts }, most));
    expect(kept(3)).toEqual({ a: 1, b: 2 });
    expect(kept(5)).toEqual({ a: 3, b: 2 });
    expect(kept(6)).toEqual({ a: 3, b: 3 });
  });

  it('are kept before their StopTask is sent, after those at work and before those without a task', () => {
    const cohorts = {
      a: row({ cancelled: 1, stopping: 4, unsent: 2 }),
      b: row({ drainPending: 1 }),
    };
    const kept = (most: number) => Object.fromEntries(undrainsOf({ cohorts }, most));
    expect(kept(1)).toEqual({ b: 1 });
    expect(kept(3)).toEqual({ a: 2, b: 1 });
    expect(kept(9)).toEqual({ a: 3, b: 1 });
  });
});

describe('the cohorts that are to say how much their groups have to do', () => {
  const at50 = { ranked: { at: 50, busyLoads: [1, 2] } };
  const [one, other] = [row({ idle: 1, busy: 2 }), row({ idle: 0, busy: 2 })];
  const asked = (cohorts: Parameters<typeof cohortsToRank>[0]['cohorts'], serving: number) =>
    cohortsToRank(counted({ cohorts, now: 50 }), { pending: 9, serving });

  it('are those with groups at work, if some of these are to leave and some to stay', () => {
    const cohorts = { one, other, third: row({ idle: 1, pending: 3 }) };
    expect(asked(cohorts, 2)).toEqual([]);
    expect(asked(cohorts, 3)).toEqual(['one', 'other']);
    expect(asked(cohorts, 5)).toEqual(['one', 'other']);
    expect(asked(cohorts, 6)).toEqual([]);
  });

  it('are none where one cohort alone has groups at work, or all have just said it', () => {
    expect(asked({ one, third: row({ idle: 1 }) }, 3)).toEqual([]);
    expect(asked({ one: { ...one, ...at50 }, other: { ...other, ...at50 } }, 2)).toEqual([]);
    expect(asked({ one: { ...one, ...at50 }, other }, 2)).toEqual(['one', 'other']);
    const before = { ranked: { at: 49, busyLoads: [1, 2] } };
    expect(asked({ one: { ...one, ...at50 }, other: { ...other, ...before } }, 2)).toHaveLength(2);
  });
});

describe('groups at work in several cohorts', () => {
  const twoCohorts = async (isMonitored: boolean) => {
    const given = { owned: tasksOf(103), lastLaunchAt: 500 };
    const all = await readyManager(given, { maxTasks: 200, scaleDownCooldownMs: 0 });
    const { actor, clock, at, command, answered, reportOf, orders, fleet } = all;
    for (let turn = 0; turn < 3; turn++) {
      clock.increment(1);
      answered();
    }
    at(60_000);
    if (isMonitored) actor.send({ type: 'monitor.loads', at: 60_000, loads: {} });
    const [old, young] = Object.keys(fleet().cohorts) as [string, string];
    reportOf(old, { busy: 100 }, 0, 0);
    reportOf(young, { busy: 3 }, 0, 0);
    orders();
    command(2 * 102);
    const rank = (cohortId: string, ...busyLoads: number[]) =>
      actor.send({
        ...{ type: 'cohort.changed', cohortId, launches: 0, ended: 0, busyLoads },
        generation: fleet().cohorts[cohortId]?.generation ?? 0,
        counts: { ...noCounts, busy: busyLoads.length },
      });
    const drained = () =>
      Object.entries(fleet().cohorts).flatMap(([id, { generation, observedGeneration }]) =>
        generation > observedGeneration ? [id] : [],
      );
    return { ...all, old, young, rank, drained };
  };
  const hundred = [1, ...Array.from({ length: 99 }, () => 7)];

  it('say how much they have to do before some of them leave, and the least busy one leaves', async () => {
    const { orders, old, young, rank, drained } = await twoCohorts(true);
    expect(orders()).toMatchObject([{ type: 'cohort.rank' }, { type: 'cohort.rank' }]);
    rank(young, 2, 3, 4);
    expect(orders()).toEqual([]);
    rank(old, ...hundred);
    expect(orders()).toMatchObject([{ type: 'cohort.drain', busy: 1 }]);
    expect(drained()).toEqual([old]);
  });

  it('are asked again when something has changed before all have answered', async () => {
    const { orders, old, young, rank, reportOf, drained } = await twoCohorts(true);
    orders();
    rank(young, 2, 3, 4);
    reportOf(young, { busy: 3 }, 0, 0);
    rank(old, ...hundred);
    expect(orders()).toMatchObject([{ type: 'cohort.rank' }, { type: 'cohort.rank' }]);
    rank(old, ...hundred);
    rank(young, 0, 3, 4);
    expect(drained()).toEqual([young]);
  });

  it('leave from the youngest cohort where the monitor stream shows nothing', async () => {
    const { orders, drained, young } = await twoCohorts(false);
    expect(orders()).toMatchObject([{ type: 'cohort.drain', busy: 1 }]);
    expect(drained()).toEqual([young]);
  });
});

it('drains idle groups of any cohort before busy ones of another', async () => {
  const owned = tasksOf(200);
  const { at, clock, cohort, command, reportOf } = await fastManager({ owned });
  for (let i = 0; i < 5; i++) clock.increment(1);
  // The first answer beside groups of an earlier run counts as a return.
  at(41_000);
  reportOf('cohort.0', { idle: 100 }, 0, 0);
  reportOf('cohort.1', { busy: 100 }, 0, 0);
  command(2 * 150);
  const drains = cohort.told.filter(({ type }) => type === 'cohort.drain');
  expect(drains).toEqual([expect.objectContaining({ pending: 0, idle: 50, busy: 0 })]);
});
