import { describe, expect, it } from 'vitest';
import { launchesBesideUnstopped, missingOf } from '../../../machines/fleet/missing.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { type Fleet, newFleet } from '../../../machines/fleet/state.ts';
import { fleetInput, fleetSettings } from '../../support/liveManager.ts';

const settings = { ...fleetSettings, workersPerTask: 4 };
const fleetOf = (given: Partial<Fleet>): Fleet => ({ ...newFleet(fleetInput), settings, ...given });

it('so many are missing as are desired, after what drains was taken back', () => {
  const counts = { ...noCounts, busy: 1, drainPending: 2, cancelled: 3, stopping: 4 };
  expect(missingOf(fleetOf({ desired: 9 }), counts)).toBe(3);
  expect(missingOf(fleetOf({ desired: 9 }), { ...counts, unsent: 2 })).toBe(1);
});

describe('beside groups that StopTask fails to stop', () => {
  /** Three groups are missing where four are desired; so many workers serve on. */
  const beside = (unstoppedWorkers: number, given: Partial<Fleet>) => {
    const counts = { ...noCounts, busy: 1, stopping: 2, unstoppedWorkers };
    return launchesBesideUnstopped(fleetOf(given), counts);
  };
  const asked = (desiredWorkers: number) => ({ desired: 4, desiredWorkers });

  it('those are launched for which their workers do not suffice', () => {
    expect([0, 3, 4, 7, 8, 12, 16].map((n) => beside(n, asked(16)))).toEqual([
      ...[null, null, 2, 2, 1, 0, 0],
    ]);
  });

  it('none is launched for the last of the workers that are desired if one of theirs will do', () => {
    expect([0, 1, 4, 5].map((n) => beside(n, asked(13)))).toEqual([null, 2, 2, 1]);
  });

  it('as many are launched as the look ahead needs', () => {
    expect([3, 4].map((n) => beside(n, { ...asked(13), workersAhead: 16 }))).toEqual([null, 2]);
    expect(beside(1, { ...asked(13), workersAhead: 12 })).toBe(2);
  });

  it('whole groups count where the scheduler asks for groups', () => {
    expect([3, 4, 8].map((n) => beside(n, { desired: 3 }))).toEqual([null, 1, 0]);
    expect(beside(4, { desired: null })).toBe(null);
  });

  it('nothing is held back where nothing is missing', () => {
    expect(beside(4, { desired: 1, desiredWorkers: 4 })).toBe(null);
  });
});
