import { describe, expect, it } from 'vitest';
import type { Breakers } from '../../../machines/fleet/circuitBreaker.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import {
  allAnswered,
  cohortWithRoom,
  draining,
  drainsOf,
  echoFresh,
  type Fleet,
  fleetCounts,
  isEmpty,
  justBack,
  mayLaunch,
  newFleet,
  nextAboveSince,
  offer,
  openLaunches,
  overdue,
  reprievesOf,
  reprieving,
  surveyDue,
} from '../../../machines/fleet/state.ts';

const settings = {
  ...{ maxTasks: 5, workersPerTask: 2, launchBurst: 30, echoLimitMs: 6000 },
  ...{ returnGraceMs: 30_000, settleMs: 10_000, sweepEveryMs: 60_000 },
};
const fleetOf = (given: Partial<Fleet> = {}): Fleet => ({
  ...newFleet({
    ...{ settings: settings as never, epoch: 'e', startedAt: 100, lastLaunchAt: 100, abandoned: 0 },
    ...{ owned: [], resend: [] },
  }),
  ...given,
});
const row = (counts: object, launches = 0) => ({
  ...{ counts: { ...noCounts, ...counts }, launches },
  ...{ order: 0, lookedAt: 0 },
});
const some = { booting: 1, idle: 2, busy: 3, waiting: 4, revoked: 6, draining: 5 };
const owned = [{ groupId: 'old', taskArn: 'arn:old', createdAt: null, deadlinesFrom: 0 }];
const resend = [{ order: {} as never, groupIds: ['a', 'b'], doubted: true }];

describe('a fleet', () => {
  it('begins with nothing known, nothing running and all that Fargate allows at once', () => {
    const fleet = fleetOf();
    expect(fleet).toMatchObject({
      ...{ now: 100, wanted: null, revision: null, lastEchoAt: null, mismatch: null },
      ...{ returnedAt: null, emptySince: null, aboveSince: null, advertised: null },
      ...{ stoppingSince: null, surveyedAt: null, surveyAfter: 0, surveyFailures: 0 },
      ...{ lost: false, replaces: true, monitored: false, blind: false, allowance: 30 },
      ...{ cohorts: {}, breakers: {}, opened: 0, launched: 0, turnAllowance: 100, ordered: 0 },
    });
    expect(isEmpty(fleet)).toBe(false);
    expect(mayLaunch(fleet)).toBe(false);
    expect(fleet).toMatchObject({ watched: false, swapping: false, suspects: 0 });
    expect(fleet.earlyDeaths).toEqual({ inARow: 0, at: 0 });
  });

  it('counts its cohorts, and what is still to be put into one', () => {
    const fleet = fleetOf({ cohorts: { a: row(some), b: row(some) }, owned, resend });
    expect(fleetCounts(fleet)).toEqual({
      ...{ booting: 2 + 1 + 2, idle: 4, busy: 6, waiting: 8, revoked: 12, draining: 10 },
    });
    expect(fleetCounts(fleetOf())).toEqual(noCounts);
  });

  it('knows whether every order has been answered', () => {
    const answered = { ...row({}), order: null };
    const asked = { ...row({}), order: 7 };
    expect(allAnswered(fleetOf())).toBe(true);
    expect(allAnswered(fleetOf({ cohorts: { a: answered, b: answered } }))).toBe(true);
    expect(allAnswered(fleetOf({ cohorts: { a: answered, b: asked } }))).toBe(false);
  });

  it('knows its open launches', () => {
    expect(openLaunches(fleetOf({ cohorts: { a: row({}, 2), b: row({}, 1) }, resend }))).toBe(4);
  });

  it.each([
    ['may hide what it has not looked for', {}, false],
    ['has been listed since its last launch', { surveyedAt: 10_100 }, true],
    ['has been listed before that could show', { surveyedAt: 10_099 }, false],
    ['may own what was listed', { surveyedAt: 10_100, suspects: 1 }, false],
    ['could not be listed', { surveyFailures: 1 }, false],
    ['may not be listed', { blind: true }, true],
    ['has cohorts', { surveyedAt: 10_100, cohorts: { a: row({}) } }, false],
    ['has tasks to take over', { surveyedAt: 10_100, owned }, false],
    ['has launches to send again', { surveyedAt: 10_100, resend }, false],
  ])('that %s may be empty', (_, given, empty) => {
    expect(isEmpty(fleetOf(given))).toBe(empty);
  });
});

