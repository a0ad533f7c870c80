import { describe, expect, it } from 'vitest';
import { trip } from '../../../machines/fleet/circuitBreaker.ts';
import { fleetStatus, groupTotals } from '../../../machines/fleet/fleetStatus.ts';
import { launchBlockers } from '../../../machines/fleet/launchGate.ts';
import { noCounts, total } from '../../../machines/fleet/plan.ts';
import { type Fleet, newFleet } from '../../../machines/fleet/state.ts';
import { fleetInput, servingModes as modes } from '../../support/liveManager.ts';

const fleetOf = (given: Partial<Fleet> = {}): Fleet => ({
  ...newFleet(fleetInput),
  ...{ revision: 'rev:1', lastEchoAt: 9000, now: 10_000, desired: 3, inventoryAt: 9000 },
  ...given,
});

describe('the status of the fleet', () => {
  it('has the blockers of the launch gate, since when they stand and whether they pass by themselves', () => {
    const failure = {
      ...{ cause: 'quota' as const, reason: 'no more', market: null, subnets: [], groupId: null },
      signal: 'launched' as const,
    };
    const fleet = fleetOf({ breakers: trip({}, failure, 4000), now: 5000, allowance: 0 });
    const { launching, breakers } = fleetStatus(fleet, modes);
    expect(launching.missing).toBe(3);
    expect(
      launching.blockers.map(({ kind, since, transient }) => [kind, since, transient]),
    ).toEqual([
      ['quota', 4000, false],
      ['rateAllowance', null, true],
    ]);
    expect(launching.blockers.map(({ kind }) => kind)).toEqual(
      launchBlockers(fleet, modes).map(({ kind }) => kind),
    );
    expect(breakers).toEqual(Object.values(fleet.breakers));
  });

  it('has a hold with its reason only while launches are held', () => {
    const fleet = fleetOf({ holdReason: 'a quota', heldSince: 8000 });
    expect(fleetStatus(fleet, modes).launching.hold).toBeNull();
    expect(fleetStatus(fleet, { ...modes, hold: 'held' }).launching.hold).toEqual({
      ...{ reason: 'a quota', since: 8000 },
    });
  });

  it('counts groups that are still to be put into a cohort as booting', () => {
    const owned = [{ groupId: 'a', taskArn: 'arn', createdAt: null, deadlinesFrom: 0 }];
    const { groups, queued } = fleetStatus(fleetOf({ owned }), modes);
    expect([groups.booting, groups.total, queued]).toEqual([1, 1, 1]);
  });

  it('has what the scheduler speaks, the limits and the inventory', () => {
    const terms = { transport: 'ymq', generation: 'g3', exact: '2.6.0', bare: false } as never;
    const fleet = fleetOf({
      ...{ connection: 'ready', terms, mismatch: 'too old', allowance: 7.9, advertised: 6 },
      ...{ inventoryFailures: 2, denials: 3 },
      adoption: { ...fleetOf().adoption, unconfirmed: 3 },
    });
    const { scheduler, limits, inventory, money } = fleetStatus(fleet, modes);
    const { maxTasks, workersPerTask, launchBurst, launchesPerSecond } = fleet.settings;
    expect(scheduler).toEqual({
      ...{ connection: 'ready', terms, lastEchoAt: 9000, mismatch: 'too old' },
    });
    expect(limits).toEqual({
      ...{ maxTasks, workersPerTask, launchBurst, launchesPerSecond, allowance: 7, advertised: 6 },
    });
    expect(inventory).toEqual({ at: 9000, failures: 2, unconfirmed: 3, denied: true });
    expect(money).toBeNull();
  });

  it('has what the tasks cost and the room under each limit of money, on the market of new tasks', () => {
    const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
    const limits = { perHour: 3.6, perDay: null, total: null };
    const room = (spot: boolean) => {
      const settings = { ...fleetInput.settings, spot };
      const paid = { ...settings, money: { prices, limits, onLimit: 'hold' as const } };
      return fleetStatus(fleetOf({ settings: paid }), modes).money;
    };
    expect(room(true)).toMatchObject({ usdPerHour: 0, usdTotal: 0, limits: [{ room: 10 }] });
    expect(room(false)).toMatchObject({ limits: [{ limit: 'perHour', room: 1 }] });
  });

  it('has what the scheduler asks, what its work needs, and why so many are desired', () => {
    const desiredWhy = 'scheduler asks 5, work needs 100';
    const fleet = fleetOf({ desired: 25, desiredWorkers: 5, workersAhead: 100, desiredWhy });
    expect(fleetStatus(fleet, modes)).toMatchObject({
      ...{ desired: 25, desiredWorkers: 5, workersAhead: 100, desiredWhy },
    });
  });

  it('is JSON', () => {
    const status = fleetStatus(fleetOf(), modes);
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
  });
});

it('the totals of the groups add up to all that cost money', () => {
  const counts = {
    ...noCounts,
    pending: 1,
    idle: 2,
    busy: 3,
    drainPending: 4,
    cancelled: 5,
    stopping: 6,
    waiting: 2,
  };
  const { running, booting, draining, stopping, ...totals } = groupTotals(counts);
  expect({ running, booting, draining, stopping }).toEqual({
    ...{ running: 5, booting: 1, draining: 11, stopping: 4 },
  });
  expect(totals.total).toBe(total(counts));
});
