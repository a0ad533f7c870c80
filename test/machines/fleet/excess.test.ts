import { describe, expect, it } from 'vitest';
import { excessConfirmed, nextExcess, overdueGroups } from '../../../machines/fleet/excess.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { type Fleet, newFleet } from '../../../machines/fleet/state.ts';
import { counted } from '../../support/cohortTotals.ts';
import { fleetInput, fleetSettings } from '../../support/liveManager.ts';

const settings = { ...fleetSettings, maxTasks: 5 };
const fleetOf = (given: Partial<Fleet>): Fleet =>
  counted({ ...newFleet({ ...fleetInput, settings }), ...given });
const row = (counts: object) => ({
  ...{ counts: { ...noCounts, ...counts }, launches: 0 },
  ...{ generation: 0, observedGeneration: 0, lastPolledAt: 0 },
});

describe('a number of groups above the limit', () => {
  const five = { a: row({ pending: 2, idle: 1, busy: 2, stopping: 9 }) };
  const six = { a: row({ pending: 2, idle: 2, busy: 2 }) };

  it('is dated from when it was first exceeded', () => {
    const next = (given: Partial<Fleet>) => {
      const { aboveSince, crowdedSince } = nextExcess(fleetOf(given), 70);
      return [aboveSince, crowdedSince];
    };
    const since = { aboveSince: 50, crowdedSince: 60 };
    const waiting = { a: row({ pending: 2, busy: 3, drainPending: 1 }) };
    expect(next({ cohorts: five, ...since })).toEqual([null, null]);
    expect(next({ cohorts: waiting })).toEqual([null, 70]);
    expect(next({ cohorts: waiting, ...since })).toEqual([null, 60]);
    expect(next({ cohorts: six })).toEqual([70, 70]);
    expect(next({ cohorts: six, ...since })).toEqual([50, 60]);
    const unlimited = { ...settings, maxTasks: null };
    expect(next({ cohorts: six, settings: unlimited, ...since })).toEqual([null, null]);
  });

  it('does not count those that wait and have nothing to do, and counts those that an operator drains', () => {
    const next = (counts: object) =>
      nextExcess(fleetOf({ cohorts: { a: row({ busy: 5, ...counts }) } }), 70).crowdedSince;
    expect(next({ drainPending: 2, resting: 2 })).toBeNull();
    expect(next({ drainPending: 2, resting: 1 })).toBe(70);
    expect(next({ stopping: 1, waiting: 1 })).toBe(70);
  });

  it('is certain after ten seconds', () => {
    expect(excessConfirmed(fleetOf({ now: 99_999 }))).toBe(false);
    expect(excessConfirmed(fleetOf({ aboveSince: 50, now: 10_049 }))).toBe(false);
    expect(excessConfirmed(fleetOf({ aboveSince: 50, now: 10_050 }))).toBe(true);
  });
});

describe('groups that wait at work, and are above the limit', () => {
  const overdue = (counts: object, given: Partial<Fleet> = {}) =>
    overdueGroups(
      fleetOf({ cohorts: { a: row(counts) }, crowdedSince: 50, now: 310_050, ...given }),
    );

  it('are overdue after five minutes, as many as are above it', () => {
    const counts = { busy: 4, drainPending: 3 };
    expect(overdue(counts)).toBe(2);
    expect(overdue(counts, { now: 310_049 })).toBe(0);
    expect(overdue(counts, { crowdedSince: null })).toBe(0);
    const unlimited = { ...settings, maxTasks: null };
    expect(overdue(counts, { settings: unlimited })).toBe(0);
  });

  it('are no more than wait, and none where there is room for all', () => {
    expect(overdue({ busy: 9, drainPending: 2, resting: 1, waiting: 1 })).toBe(2);
    expect(overdue({ busy: 3, drainPending: 2 })).toBe(0);
    expect(overdue({ busy: 1, drainPending: 2 })).toBe(0);
  });
});
