import { describe, expect, it } from 'vitest';
import type { Breakers } from '../../../machines/fleet/circuitBreaker.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import {
  allObserved,
  capacityToAdvertise,
  cohortWithRoom,
  drainingRow,
  drainsOf,
  echoFresh,
  excessConfirmed,
  type Fleet,
  fleetCounts,
  inventoryDue,
  isEmpty,
  mayLaunch,
  newFleet,
  nextAboveSince,
  openLaunches,
  schedulerReturning,
  undrainingRow,
  undrainsOf,
} from '../../../machines/fleet/state.ts';

const settings = {
  ...{ maxTasks: 5, workersPerTask: 2, launchBurst: 30, echoLimitMs: 6000 },
  ...{ returnGraceMs: 30_000, settleMs: 10_000, inventoryEveryMs: 60_000 },
};
const fleetOf = (given: Partial<Fleet> = {}): Fleet => ({
  ...newFleet({
    ...{
      settings: settings as never,
      epoch: 'e',
      startedAt: 100,
      lastLaunchAt: 100,
      abandonedLaunches: 0,
    },
    ...{ owned: [], resend: [] },
  }),
  ...given,
});
const row = (counts: object, launches = 0) => ({
  ...{ counts: { ...noCounts, ...counts }, launches },
  ...{ generation: 0, lastPolledAt: 0 },
});
const nobody = { pending: 0, idle: 0, busy: 0 };
const some = { pending: 1, idle: 2, busy: 3, drainPending: 4, cancelled: 6, stopping: 5 };
const owned = [{ groupId: 'old', taskArn: 'arn:old', launchedAt: 0 }];
const resend = [{ order: {} as never, groupIds: ['a', 'b'], outcomeUnknown: true }];

describe('a fleet', () => {
  it('begins with nothing known, nothing running and all that Fargate allows at once', () => {
    const fleet = fleetOf();
    expect(fleet).toMatchObject({
      ...{ now: 100, desired: null, revision: null, lastEchoAt: null, mismatch: null },
      ...{ returnedAt: null, emptySince: null, aboveSince: null, advertised: null },
      ...{ stoppingSince: null, inventoryAt: null, inventoryNotBefore: 0, inventoryFailures: 0 },
      ...{
        schedulerLost: false,
        replacesEnded: true,
        monitorConnected: false,
        listDenied: false,
        allowance: 30,
      },
      ...{ cohorts: {}, breakers: {}, opened: 0, launched: 0, turnAllowance: 100, generation: 0 },
    });
    expect(isEmpty(fleet)).toBe(false);
    expect(mayLaunch(fleet)).toBe(false);
    expect(fleet).toMatchObject({
      monitorEverConnected: false,
      swapping: false,
      unconfirmedOrphans: 0,
    });
    expect(fleet.crashLoop).toEqual({ inARow: 0, at: 0 });
  });

  it('counts its cohorts, and what is still to be put into one', () => {
    const fleet = fleetOf({ cohorts: { a: row(some), b: row(some) }, owned, resend });
    expect(fleetCounts(fleet)).toEqual({
      ...{ pending: 2 + 1 + 2, absent: 0, idle: 4, busy: 6, drainPending: 8, cancelled: 12, stopping: 10 },
    });
    expect(fleetCounts(fleetOf())).toEqual(noCounts);
  });

  it('knows whether every order has been answered', () => {
    const answered = { ...row({}), generation: null };
    const asked = { ...row({}), generation: 7 };
    expect(allObserved(fleetOf())).toBe(true);
    expect(allObserved(fleetOf({ cohorts: { a: answered, b: answered } }))).toBe(true);
    expect(allObserved(fleetOf({ cohorts: { a: answered, b: asked } }))).toBe(false);
  });

  it('knows its open launches', () => {
    expect(openLaunches(fleetOf({ cohorts: { a: row({}, 2), b: row({}, 1) }, resend }))).toBe(4);
  });

  it.each([
    ['may hide what it has not looked for', {}, false],
    ['has been listed since its last launch', { inventoryAt: 10_100 }, true],
    ['has been listed before that could show', { inventoryAt: 10_099 }, false],
    ['may own what was listed', { inventoryAt: 10_100, unconfirmedOrphans: 1 }, false],
    ['could not be listed', { inventoryFailures: 1 }, false],
    ['may not be listed', { listDenied: true }, true],
    ['has cohorts', { inventoryAt: 10_100, cohorts: { a: row({}) } }, false],
    ['has tasks to take over', { inventoryAt: 10_100, owned }, false],
    ['has launches to send again', { inventoryAt: 10_100, resend }, false],
  ])('that %s may be empty', (_, given, empty) => {
    expect(isEmpty(fleetOf(given))).toBe(empty);
  });
});

