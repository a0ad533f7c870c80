import { describe, expect, it } from 'vitest';
import type { LaunchPlan } from '../../../machines/cohort/groupRecords.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import type { FleetSettings } from '../../../machines/fleet/state.ts';
import { billOf } from '../../../machines/shared/bill.ts';
import {
  fastManager,
  liveManager,
  orphan,
  readyManager,
  tasksOf,
} from '../../support/liveManager.ts';

const launchesIn = (orders: object[]) =>
  orders.flatMap((order) => (order as { launches?: LaunchPlan[] }).launches ?? []);
const sizesIn = (orders: object[]) => launchesIn(orders).map(({ groupIds }) => groupIds.length);

describe('groups that drain at an idle moment', () => {
  it('have their drains cancelled before anything is launched', async () => {
    const { at, command, report, orders, answered, fleet } = await readyManager();
    at(11_000);
    command(2 * 5);
    report({ busy: 2, drainPending: 2, cancelled: 1 });
    const [, reprieve] = orders();
    expect(reprieve).toEqual({ type: 'cohort.cancelDrain', generation: 2, most: 3 });
    expect(fleet().cohorts['cohort.0']).toMatchObject({ generation: 2, observedGeneration: 1 });
    expect(fleet().generation).toBe(2);
    report({ busy: 2, drainPending: 1 });
    expect(orders()).toEqual([{ type: 'cohort.cancelDrain', generation: 3, most: 1 }]);
    answered();
    expect(sizesIn(orders())).toEqual([2]);
  });
});

describe('groups that boot beyond what is desired', () => {
  it('stay for the work of workers that the scheduler counts and whose groups have ended', async () => {
    const { actor, at, command, report, orders } = await readyManager({}, { tasksPerWorker: 4 });
    at(11_000);
    command(2 * 2);
    report({ pending: 1, busy: 1 });
    orders();
    const work = { at: 11_000, workers: 6, own: 6, otherManagers: 0, everyMs: 1000 };
    actor.send({ type: 'monitor.work', at: 11_000, work: { ...work, tasks: 3 } });
    command(2);
    expect(orders()).toEqual([]);
    actor.send({ type: 'monitor.work', at: 11_000, work: { ...work, tasks: 2 } });
    expect(orders()).toMatchObject([{ type: 'cohort.drain', pending: 1, idle: 0, busy: 0 }]);
  });
});

describe('a command without an answer', () => {
  it('blocks planning until the cohort has answered', async () => {
    const { at, command, report, orders, fleet, actor } = await readyManager();
    at(11_000);
    command(2 * 2);
    report({ busy: 2 });
    command(2);
    expect(orders().at(-1)).toMatchObject({ type: 'cohort.drain', busy: 1 });
    report({ busy: 1, drainPending: 1 });
    command(2 * 2);
    expect(orders()).toMatchObject([{ type: 'cohort.cancelDrain', generation: 3 }]);
    // It crossed a report of the same cohort, whose group had stopped waiting.
    const stale = {
      type: 'cohort.changed',
      cohortId: 'cohort.0',
      generation: 2,
      launches: 0,
      ended: 0,
    } as const;
    actor.send({ ...stale, counts: { ...noCounts, busy: 1, stopping: 1 } });
    command(2);
    expect(orders()).toEqual([]);
    report({ busy: 1, stopping: 1 });
    expect(orders()).toEqual([]);
    expect(fleet().cohorts['cohort.0']).toMatchObject({
      generation: 3,
      observedGeneration: 3,
      counts: { busy: 1 },
    });
  });
});

