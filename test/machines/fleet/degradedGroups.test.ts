import { describe, expect, it } from 'vitest';
import { degradedIsSpare, drainOneDegraded } from '../../../machines/fleet/degradedGroups.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { newFleet } from '../../../machines/fleet/state.ts';
import { fleetInput, readyManager } from '../../support/liveManager.ts';

describe('groups that have lost some of their workers for good', () => {
  const fourEach = { workersPerTask: 4, maxTasks: 8 };
  const lost = (given: object) => ({
    missingWorkers: 4,
    degraded: 4,
    degradedMissing: 4,
    ...given,
  });
  const kinds = (orders: { type: string }[]) => orders.map(({ type }) => type);

  it('are not drained when more workers are desired than they have, nor replaced above the limit', async () => {
    const { command, report, orders, tick } = await readyManager({}, { ...fourEach, maxTasks: 4 });
    command(16);
    report({ busy: 4 });
    orders();
    report({ busy: 4, missingWorkers: 12, degraded: 4, degradedMissing: 12 });
    command(5);
    tick(13_000);
    expect(kinds(orders()).filter((type) => type !== 'cohort.poll')).toEqual([]);
  });

  it('are replaced where more workers are desired than there are, and none is stopped before', async () => {
    const { command, report, orders, fleet } = await readyManager({}, fourEach);
    command(16);
    report({ busy: 4 });
    orders();
    command(16);
    report({ busy: 4, ...lost({}) });
    expect(fleet().desired).toBe(5);
    expect(kinds(orders())).toEqual(['cohort.admit']);
    // It serves: the others have all the workers that are desired without one of the degraded.
    report({ busy: 4, idle: 1, ...lost({ degradedWorkers: 1, degradedIdleWorkers: 0 }) });
    expect(kinds(orders())).toEqual([]);
    const spare = { degradedWorkers: 1, degradedIdleWorkers: 1 };
    report({ busy: 3, idle: 2, ...lost({ missingWorkers: 3, ...spare }) });
    expect(orders()).toMatchObject([{ type: 'cohort.drain', idle: 0, degraded: 1 }]);
  });

  it('are kept while their workers are desired', async () => {
    const { command, report, orders } = await readyManager({}, fourEach);
    command(15);
    report({ busy: 4 });
    orders();
    report({
      ...{ busy: 3, idle: 1, missingWorkers: 1, degraded: 1, degradedMissing: 1 },
      ...{ degradedWorkers: 3, degradedIdleWorkers: 3 },
    });
    expect(kinds(orders())).toEqual([]);
  });

  it('are not replaced before their workers had time to find a scheduler that has come back', async () => {
    const { actor, at, command, report, orders, fleet } = await readyManager({}, fourEach);
    command(4);
    report({ busy: 1 });
    actor.send({ type: 'scheduler.lost', at: 11_000 });
    report({ busy: 1, missingWorkers: 1, degraded: 1, degradedMissing: 1 });
    orders();
    for (const now of [20_000, 30_000, 40_000, 49_000]) at(now);
    expect(fleet().desired).toBe(1);
    expect(kinds(orders())).not.toContain('cohort.admit');
    at(50_000);
    expect(fleet().desired).toBe(2);
    expect(kinds(orders())).toContain('cohort.admit');
  });
});

