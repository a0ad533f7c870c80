import { describe, expect, it } from 'vitest';
import type { LaunchPlan } from '../../../machines/cohort/groupRecords.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { orphan, readyManager, tasksOf } from '../../support/liveManager.ts';

const launchesOf = (n: number): LaunchPlan[] =>
  Array.from({ length: n }, (_, i) => ({
    order: {
      ...{ label: `d-${i}`, clientToken: `se-d-${i}`, count: 10, revision: 'rev:0' },
      market: 'onDemand' as const,
    },
    groupIds: Array.from({ length: 10 }, (_, n) => `d-${i}-${n}`),
    outcomeUnknown: true,
  }));
const launchesIn = (orders: object[]) =>
  orders.flatMap((order) => (order as { launches?: LaunchPlan[] }).launches ?? []);
const sizesIn = (orders: object[]) => launchesIn(orders).map(({ groupIds }) => groupIds.length);
const admits = (orders: { type: string }[]) =>
  orders.filter(({ type }) => type === 'cohort.admit').map((order) => sizesIn([order]));

describe('the tasks of an earlier run', () => {
  it('are restored into cohorts of a hundred, one cohort in each turn, launches first', async () => {
    const resend = launchesOf(12);
    const given = { owned: tasksOf(130), resend, lastLaunchAt: 500 };
    const { actor, clock, cohorts, orders, fleet, tick, calls, inventoried, answered } =
      await readyManager(given);
    expect(calls.inventory).toHaveLength(0);
    clock.increment(1);
    expect(orders()).toEqual([
      { type: 'cohort.admit', generation: 1, at: 10_000, launches: resend.slice(0, 10) },
    ]);
    const { timeouts } = fleet().settings;
    expect(cohorts.lines[0]?.input).toEqual({
      cohortId: 'cohort.0',
      timeouts,
      workersPerTask: 2,
      monitorEverConnected: false,
      loadsAreOld: false,
    });
    expect(fleet()).toMatchObject({
      ...{ opened: 1, generation: 1, lastLaunchAt: 10_000, resend: resend.slice(10) },
      cohorts: {
        'cohort.0': {
          ...{ launches: 0, generation: 1, observedGeneration: 0, lastPolledAt: 0 },
          counts: noCounts,
        },
      },
    });
    answered();
    tick(11_000);
    orders();
    for (let turn = 0; turn < 3; turn++) {
      expect(Object.keys(fleet().cohorts)).toHaveLength(turn + 1);
      clock.increment(1);
      answered();
    }
    expect(orders()).toEqual([
      { type: 'cohort.admit', generation: 2, at: 11_000, launches: resend.slice(10) },
      { type: 'cohort.adopt', generation: 3, groups: given.owned.slice(0, 100) },
      { type: 'cohort.adopt', generation: 4, groups: given.owned.slice(100) },
    ]);
    const rows = Object.values(fleet().cohorts).map(({ counts, launches, generation }) => [
      ...[counts.pending, launches, generation],
    ]);
    expect(rows).toEqual([
      [100, 10, 1],
      [20, 2, 2],
      [100, 0, 3],
      [30, 0, 4],
    ]);
    expect(fleet()).toMatchObject({ owned: [], resend: [], lastLaunchAt: 11_000, opened: 4 });
    clock.increment(9);
    expect(actor.getSnapshot().context.opened).toBe(4);
    await inventoried({});
  });

  it('do not count as launched by this run', async () => {
    const { clock, fleet } = await readyManager({ owned: tasksOf(1), lastLaunchAt: 500 });
    clock.increment(1);
    expect(fleet()).toMatchObject({ opened: 1, lastLaunchAt: 500 });
  });
});