describe('more than the limit', () => {
  const five = { a: row({ booting: 2, idle: 1, busy: 2, waiting: 9, draining: 9 }) };
  const six = { a: row({ booting: 2, idle: 2, busy: 2 }) };

  it('is so since it was first so', () => {
    expect(nextAboveSince(fleetOf({ cohorts: five, aboveSince: 50 }), 70)).toBeNull();
    expect(nextAboveSince(fleetOf({ cohorts: six }), 70)).toBe(70);
    expect(nextAboveSince(fleetOf({ cohorts: six, aboveSince: 50 }), 70)).toBe(50);
    const unlimited = { ...settings, maxTasks: null } as never;
    expect(nextAboveSince(fleetOf({ cohorts: six, settings: unlimited }), 70)).toBeNull();
  });

  it('is overdue after ten seconds', () => {
    expect(overdue(fleetOf({ now: 99_999 }))).toBe(false);
    expect(overdue(fleetOf({ aboveSince: 50, now: 10_049 }))).toBe(false);
    expect(overdue(fleetOf({ aboveSince: 50, now: 10_050 }))).toBe(true);
  });
});

describe('a scheduler', () => {
  it('is there while its last echo is fresh', () => {
    expect(echoFresh(fleetOf({ now: 7000 }))).toBe(false);
    expect(echoFresh(fleetOf({ now: 7000, lastEchoAt: 1000 }))).toBe(true);
    expect(echoFresh(fleetOf({ now: 7001, lastEchoAt: 1000 }))).toBe(false);
    expect(echoFresh(fleetOf({ now: 7000, lastEchoAt: 7000, lost: true }))).toBe(false);
  });

  it('has just come back for half a minute', () => {
    expect(justBack(fleetOf({ now: 9000 }))).toBe(false);
    expect(justBack(fleetOf({ now: 31_999, returnedAt: 2000 }))).toBe(true);
    expect(justBack(fleetOf({ now: 32_000, returnedAt: 2000 }))).toBe(false);
  });

  it.each([
    ['is there', {}, true],
    ['is not heard', { lastEchoAt: null }, false],
    ['could not be served', { mismatch: 'too old' }, false],
    ['is there before AWS is prepared', { revision: null }, false],
  ])('that %s may be launched for', (_, given, may) => {
    expect(mayLaunch(fleetOf({ revision: 'rev:1', lastEchoAt: 100, ...given }))).toBe(may);
  });
});

it('launches nothing while a launch that was given up may have bought tasks', () => {
  const ready = { revision: 'rev:1', lastEchoAt: 100, doubtedAt: 500 };
  expect(mayLaunch(fleetOf(ready))).toBe(false);
  expect(mayLaunch(fleetOf({ ...ready, surveyedAt: 500 }))).toBe(false);
  expect(mayLaunch(fleetOf({ ...ready, surveyedAt: 501 }))).toBe(true);
  expect(mayLaunch(fleetOf({ ...ready, blind: true }))).toBe(true);
});

it('launches nothing before it knows whether it owns what was listed', () => {
  const ready = { revision: 'rev:1', lastEchoAt: 100, suspects: 1 };
  expect(mayLaunch(fleetOf(ready))).toBe(false);
  expect(mayLaunch(fleetOf({ ...ready, suspects: 0 }))).toBe(true);
  expect(mayLaunch(fleetOf({ ...ready, blind: true }))).toBe(true);
});

describe('a complete list', () => {
  it.each([
    [
      'at once when it is to settle a doubt',
      { surveyedAt: 50, doubtedAt: 50, surveyAfter: 70 },
      69,
      70,
    ],
    ['soon when it is to show who stays', { surveyedAt: 50, suspects: 1 }, 5049, 5050],
    ['once the last launch would be in it', {}, 10_099, 10_100],
    ['again after a minute', { surveyedAt: 50, cohorts: { a: row({}, 1) } }, 60_049, 60_050],
    [
      'at the end, as soon as that would show all',
      { surveyedAt: 9000, stoppingSince: 9 },
      10_099,
      10_100,
    ],
    ['not before it may be asked for again', { surveyAfter: 20_000 }, 19_999, 20_000],
  ])('is asked for %s', (_, given, early, due) => {
    expect(surveyDue(fleetOf(given), early)).toBe(false);
    expect(surveyDue(fleetOf(given), due)).toBe(true);
  });

  it('is not asked for while launches are open that it could not show', () => {
    expect(surveyDue(fleetOf({ cohorts: { a: row({}, 1) } }), 90_000)).toBe(false);
  });
});