describe('surplus groups', () => {
  it('are drained where nothing runs for them, not where an orphan was just taken over, above the limit', async () => {
    const { at, command, report, orders, fleet, inventoried, clock, answered } = await readyManager(
      {},
      { maxTasks: 3, inventoryEveryMs: 5000 },
    );
    at(11_000);
    command(2 * 3);
    report({ pending: 3, absent: 1 }, 1);
    at(15_000);
    await inventoried({ tasks: [orphan('arn:0')] });
    at(21_000);
    await inventoried({ tasks: [orphan('arn:0')] });
    clock.increment(1);
    report({ pending: 1 });
    expect(Object.values(fleet().cohorts).map(({ counts }) => counts.pending)).toEqual([3, 1]);
    orders();
    at(22_000);
    at(32_000);
    expect(orders().filter(({ type }) => type === 'cohort.drain')).toMatchObject([{ pending: 1 }]);
    answered();
    expect(Object.values(fleet().cohorts).map(({ counts }) => counts.pending)).toEqual([2, 1]);
  });

  it('are drained in time, the idle first, and once', async () => {
    const { at, command, report, orders, fleet, answered } = await readyManager();
    at(11_000);
    command(2 * 6);
    report({ pending: 1, idle: 2, busy: 3 });
    orders();
    command(2 * 2);
    expect(orders()).toEqual([
      {
        ...{ type: 'cohort.drain', generation: 2, at: 11_000, until: 311_000 },
        ...{ pending: 1, idle: 2, busy: 1, reason: 'no longer desired: 4 workers desired' },
        of: { pending: 1, idle: 2, busy: 3 },
      },
    ]);
    expect(fleet().generation).toBe(2);
    expect(fleet().cohorts['cohort.0']).toMatchObject({ generation: 2, observedGeneration: 1 });
    at(12_000);
    answered();
    at(13_000);
    expect(orders().filter(({ type }) => type === 'cohort.drain')).toEqual([]);
  });

  it('are kept for half a minute after the scheduler came back', async () => {
    const { actor, at, command, report, orders } = await readyManager();
    const drains = () => orders().filter(({ type }) => type === 'cohort.drain');
    command(2 * 2);
    report({ busy: 2 });
    actor.send({ type: 'scheduler.lost', at: 0 });
    at(11_000);
    command(0);
    at(40_999);
    expect(drains()).toEqual([]);
    at(41_000);
    expect(drains()).toHaveLength(1);
  });
});

describe('a scheduler that does not answer within its grace', () => {
  const drainsIn = (orders: { type: string }[]) =>
    orders.filter(({ type }) => type === 'cohort.drain');

  it.each(['lost', 'silent'])('drains and launches nothing while it is %s', async (how) => {
    const { actor, at, tick, command, report, orders } = await readyManager();
    at(11_000);
    command(2 * 2);
    report({ pending: 4 });
    orders();
    if (how === 'lost') actor.send({ type: 'scheduler.lost', at: 11_000 });
    tick(18_000);
    report({ busy: 4 });
    report({ idle: 1, drainPending: 1 });
    report({ busy: 1 });
    tick(19_000);
    const types = orders().map(({ type }) => type);
    expect(types.filter((type) => type !== 'cohort.poll')).toEqual([]);
  });

  it('obeys the same desire again once it answers', async () => {
    const { at, tick, command, report, orders } = await readyManager();
    at(11_000);
    command(2 * 2);
    report({ pending: 4 });
    tick(18_000);
    report({ busy: 4 });
    orders();
    at(19_000);
    expect(drainsIn(orders())).toMatchObject([{ busy: 2 }]);
  });

  it('does not keep more than the limit allows', async () => {
    const { at, tick, command, report, orders } = await readyManager({}, { maxTasks: 3 });
    at(11_000);
    command(2 * 3);
    report({ pending: 2, busy: 2 });
    tick(20_000);
    orders();
    tick(30_000);
    expect(drainsIn(orders())).toMatchObject([
      { pending: 1, busy: 0, reason: 'more than max_task_concurrency allows' },
    ]);
  });
});

describe('a fleet that stops', () => {
  it('drains all groups by one deadline, and shortens the deadline of draining ones once', async () => {
    const { actor, clock, at, orders, fleet, report, answered } = await readyManager({
      owned: tasksOf(250),
    });
    for (let i = 0; i < 3; i++) {
      clock.increment(1);
      answered();
    }
    report({ drainPending: 50 });
    orders();
    actor.send({ type: 'fleet.stop' });
    const drain = {
      type: 'cohort.drain',
      generation: 4,
      at: 10_000,
      until: 40_000,
      idle: 0,
      busy: 0,
      reason: 'the daemon stops',
    };
    expect(orders()).toEqual([
      { ...drain, pending: 100 },
      { ...drain, pending: 100 },
      { ...drain, pending: 0 },
    ]);
    expect(fleet().drainAllUntil).toBe(40_000);
    answered();
    at(11_000);
    const drains = () => orders().filter(({ type }) => type === 'cohort.drain');
    expect(drains()).toEqual([]);
    report({ busy: 2 });
    expect(drains()).toEqual([{ ...drain, generation: 5, at: 11_000, pending: 0, busy: 2 }]);
  });
});