describe('launches', () => {
  it('are split into calls of ten tasks, each with its own label and token', async () => {
    const { at, command, orders, fleet, cohorts } = await readyManager();
    at(11_000);
    command(2 * 12);
    const order = { revision: 'rev:1', market: 'onDemand' };
    expect(orders()).toStrictEqual([
      {
        ...{ type: 'cohort.admit', generation: 1, at: 11_000 },
        launches: [
          {
            order: { label: 'e-1', clientToken: 'se-e-1', count: 10, ...order },
            groupIds: Array.from({ length: 10 }, (_, i) => `e-1-${i}`),
            outcomeUnknown: false,
          },
          {
            order: { label: 'e-2', clientToken: 'se-e-2', count: 2, ...order },
            groupIds: ['e-2-0', 'e-2-1'],
            outcomeUnknown: false,
          },
        ],
      },
    ]);
    const { timeouts } = fleet().settings;
    expect(cohorts.lines.map(({ input }) => input)).toEqual([
      {
        ...{ cohortId: 'cohort.0', timeouts, workersPerTask: 2 },
        ...{ monitorEverConnected: false, loadsAreOld: false },
      },
    ]);
    expect(fleet()).toMatchObject({
      ...{ opened: 1, generation: 1, launched: 2, turnAllowance: 100 - 12 },
      ...{ lastLaunchAt: 11_000, allowance: 1000 - 12 },
      cohorts: {
        'cohort.0': {
          ...{ launches: 0, generation: 1, observedGeneration: 0, lastPolledAt: 11_000 },
          counts: noCounts,
        },
      },
    });
  });

  it('fill a cohort before the next is opened', async () => {
    const { clock, at, command, report, orders, fleet, cohorts } = await readyManager();
    at(11_000);
    command(2 * 100);
    report({ pending: 80, busy: 8 });
    orders();
    command(2 * 102);
    expect(orders()).toEqual([]);
    clock.increment(1);
    expect(admits(orders())).toEqual([[10, 2]]);
    expect(fleet().cohorts['cohort.0']).toMatchObject({ generation: 2, observedGeneration: 1 });
    expect(fleet()).toMatchObject({ opened: 1, launched: 12 });
    report({ pending: 92, busy: 8 });
    expect(admits(orders())).toEqual([[2]]);
    expect(cohorts.lines).toHaveLength(2);
    expect(fleet().opened).toBe(2);
  });

  it('are limited to a hundred groups in the first turn of the event loop, then to two hundred', async () => {
    const { clock, at, command, orders, report } = await readyManager();
    at(11_000);
    command(2 * 430);
    expect(admits(orders()).flat()).toHaveLength(10);
    report({ pending: 100 }, 10);
    expect(admits(orders())).toEqual([]);
    clock.increment(1);
    expect(admits(orders()).flat()).toHaveLength(10);
    report({ pending: 100 }, 10);
    expect(admits(orders()).flat()).toHaveLength(10);
    report({ pending: 100 }, 10);
    expect(admits(orders())).toEqual([]);
    clock.increment(1);
    expect(admits(orders()).flat()).toHaveLength(10);
    report({ pending: 100 }, 10);
    expect(admits(orders())).toEqual([[10, 10, 10]]);
    report({ pending: 30 }, 3);
    clock.increment(1);
    expect(admits(orders())).toEqual([]);
  });

  it('stay within the budget of a turn when they are requested in two steps', async () => {
    const { clock, at, command, orders, answered } = await readyManager();
    at(11_000);
    command(2 * 30);
    answered();
    command(2 * 60);
    answered();
    command(2 * 900);
    answered();
    expect(sizesIn(orders()).reduce((a, b) => a + b)).toBe(100);
    clock.increment(1);
    for (let i = 0; i < 4; i++) answered();
    expect(sizesIn(orders()).reduce((a, b) => a + b)).toBe(200);
  });

  it('stay within the rate that Fargate allows', async () => {
    const { at, command, orders, answered } = await readyManager({}, { launchBurst: 3 });
    command(2 * 9);
    answered();
    at(10_100);
    answered();
    at(10_400);
    answered();
    expect(admits(orders())).toEqual([[3], [2]]);
  });

  it('use Spot if configured, and the subnets that no breaker excludes', async () => {
    const places = { spot: true, subnets: ['subnet-a', 'subnet-b'] };
    const { actor, command, orders } = await readyManager({}, places);
    const setback = {
      type: 'cohort.launchFailed',
      cohortId: 'c',
      reason: 'x',
      market: null,
    } as const;
    actor.send({ ...setback, kind: 'addresses', subnets: ['subnet-a'] });
    command(2);
    expect(launchesIn(orders())[0]?.order).toMatchObject({ market: 'spot', subnets: ['subnet-b'] });
  });

  it('begin with a single probe while a breaker is due', async () => {
    const { actor, at, command, orders, fleet, says } = await readyManager();
    const setback = {
      type: 'cohort.launchFailed',
      cohortId: 'c',
      reason: 'x',
      market: null,
    } as const;
    actor.send({ ...setback, kind: 'refused' });
    at(24_999);
    command(2 * 5);
    expect(orders()).toEqual([]);
    at(25_000);
    expect(sizesIn(orders())).toEqual([1]);
    const { refused } = fleet().breakers;
    expect(refused?.probe).toBe('e-1-0');
    expect(says()).toContainEqual({ breaker: refused, state: 'trying' });
  });
});

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
        ...{ pending: 1, idle: 2, busy: 1, reason: 'no longer wanted: 4 workers wanted' },
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
  actor.send({ type: 'cohort.tasksChanged', cohortId: 'cohort.0', taskIds: ['0', '1'] });
  const remaining = () =>
    hears().flatMap((event) => (event.type === 'fleet.remaining' ? [{ ...event }] : []));
  at(11_000);
  expect(remaining()).toEqual([]);
  actor.send({ type: 'fleet.stop' });
  expect(remaining()).toEqual([{ type: 'fleet.remaining', tasks: 2, launches: 0, looked: true }]);
  answered();
  at(12_000);
  expect(remaining()).toEqual([]);
  actor.send({ type: 'cohort.tasksChanged', cohortId: 'cohort.0', taskIds: ['1'] });
  reportOf('cohort.0', { stopping: 1 }, 0, 0);
  expect(remaining()).toEqual([{ type: 'fleet.remaining', tasks: 1, launches: 0, looked: true }]);
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
