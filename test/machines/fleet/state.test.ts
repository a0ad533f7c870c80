import { describe, expect, it } from 'vitest';
import { noAdoption } from '../../../machines/fleet/adoption.ts';
import type { Breakers } from '../../../machines/fleet/circuitBreaker.ts';
import { noEvidence, noViews } from '../../../machines/fleet/lookAhead.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import {
  allObserved,
  capacityToAdvertise,
  cohortWithRoom,
  echoFreshAt,
  type Fleet,
  fleetCounts,
  isEmpty,
  newFleet,
  openLaunches,
  quietSinceAt,
  remainingOf,
  returnedLately,
} from '../../../machines/fleet/state.ts';
import { noTasks } from '../../../machines/fleet/taskIndex.ts';
import { counted } from '../../support/cohortTotals.ts';

const settings = {
  ...{ maxTasks: 5, workersPerTask: 2, launchBurst: 30, echoLimitMs: 6000 },
  ...{ returnGraceMs: 30_000, settleMs: 10_000, inventoryEveryMs: 60_000 },
};
const fleetOf = (given: Partial<Fleet> = {}): Fleet =>
  counted({
    ...newFleet({
      ...{
        settings: settings as never,
        epoch: 'e',
        startedAt: 100,
        lastLaunchAt: 100,
        launchesGivenUp: 0,
        journalIncomplete: true,
      },
      ...{ owned: [], resend: [], openAtStart: [] },
    }),
    ...given,
  });
const row = (counts: object, launches = 0) => ({
  ...{ counts: { ...noCounts, ...counts }, launches },
  ...{ generation: 0, observedGeneration: 0, lastPolledAt: 0 },
});
const some = {
  pending: 1,
  idle: 2,
  busy: 3,
  drainPending: 4,
  cancelled: 6,
  stopping: 5,
  unsent: 2,
};
const owned = [{ groupId: 'old', taskArn: 'arn:old', createdAt: null, deadlinesFrom: 0 }];
const resend = [{ order: {} as never, groupIds: ['a', 'b'], outcomeUnknown: true }];

describe('a fleet', () => {
  it('starts with no demand, no groups and the full burst of launches', () => {
    const fleet = fleetOf();
    expect(fleet).toMatchObject({
      ...{ now: 100, desired: null, revision: null, lastEchoAt: null, mismatch: null },
      ...{
        returnedAt: null,
        emptySince: null,
        aboveSince: null,
        crowdedSince: null,
        advertised: null,
      },
      ...{ drainAllUntil: null, inventoryAt: null, inventoryNotBefore: 0, inventoryFailures: 0 },
      listAwaitsAnswer: false,
      ...{
        connection: 'closed',
        terms: null,
        holdReason: null,
        heldSince: null,
        taskIndex: noTasks,
      },
      ...{ denials: 0, allowance: 30, notedBlockers: [] },
      ...{ cohorts: {}, breakers: {}, opened: 0, launched: 0, turnAllowance: 100, generation: 0 },
    });
    expect(isEmpty(fleet)).toBe(false);
    expect(fleet).toMatchObject({ swapping: false, adoption: noAdoption, remaining: null });
    expect(fleet).toMatchObject({
      ...{ decisionStale: false, loadsAreOld: false },
      ...{ policy: noEvidence, workersAhead: null, views: noViews },
      ...{ replacedFrom: null, fewerSince: null, spareSince: null },
    });
    expect(fleet.crashLoop).toEqual({ inARow: 0, at: 0 });
    expect(fleetCounts(fleet)).toEqual(noCounts);
  });

  it('counts the groups of its cohorts and those not yet restored into one', () => {
    const adoption = { ...noAdoption, adopting: owned };
    const fleet = fleetOf({ cohorts: { a: row(some), b: row(some) }, owned, resend, adoption });
    expect(fleetCounts(fleet)).toEqual({
      ...{
        pending: 2 + 1 + 2 + 1,
        absent: 0,
        denied: 0,
        unanswered: 0,
        idle: 4,
        busy: 6,
        drainPending: 8,
        resting: 0,
        cancelled: 12,
        stopping: 10,
        freed: 0,
        unsent: 4,
        unstoppedWorkers: 0,
        waiting: 0,
        missingWorkers: 0,
        surplusWorkers: 0,
        ...{ degraded: 0, degradedMissing: 0, degradedWorkers: 0, degradedIdleWorkers: 0 },
        aged: 0,
      },
    });
    expect(fleetCounts(fleetOf())).toEqual(noCounts);
  });

  it('knows whether every command has been answered', () => {
    const answered = { ...row({}), generation: 7, observedGeneration: 7 };
    const asked = { ...row({}), generation: 7, observedGeneration: 6 };
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
    [
      'may own what was listed',
      { inventoryAt: 10_100, adoption: { ...noAdoption, unconfirmed: 1 } },
      false,
    ],
    ['could not be listed', { inventoryFailures: 1 }, false],
    ['may not be listed', { denials: 3, journalIncomplete: false, opened: 1 }, true],
    ['may not be listed after a journal that has forgotten some', { denials: 3 }, false],
    [
      'may not be listed and has given up launches of an earlier run',
      { denials: 3, journalIncomplete: false, launchesGivenUp: 1 },
      false,
    ],
    ['may not be listed any more', { denials: 3, inventoryAt: 10_000 }, true],
    [
      'has given up a launch since its last list',
      { inventoryAt: 20_000, unknownOutcomeAt: 20_000 },
      false,
    ],
    [
      'was listed before a launch that was given up could show',
      { inventoryAt: 29_999, unknownOutcomeAt: 20_000 },
      false,
    ],
    [
      'was listed since it gave up a launch',
      { inventoryAt: 30_000, unknownOutcomeAt: 20_000 },
      true,
    ],
    [
      'may not be listed and has given up a launch',
      { denials: 3, unknownOutcomeAt: 20_000 },
      false,
    ],
    ['has cohorts', { inventoryAt: 10_100, cohorts: { a: row({}) } }, false],
    ['has tasks to take over', { inventoryAt: 10_100, owned }, false],
    ['has launches to send again', { inventoryAt: 10_100, resend }, false],
  ])('that %s may end its empty cohorts', (_, given, empty) => {
    expect(isEmpty(fleetOf(given))).toBe(empty);
  });
});

