import { describe, expect, it } from 'vitest';
import { excessConfirmed, isCrowded, nextExcess } from '../../../machines/fleet/excess.ts';
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

  it('is overdue after ten seconds', () => {
    for (const [isConfirmed, key] of [
      [excessConfirmed, 'aboveSince'],
      [isCrowded, 'crowdedSince'],
    ] as const) {
      expect(isConfirmed(fleetOf({ now: 99_999 }))).toBe(false);
      expect(isConfirmed(fleetOf({ [key]: 50, now: 10_049 }))).toBe(false);
      expect(isConfirmed(fleetOf({ [key]: 50, now: 10_050 }))).toBe(true);
    }
  });
});