describe('more than the limit', () => {
  const five = { a: row({ pending: 2, idle: 1, busy: 2, drainPending: 9, stopping: 9 }) };
  const six = { a: row({ pending: 2, idle: 2, busy: 2 }) };

  it('is so since it was first so', () => {
    expect(nextAboveSince(fleetOf({ cohorts: five, aboveSince: 50 }), 70)).toBeNull();
    expect(nextAboveSince(fleetOf({ cohorts: six }), 70)).toBe(70);
    expect(nextAboveSince(fleetOf({ cohorts: six, aboveSince: 50 }), 70)).toBe(50);
    const unlimited = { ...settings, maxTasks: null } as never;
    expect(nextAboveSince(fleetOf({ cohorts: six, settings: unlimited }), 70)).toBeNull();
  });

  it('is overdue after ten seconds', () => {
    expect(excessConfirmed(fleetOf({ now: 99_999 }))).toBe(false);
    expect(excessConfirmed(fleetOf({ aboveSince: 50, now: 10_049 }))).toBe(false);
    expect(excessConfirmed(fleetOf({ aboveSince: 50, now: 10_050 }))).toBe(true);
  });
});

describe('a scheduler', () => {
  it('is there while its last echo is fresh', () => {
    expect(echoFresh(fleetOf({ now: 7000 }))).toBe(false);
    expect(echoFresh(fleetOf({ now: 7000, lastEchoAt: 1000 }))).toBe(true);
    expect(echoFresh(fleetOf({ now: 7001, lastEchoAt: 1000 }))).toBe(false);
    expect(echoFresh(fleetOf({ now: 7000, lastEchoAt: 7000, schedulerLost: true }))).toBe(false);
  });

  it('has just come back for half a minute', () => {
    expect(schedulerReturning(fleetOf({ now: 9000 }))).toBe(false);
    expect(schedulerReturning(fleetOf({ now: 31_999, returnedAt: 2000 }))).toBe(true);
    expect(schedulerReturning(fleetOf({ now: 32_000, returnedAt: 2000 }))).toBe(false);
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
  const ready = { revision: 'rev:1', lastEchoAt: 100, unknownOutcomeAt: 500 };
  expect(mayLaunch(fleetOf(ready))).toBe(false);
  expect(mayLaunch(fleetOf({ ...ready, inventoryAt: 500 }))).toBe(false);
  expect(mayLaunch(fleetOf({ ...ready, inventoryAt: 501 }))).toBe(true);
  expect(mayLaunch(fleetOf({ ...ready, listDenied: true }))).toBe(true);
});

it('launches nothing before it knows whether it owns what was listed', () => {
  const ready = { revision: 'rev:1', lastEchoAt: 100, unconfirmedOrphans: 1 };
  expect(mayLaunch(fleetOf(ready))).toBe(false);
  expect(mayLaunch(fleetOf({ ...ready, unconfirmedOrphans: 0 }))).toBe(true);
  expect(mayLaunch(fleetOf({ ...ready, listDenied: true }))).toBe(true);
});

describe('a complete list', () => {
  it.each([
    [
      'at once when it is to settle a doubt',
      { inventoryAt: 50, unknownOutcomeAt: 50, inventoryNotBefore: 70 },
      69,
      70,
    ],
    ['soon when it is to show who stays', { inventoryAt: 50, unconfirmedOrphans: 1 }, 5049, 5050],
    ['once the last launch would be in it', {}, 10_099, 10_100],
    ['again after a minute', { inventoryAt: 50, cohorts: { a: row({}, 1) } }, 60_049, 60_050],
    [
      'at the end, as soon as that would show all',
      { inventoryAt: 9000, stoppingSince: 9 },
      10_099,
      10_100,
    ],
    ['not before it may be asked for again', { inventoryNotBefore: 20_000 }, 19_999, 20_000],
  ])('is asked for %s', (_, given, early, due) => {
    expect(inventoryDue(fleetOf(given), early)).toBe(false);
    expect(inventoryDue(fleetOf(given), due)).toBe(true);
  });

  it('is not asked for while launches are open that it could not show', () => {
    expect(inventoryDue(fleetOf({ cohorts: { a: row({}, 1) } }), 90_000)).toBe(false);
  });
});

it('finds the first cohort with room, those on their way out included', () => {
  const cohorts = { a: row({ pending: 50, stopping: 45 }), b: row({ busy: 90 }), c: row({}) };
  expect(cohortWithRoom(fleetOf({ cohorts }), 5)).toBe('a');
  expect(cohortWithRoom(fleetOf({ cohorts }), 6)).toBe('b');
  expect(cohortWithRoom(fleetOf({ cohorts }), 11)).toBe('c');
  expect(cohortWithRoom(fleetOf({ cohorts }), 101)).toBeUndefined();
});

describe('the offer to the scheduler', () => {
  const quota = (given: object) =>
    ({ quota: { until: 5000, probe: null, ...given } }) as unknown as Breakers;
  const three = { a: row({ pending: 1, idle: 1, busy: 1, stopping: 4 }) };

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
    expect(capacityToAdvertise(fleetOf({ now: 4999, ...given }))).toBe(workers);
  });
});