describe('a fleet that never had a task or a launch', () => {
  it.each([
    ['is empty without a look', {}, true],
    [
      'is not, where a look has shown a task',
      { adoption: { ...noAdoption, unconfirmed: 1 } },
      false,
    ],
    ['is not, once a cohort was opened', { opened: 1 }, false],
    ['is not, where the journal has given up launches', { launchesGivenUp: 1 }, false],
    ['is not, where the journal may have forgotten some', { journalIncomplete: true }, false],
    ['is not, where tasks are to be taken over', { owned }, false],
  ])('%s', (_, given, empty) => {
    expect(isEmpty(fleetOf({ journalIncomplete: false, ...given }))).toBe(empty);
  });
});

describe('a fleet manager that remains', () => {
  it.each([
    ['has not looked before the first inventory', {}, false],
    ['has looked after it', { inventoryAt: 500 }, true],
    [
      'has not looked while what it has shown is unconfirmed',
      { inventoryAt: 500, adoption: { ...noAdoption, unconfirmed: 1 } },
      false,
    ],
    ['has looked where it may not list', { denials: 3, journalIncomplete: false }, true],
    [
      'has not looked where a journal that has forgotten some is all there is',
      { denials: 3 },
      false,
    ],
    [
      'has not looked since it gave up a launch',
      { inventoryAt: 500, unknownOutcomeAt: 500 },
      false,
    ],
    [
      'has not looked when its list may lack what a launch that it gave up has started',
      { inventoryAt: 10_499, unknownOutcomeAt: 500 },
      false,
    ],
    [
      'has looked once such a list would show it',
      { inventoryAt: 10_500, unknownOutcomeAt: 500 },
      true,
    ],
  ])('%s', (_, given, looked) => {
    expect(remainingOf(fleetOf(given)).looked).toBe(looked);
  });
});

describe('a scheduler', () => {
  it('is present while its last heartbeat echo is recent', () => {
    expect(echoFreshAt(fleetOf(), 5000)).toBe(false);
    expect(echoFreshAt(fleetOf({ lastEchoAt: 1000 }), 7000)).toBe(true);
    expect(echoFreshAt(fleetOf({ lastEchoAt: 1000 }), 7001)).toBe(false);
  });

  it('counts as returned for half a minute', () => {
    expect(returnedLately(fleetOf(), 9000)).toBe(false);
    expect(returnedLately(fleetOf({ returnedAt: 2000 }), 31_999)).toBe(true);
    expect(returnedLately(fleetOf({ returnedAt: 2000 }), 32_000)).toBe(false);
  });

  it('is not silent while this process stands still', () => {
    const fleet = fleetOf({ now: 1000, quietSince: 500 });
    expect(quietSinceAt(fleet, 11_000)).toBe(500);
    expect(quietSinceAt(fleet, 11_001)).toBe(500 + 10_001);
  });
});

it('the first cohort with room is found, counting draining groups', () => {
  const cohorts = { a: row({ pending: 50, stopping: 45 }), b: row({ busy: 90 }), c: row({}) };
  expect(cohortWithRoom(fleetOf({ cohorts }), 5)).toBe('a');
  expect(cohortWithRoom(fleetOf({ cohorts }), 6)).toBe('b');
  expect(cohortWithRoom(fleetOf({ cohorts }), 11)).toBe('c');
  expect(cohortWithRoom(fleetOf({ cohorts }), 101)).toBeUndefined();
});

describe('the capacity advertised to the scheduler', () => {
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

it('counts what remains: tasks of cohorts, of the journal and of no group yet, and open launches', () => {
  const fleet = fleetOf({
    ...{ owned, resend, cohorts: { a: row({}, 2) }, taskIndex: { ...noTasks, size: 2 } },
    adoption: { ...noAdoption, unconfirmed: 1, adopting: owned },
  });
  expect(remainingOf(fleet)).toEqual({ tasks: 2 + 1 + 1 + 1, launches: 3, looked: false });
});
