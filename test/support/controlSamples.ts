import type { GroupStatus } from '../../machines/cohort/groupStatus.ts';
import { groupStatus } from '../../machines/cohort/groupStatus.ts';
import { trip } from '../../machines/fleet/circuitBreaker.ts';
import { fleetStatus } from '../../machines/fleet/fleetStatus.ts';
import { noCounts } from '../../machines/fleet/plan.ts';
import { type Fleet, newFleet } from '../../machines/fleet/state.ts';
import type { EndedSummary, Status } from '../../src/control/api.ts';
import { counted } from './cohortTotals.ts';
import { fleetInput, fleetSettings, servingModes } from './liveManager.ts';
import { arn, rowOf, serves } from './rows.ts';

/** Noon of a day, local time. */
export const noon = new Date(2026, 10, 26, 12, 0, 0).getTime();

export const died = (given: Partial<EndedSummary> = {}): EndedSummary => ({
  ...{ groupId: 'e-9-0', taskArn: arn('deadbeef00'), cause: 'startFailed' },
  detail: 'CannotPullContainerError: a/b:c: not found',
  ...{
    createdAt: noon - 90_000,
    runningAt: null,
    registeredAt: null,
    endedAt: noon - 60_000,
    usd: 0.0031,
  },
  ...given,
});

/** A busy daemon with trouble: a breaker, a hold, degraded groups, a death. */
export function statusSample(given: Partial<Fleet> = {}, held = true): Status {
  const failure = {
    ...{ cause: 'quota' as const, reason: 'the limit is reached', market: null, subnets: [] },
    ...{ groupId: null, signal: 'launched' as const },
  };
  const fleet: Fleet = counted({
    ...newFleet({ ...fleetInput, settings: { ...fleetSettings, maxTasks: 10 }, startedAt: noon }),
    ...{ revision: 'rev:1', lastEchoAt: noon - 1000, now: noon, desired: 8, desiredWorkers: 16 },
    ...{ inventoryAt: noon - 5000, holdReason: 'new image', heldSince: noon - 30_000 },
    breakers: trip({}, failure, noon - 10_000),
    cohorts: {
      'cohort.0': {
        counts: { ...noCounts, pending: 1, idle: 1, busy: 3, stopping: 1 },
        ...{ launches: 0, generation: 1, observedGeneration: 1, lastPolledAt: noon },
      },
    },
    ...given,
  });
  return {
    ...{ at: noon, release: '0.1.0', pid: 42, startedAt: noon - 7_500_000, manager: 'wm-ecs' },
    scheduler: {
      ...{ address: 'tcp://127.0.0.1:8516', generation: 'g4', releases: 'Scaler 2.7 or newer' },
      ...{ transport: 'ymq', workerRelease: '2.9.0' },
    },
    aws: {
      ...{ region: 'us-east-1', cluster: 'scaler-cluster', mark: 'se-x', state: 'serving' },
      trouble: null,
    },
    fleet: fleetStatus(fleet, { ...servingModes, hold: held ? 'held' : 'running' }),
    degraded: {
      count: 2,
      groups: [
        { groupId: 'e-1-3', taskArn: null, trouble: '1 of its 2 workers are at the scheduler' },
      ],
    },
    deaths: [died()],
  };
}

const load = (workers: number, tasks: number) => ({ workers, tasks, canceling: 0 });

/** One group of each state. */
export function groupSamples(): GroupStatus[] {
  const records = {
    'e-1-0': serves({ taskArn: arn('aaaa1111'), load: load(2, 7), createdAt: noon - 3_600_000 }),
    'e-1-1': serves({ taskArn: arn('bbbb2222'), load: load(2, 0), createdAt: noon - 120_000 }),
    'e-1-2': rowOf({ deadlinesFrom: noon - 4000 }),
    'e-1-3': serves({ taskArn: arn('cccc3333'), load: load(1, 3), createdAt: noon - 60_000 }),
    'e-1-10': serves({ drainRequested: true, load: load(2, 1), createdAt: noon - 90_000 }),
    'e-1-11': serves({ phase: 'stopping', drainRequested: true, createdAt: noon - 95_000 }),
  };
  return Object.entries(records).map(([id, record]) => groupStatus('cohort.0', id, record, 2));
}