describe('who is to leave', () => {
  const cohorts = {
    old: row({ pending: 2, idle: 1, busy: 3 }),
    young: row({ pending: 1, idle: 2, busy: 0 }),
  };

  it('comes from the youngest cohorts, those at work last of all', () => {
    const fleet = fleetOf({ cohorts });
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

  it('is on its way out as soon as the order is given', () => {
    expect(drainingRow(row(some, 2), { pending: 1, idle: 1, busy: 2 }, 7)).toEqual({
      ...{ launches: 2, generation: 7, lastPolledAt: 0 },
      counts: { pending: 0, idle: 1, busy: 1, drainPending: 4, cancelled: 6, stopping: 9 },
    });
  });

  it('is taken back from wherever it waits, who serves first', () => {
    const cohorts = {
      a: row({ drainPending: 2, cancelled: 1 }),
      b: row({}),
      c: row({ drainPending: 3 }),
    };
    const fleet = fleetOf({ cohorts });
    expect(undrainsOf(fleet, 9)).toEqual([
      ['a', { drainPending: 2, cancelled: 1 }],
      ['c', { drainPending: 3, cancelled: 0 }],
    ]);
    expect(undrainsOf(fleet, 4)).toEqual([
      ['a', { drainPending: 2, cancelled: 0 }],
      ['c', { drainPending: 2, cancelled: 0 }],
    ]);
    expect(undrainsOf(fleet, 2)).toEqual([['a', { drainPending: 2, cancelled: 0 }]]);
  });

  it('is at work again, or boots, as soon as it is taken back', () => {
    expect(undrainingRow(row(some, 2), { drainPending: 3, cancelled: 4 }, 7)).toEqual({
      ...{ launches: 2, generation: 7, lastPolledAt: 0 },
      counts: {
        pending: 1 + 4,
        absent: 0,
        idle: 2,
        busy: 3 + 3,
        drainPending: 1,
        cancelled: 2,
        stopping: 5,
      },
    });
  });
});