it('tells every cohort that no group waits any longer when everything is to stop now', async () => {
  const { actor, clock, at, orders, fleet, report, answered } = await readyManager({
    owned: tasksOf(2),
  });
  clock.increment(1);
  answered();
  report({ busy: 2 });
  actor.send({ type: 'fleet.stop' });
  answered();
  at(12_000);
  orders();
  actor.send({ type: 'fleet.stopNow' });
  expect(orders()).toEqual([
    expect.objectContaining({ type: 'cohort.drain', at: 12_000, until: 12_000 }),
  ]);
  expect(fleet().drainAllUntil).toBe(12_000);
});

it('launches and drains nothing any more once the tasks are left to the next start', async () => {
  const { actor, clock, at, orders, command, report, answered } = await readyManager({
    owned: tasksOf(2),
  });
  clock.increment(1);
  answered();
  report({ idle: 2 });
  actor.send({ type: 'fleet.leave' });
  orders();
  command(5);
  at(60_000);
  command(0);
  at(61_000);
  expect(orders().filter(({ type }) => /admit|drain/.test(type))).toEqual([]);
});

it('reports what remains from the order to stop on, at each change', async () => {
  const { actor, clock, at, answered, reportOf, hears } = await readyManager({ owned: tasksOf(2) });
  clock.increment(1);
  answered();
  actor.send({ type: 'cohort.tasksChanged', cohortId: 'cohort.0', added: ['0', '1'], removed: [] });
  const remaining = () =>
    hears().flatMap((event) => (event.type === 'fleet.remaining' ? [{ ...event }] : []));
  at(11_000);
  expect(remaining()).toEqual([]);
  actor.send({ type: 'fleet.stop' });
  expect(remaining()).toEqual([{ type: 'fleet.remaining', tasks: 2, launches: 0, looked: true }]);
  answered();
  at(12_000);
  expect(remaining()).toEqual([]);
  actor.send({ type: 'cohort.tasksChanged', cohortId: 'cohort.0', added: [], removed: ['0'] });
  reportOf('cohort.0', { stopping: 1 }, 0, 0);
  const one = { type: 'fleet.remaining', tasks: 1, launches: 0, looked: true };
  expect(remaining()).toEqual([one]);
  reportOf('cohort.0', { stopping: 1 }, 1, 0);
  expect(remaining()).toEqual([{ ...one, launches: 1 }]);
  actor.send({
    ...{ type: 'cohort.launchFailed', cohortId: 'cohort.0', kind: 'refused', reason: 'no' },
    ...{ market: 'onDemand', mayHaveStarted: 1 },
  });
  reportOf('cohort.0', { stopping: 1 }, 1, 0);
  expect(remaining()).toEqual([{ ...one, launches: 1, looked: false }]);
});

it('does not drain groups that have lost workers while more than are connected are wanted', async () => {
  const { orders, fleet, actor, command, tick, report } = await readyManager({}, { maxTasks: 4 });
  command(8);
  report({ busy: 4 });
  orders();
  report({ busy: 4, missingWorkers: 4 });
  command(5);
  tick(12_000);
  const drains = () => orders().filter(({ type }) => type === 'cohort.drain');
  expect(drains()).toEqual([]);
  // Two workers are too many: no more than one whole group may go.
  command(2);
  tick(13_000);
  expect(drains()).toMatchObject([{ type: 'cohort.drain', busy: 1 }]);
  // A scheduler that asks for tasks one by one names no workers.
  expect(fleet().desiredWorkers).toBe(2);
  actor.send({ type: 'scheduler.startRequested', at: 14_000 });
  expect(fleet().desiredWorkers).toBeNull();
  command(2);
  actor.send({ type: 'scheduler.shutdownRequested', at: 14_000, taskIds: [] });
  expect(fleet().desiredWorkers).toBeNull();
});

describe('groups that boot beyond what is desired, of a fleet', () => {
  const work = { at: 11_000, workers: 6, own: 6, otherManagers: 0, everyMs: 1000 };
  const booting = async (tasksPerWorker: number | null, tasks: number | null, counts: object) => {
    const { actor, at, command, report, orders } = await readyManager({}, { tasksPerWorker });
    at(11_000);
    command(2 * 3);
    report(counts);
    if (tasks !== null) actor.send({ type: 'monitor.work', at: 11_000, work: { ...work, tasks } });
    orders();
    command(2);
    return orders();
  };

  it.each([
    ['that is not shown any work', 4, null],
    ['that does not grow to its work', null, 2],
  ])('%s, stay', async (_, tasksPerWorker, tasks) => {
    expect(await booting(tasksPerWorker, tasks, { pending: 2, busy: 1 })).toEqual([]);
  });

  it('that grows to its work, stay as long as their workers could get a task', async () => {
    expect(await booting(4, 3, { pending: 2, busy: 1 })).toMatchObject([{ pending: 1, busy: 0 }]);
  });
});