describe('the cooldown of a degraded group that the others can do without', () => {
  const spareIn = async () => {
    const all = await readyManager({}, { workersPerTask: 4, scaleDownCooldownMs: 30_000 });
    const there = (kind: object, degradedIdleWorkers: number) =>
      all.report({
        ...{ ...kind, missingWorkers: 1, degraded: 1, degradedMissing: 1 },
        ...{ degradedWorkers: 3, degradedIdleWorkers },
      });
    all.command(8);
    all.report({ busy: 2 });
    const drains = () => all.orders().filter(({ type }) => type === 'cohort.drain');
    return {
      ...all,
      drains,
      isIdle: () => there({ busy: 2, idle: 1 }, 3),
      works: () => there({ busy: 3 }, 0),
    };
  };

  it('counts from when they can, whatever work it has meanwhile, and ends at an idle moment', async () => {
    const { at, isIdle, works, drains } = await spareIn();
    at(11_000);
    works();
    at(20_000);
    isIdle();
    at(38_000);
    works();
    at(40_000);
    isIdle();
    expect(drains()).toEqual([]);
    works();
    at(41_000);
    expect(drains()).toEqual([]);
    at(60_000);
    isIdle();
    expect(drains()).toMatchObject([{ degraded: 1, idle: 0 }]);
  });

  it('counts anew once its workers are needed', async () => {
    const { at, command, isIdle, works, drains } = await spareIn();
    at(11_000);
    works();
    at(30_000);
    command(9);
    command(8);
    at(42_000);
    isIdle();
    expect(drains()).toEqual([]);
    at(60_000);
    expect(drains()).toMatchObject([{ degraded: 1 }]);
  });
});

describe('the degraded idle group with the fewest workers', () => {
  const fleetOf = (given: object) => ({ ...newFleet(fleetInput), ...given });
  // Two workers each: three are connected.
  const counts = { ...noCounts, busy: 1, idle: 1, missingWorkers: 1, degradedIdleWorkers: 1 };

  it.each([
    ['is to spare when the others have all workers that are desired', { desiredWorkers: 2 }, true],
    ['is not when they do not', { desiredWorkers: 3 }, false],
    ['is not when the work needs more', { desiredWorkers: 2, workersAhead: 3 }, false],
    ['is not while nothing is desired in workers', { desiredWorkers: null }, false],
  ])('%s', (_, given, isSpare) => {
    expect(degradedIsSpare(fleetOf(given), counts)).toBe(isSpare);
  });

  it('is to spare only where there is one', () => {
    const none = { ...counts, degradedIdleWorkers: 0 };
    expect(degradedIsSpare(fleetOf({ desiredWorkers: 1 }), none)).toBe(false);
  });

  it('is drained by its cohort', () => {
    const cohort = (degradedIdleWorkers: number) => ({
      ...{ counts: { ...noCounts, degradedIdleWorkers }, launches: 0 },
      ...{ generation: 0, observedGeneration: 0, lastPolledAt: 0 },
    });
    const cohorts = { a: cohort(0), b: cohort(3), c: cohort(1), d: cohort(2) };
    const sent: unknown[] = [];
    const enqueue = { assign: () => {}, sendTo: (...args: unknown[]) => sent.push(args) };
    drainOneDegraded(fleetOf({ cohorts }), enqueue as never);
    expect(sent).toMatchObject([['c', { type: 'cohort.drain', degraded: 1, idle: 0 }]]);
  });
});

it('workers that groups have beyond what the settings say are not launched once more', async () => {
  const { at, command, report, fleet } = await readyManager(
    {},
    { workersPerTask: 2, maxTasks: 40 },
  );
  at(11_000);
  command(4);
  report({ idle: 8, surplusWorkers: 16 });
  for (const [workers, tasks] of [
    [32, 8],
    [36, 10],
    [10, 1],
    [0, 0],
  ] as const) {
    command(workers);
    expect(fleet().desired).toBe(tasks);
  }
});

it('nor are they while a scheduler that was not there for a while is still returning', async () => {
  const { actor, at, command, report, orders, fleet } = await readyManager(
    {},
    { workersPerTask: 1 },
  );
  command(5);
  report({ idle: 5, surplusWorkers: 15 });
  actor.send({ type: 'scheduler.lost', at: 11_000 });
  orders();
  at(20_000);
  command(20);
  expect(fleet().desired).toBe(5);
  at(49_000);
  expect(orders().map(({ type }) => type)).not.toContain('cohort.admit');
  command(21);
  expect(fleet().desired).toBe(6);
});
