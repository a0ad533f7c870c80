import { expect, it } from 'vitest';
import { noCounts } from '../../../../machines/fleet/plan.ts';
import { newFleet } from '../../../../machines/fleet/state.ts';
import { factsOf } from '../../../../src/daemon/watch/managerFacts.ts';
import { counted } from '../../../support/cohortTotals.ts';
import { fleetInput } from '../../../support/liveManager.ts';

const record = (phase: string, load: { workers: number } | null = null) => ({
  ...{ phase, registered: load !== null, load, drainRequested: phase === 'stopping' },
  ...{ workersLostSince: null, lastStatus: 'running', stopOverdue: false },
});

/** A snapshot with one cohort of these groups. */
const snapshotOf = (groups: Record<string, object>, given: object = {}) => {
  const status = { counts: noCounts, launches: 3, generation: 1, observedGeneration: 1 };
  const cohort = { getSnapshot: () => ({ context: { groups } }) };
  const fleet = {
    context: counted({
      ...newFleet({ ...fleetInput, startedAt: 0 }),
      ...{ cohorts: { 'cohort.1': { ...status, lastPolledAt: 0 } }, ...given },
    }),
    value: {
      ...{ lifecycle: 'active', scheduler: { absent: 'silent' }, inventory: 'idle' },
      ...{ monitor: 'connected', hold: 'held' },
    },
    children: { 'cohort.1': cohort },
  };
  return { value: 'serving', children: { fleetManager: { getSnapshot: () => fleet } } };
};

it('counts groups by state, and those of which workers are missing', () => {
  const groups = {
    a: record('running', { workers: 2 }),
    b: record('running', { workers: 1 }),
    c: record('running', { workers: 0 }),
    d: record('running'),
    e: record('stopping', { workers: 1 }),
    f: record('requested'),
  };
  const facts = factsOf(snapshotOf(groups) as never);
  expect(facts).toMatchObject({
    lifecycle: 'serving',
    groups: { requested: 1, provisioning: 0, running: 4, waiting: 0, held: 0, stopping: 1 },
    degraded: 2,
    openLaunches: 3,
    modes: { scheduler: 'absent', hold: 'held' },
  });
});

it('tells what holds launches back, without what is over within a second', () => {
  const facts = factsOf(
    snapshotOf({}, { desired: 5, allowance: 0, holdReason: 'stocks' }) as never,
  );
  expect(facts?.missing).toBe(5);
  expect(facts?.blockers.map(({ kind }) => kind)).toEqual([
    'schedulerSilent',
    'notPrepared',
    'held',
  ]);
});

it('knows nothing of a manager whose machines have not started', () => {
  expect(factsOf({ value: 'preparing', children: {} } as never)).toBeNull();
});