it('groups at work are drained when fewer have been desired for the whole cooldown', async () => {
  const { at, command, report, orders, fleet } = await readyManager(
    {},
    { scaleDownCooldownMs: 60_000 },
  );
  const drains = () => orders().filter(({ type }) => type === 'cohort.drain');
  at(11_000);
  command(2 * 3);
  report({ busy: 3 });
  command(2);
  expect(fleet().fewerSince).toBe(11_000);
  at(70_999);
  expect(drains()).toEqual([]);
  at(71_000);
  expect(drains()).toMatchObject([{ busy: 2 }]);
});

describe('groups that cost more in an hour than they may', () => {
  const drainsIn = (orders: { type: string }[]) =>
    orders.filter(({ type }) => type === 'cohort.drain');
  /** Three tasks of an earlier run. */
  const costing = (perHour: number, revised: Partial<FleetSettings> = {}, tasks = 3) => {
    const prices = { onDemand: 1, spot: 1, minimumMs: 60_000 };
    const limits = { perHour, perDay: null, total: null };
    const all = liveManager(
      { owned: tasksOf(3), startedAt: 5000 },
      {
        money: { prices, limits, onLimit: 'drain' },
        workersPerTask: 1,
        returnGraceMs: 0,
        ...revised,
      },
    );
    all.clock.increment(1);
    const billed = Array.from({ length: tasks }, () => ({ market: 'onDemand' as const, from: 0 }));
    const bill = billOf(billed, 0, prices, 5000);
    all.actor.send({ type: 'cohort.billed', cohortId: 'cohort.0', bill });
    return all;
  };
  const since = async (all: ReturnType<typeof costing>, counts: object) => {
    await all.ready();
    all.report(counts);
    all.orders();
    return all;
  };

  it('are drained once their cost is known, half a minute after the start', async () => {
    const { at, orders } = await since(costing(2), { busy: 3 });
    at(34_999);
    expect(drainsIn(orders())).toEqual([]);
    at(35_000);
    expect(drainsIn(orders())).toMatchObject([
      { busy: 1, reason: 'more than a money limit allows' },
    ]);
  });

  it('are kept until a first list is complete', () => {
    const { at, orders, report, actor } = costing(2);
    report({ busy: 3 });
    for (let now = 8000; now <= 60_000; now += 4000) at(now);
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'recovering' });
    expect(drainsIn(orders())).toEqual([]);
  });

  it.each([
    [1, 1],
    [3, 0],
  ])('are drained down to the lower one of two limits (%i tasks)', async (maxTasks, busy) => {
    const counts = { pending: 1, busy: 2 };
    const { at, orders, command, fleet } = await since(costing(2, { maxTasks }), counts);
    command(3);
    at(35_000);
    expect(drainsIn(orders())).toMatchObject([{ pending: 1, busy }]);
    expect(fleet().desired).toBe(3);
  });

  it('are drained for the limit of tasks where the limit of money allows those that stay', async () => {
    const all = costing(3, { maxTasks: 2 }, 4);
    const { at, orders } = await since(all, { busy: 3, stopping: 1 });
    at(35_000);
    expect(drainsIn(orders())).toMatchObject([
      { busy: 1, reason: 'more than max_task_concurrency allows' },
    ]);
  });

  it('are drained down to what is desired, without a cooldown', async () => {
    const { at, orders, command } = await since(costing(2, { scaleDownCooldownMs: 600_000 }), {
      busy: 3,
    });
    command(1);
    at(35_000);
    expect(drainsIn(orders())).toMatchObject([
      { busy: 2, reason: 'no longer desired: 1 workers desired' },
    ]);
  });

  it('are not launched again for a scheduler that asks for tasks one by one', async () => {
    const counts = { pending: 1, idle: 1, busy: 2 };
    const { at, orders, actor, fleet } = await since(costing(1), counts);
    actor.send({ type: 'scheduler.startRequested', at: 10_000 });
    expect(fleet().desired).toBe(5);
    at(35_000);
    expect(drainsIn(orders())).toMatchObject([{ pending: 1, idle: 1, busy: 1 }]);
    expect(fleet().desired).toBe(2);
  });

  it('are not desired by a scheduler that has only released tasks', async () => {
    const { at, orders, actor, fleet } = await since(costing(1), { busy: 3 });
    actor.send({ type: 'scheduler.shutdownRequested', at: 10_000, taskIds: [] });
    at(35_000);
    expect(drainsIn(orders())).toMatchObject([{ busy: 2 }]);
    expect(fleet().desired).toBeNull();
  });
});