it('finds the first cohort with room, those on their way out included', () => {
  const cohorts = { a: row({ booting: 50, draining: 45 }), b: row({ busy: 90 }), c: row({}) };
  expect(cohortWithRoom(fleetOf({ cohorts }), 5)).toBe('a');
  expect(cohortWithRoom(fleetOf({ cohorts }), 6)).toBe('b');
  expect(cohortWithRoom(fleetOf({ cohorts }), 11)).toBe('c');
  expect(cohortWithRoom(fleetOf({ cohorts }), 101)).toBeUndefined();
});

describe('the offer to the scheduler', () => {
  const quota = (given: object) =>
    ({ quota: { until: 5000, probe: null, ...given } }) as unknown as Breakers;
  const three = { a: row({ booting: 1, idle: 1, busy: 1, draining: 4 }) };

  it.each([
    ['all there is', { cohorts: three }, null],
    ['what runs while the quota holds back', { cohorts: three, breakers: quota({}) }, 6],
    ['one more to try', { cohorts: three, breakers: quota({}), now: 5000 }, 8],
    [
      'no more while one is tried',
      { cohorts: three, breakers: quota({ probe: 'g' }), now: 5000 },
      6,
    ],
    ['never nothing', { breakers: quota({}) }, 2],
  ])('is %s', (_, given, workers) => {
    expect(offer(fleetOf({ now: 4999, ...given }))).toBe(workers);
  });
});

describe('who is to leave', () => {
  const cohorts = {
    old: row({ booting: 2, idle: 1, busy: 3 }),
    young: row({ booting: 1, idle: 2, busy: 0 }),
  };

  it('comes from the youngest cohorts, those at work last of all', () => {
    const fleet = fleetOf({ cohorts });
    expect(drainsOf(fleet, { booting: 2, serving: 4 })).toEqual([
      ['young', { booting: 1, idle: 2, busy: 0 }],
      ['old', { booting: 1, idle: 1, busy: 1 }],
    ]);
    expect(drainsOf(fleet, { booting: 0, serving: 1 })).toEqual([
      ['young', { booting: 0, idle: 1, busy: 0 }],
    ]);
    expect(drainsOf(fleet, { booting: 9, serving: 0 })).toEqual([
      ['young', { booting: 1, idle: 0, busy: 0 }],
      ['old', { booting: 2, idle: 0, busy: 0 }],
    ]);
    expect(drainsOf(fleet, { booting: 0, serving: 0 })).toEqual([]);
  });

  it('is on its way out as soon as the order is given', () => {
    expect(draining(row(some, 2), { booting: 1, idle: 1, busy: 2 }, 7)).toEqual({
      ...{ launches: 2, order: 7, lookedAt: 0 },
      counts: { booting: 0, idle: 1, busy: 1, waiting: 4, revoked: 6, draining: 9 },
    });
  });

  it('is taken back from wherever it waits, who serves first', () => {
    const cohorts = { a: row({ waiting: 2, revoked: 1 }), b: row({}), c: row({ waiting: 3 }) };
    const fleet = fleetOf({ cohorts });
    expect(reprievesOf(fleet, 9)).toEqual([
      ['a', { waiting: 2, revoked: 1 }],
      ['c', { waiting: 3, revoked: 0 }],
    ]);
    expect(reprievesOf(fleet, 4)).toEqual([
      ['a', { waiting: 2, revoked: 0 }],
      ['c', { waiting: 2, revoked: 0 }],
    ]);
    expect(reprievesOf(fleet, 2)).toEqual([['a', { waiting: 2, revoked: 0 }]]);
  });

  it('is at work again, or boots, as soon as it is taken back', () => {
    expect(reprieving(row(some, 2), { waiting: 3, revoked: 4 }, 7)).toEqual({
      ...{ launches: 2, order: 7, lookedAt: 0 },
      counts: { booting: 1 + 4, idle: 2, busy: 3 + 3, waiting: 1, revoked: 2, draining: 5 },
    });
  });
});