it('a scheduler that asks for tasks one by one desires as many after too many were drained', async () => {
  const { at, actor, report, orders, fleet } = await readyManager();
  at(11_000);
  actor.send({ type: 'scheduler.startRequested', at: 11_000 });
  report({ busy: 1 });
  actor.send({ type: 'scheduler.startRequested', at: 11_000 });
  report({ busy: 3 });
  expect(orders().at(-1)).toMatchObject({ type: 'cohort.drain', busy: 1 });
  expect(fleet().desired).toBe(2);
});

it('what blocks launches is reported at each change, once every cohort has reported', async () => {
  const { actor, at, command, answered, blockers } = await readyManager();
  const hold = (reason: string) => actor.send({ type: 'fleet.hold', at: 11_000, reason });
  at(11_000);
  command(2);
  hold('an upgrade');
  answered();
  expect(blockers).toEqual([]);
  command(6);
  at(12_000);
  hold('costs');
  at(13_000);
  const held = { missing: 2, kinds: ['held'] };
  expect(blockers).toEqual([held, held]);
  command(2);
  expect(blockers).toEqual([held, held, { missing: 0, kinds: [] }]);
});

it('launches nothing during a mismatch of releases, and goes on after it', async () => {
  const { actor, at, admitted, command } = await fastManager();
  at(11_000);
  actor.send({ type: 'scheduler.mismatch', at: 11_000, reason: 'workers of 2.6.0' });
  command(4);
  at(12_000);
  expect(admitted()).toEqual([]);
  actor.send({ type: 'scheduler.mismatch', at: 12_000, reason: null });
  at(13_000);
  expect(admitted()).toHaveLength(1);
});

describe('a command beside groups that drain', () => {
  it('cancels drains before it launches', async () => {
    const { at, cohort, admitted, command, reportOf } = await fastManager();
    at(20_000);
    command(8);
    expect(admitted()).toHaveLength(1);
    reportOf('cohort.0', { busy: 1, drainPending: 2 }, 0, 0);
    expect(cohort.told.at(-1)).toMatchObject({ type: 'cohort.cancelDrain', most: 2 });
    reportOf('cohort.0', { busy: 3 }, 0, 0);
    expect(admitted().at(-1)?.groupIds).toHaveLength(1);
  });

  it('shortens drain deadlines once the daemon stops', async () => {
    const { actor, at, cohort, command, reportOf } = await fastManager();
    at(20_000);
    command(8);
    reportOf('cohort.0', { drainPending: 4 }, 0, 0);
    actor.send({ type: 'fleet.stop' });
    expect(cohort.told.at(-1)).toMatchObject({ type: 'cohort.drain', until: 50_000 });
  });
});

describe('a scheduler that goes and comes back', () => {
  it('gets no launches while its connection is lost, however fresh its last echo', async () => {
    const { actor, at, admitted, command } = await fastManager();
    at(20_000);
    actor.send({ type: 'scheduler.lost', at: 0 });
    command(8);
    actor.send({ type: 'tick', now: 21_000 });
    expect(admitted()).toEqual([]);
    at(22_000);
    at(23_000);
    expect(admitted()).toHaveLength(1);
  });

  it('stops no group for half a minute when it desires fewer, because its workers have not returned', async () => {
    const owned = tasksOf(1);
    const { actor, at, answered, clock, cohort, command } = await fastManager({ owned });
    clock.increment(1);
    answered();
    at(20_000);
    command(2);
    actor.send({ type: 'scheduler.lost', at: 0 });
    at(30_000);
    command(0);
    at(59_999);
    const drains = () => cohort.told.filter(({ type }) => type === 'cohort.drain');
    expect(drains()).toEqual([]);
    at(60_000);
    expect(drains()).toHaveLength(1);
  });
});
