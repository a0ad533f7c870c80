import { describe, expect, it } from 'vitest';
import type { LaunchPlan } from '../../../machines/cohort/groupRecords.ts';
import { noCounts, total } from '../../../machines/fleet/plan.ts';
import type { TasksChange } from '../../../machines/scheduler/cohortTasks.ts';
import {
  fastManager,
  liveManager,
  orphan,
  readyManager,
  tasksOf,
} from '../../support/liveManager.ts';
import { settle } from '../../support/world.ts';

const command = (taskConcurrency: number, at: number) => ({
  type: 'scheduler.desired' as const,
  at,
  requests: [{ taskConcurrency, capabilities: [] }],
});

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

describe('launching', () => {
  it('splits into launches of ten and cohorts of a hundred', async () => {
    const { actor, at, admitted, answered, clock, fleet } = await fastManager(
      {},
      { launchBurst: 1e9 },
    );
    at(11_000);
    actor.send(command(2 * 250, 11_000));
    for (let i = 0; i < 5; i++) {
      answered();
      clock.increment(1);
      answered();
      at(12_000 + i);
    }
    const sizes = admitted().map(({ groupIds }) => groupIds.length);
    expect(sizes.reduce((a, b) => a + b)).toBe(250);
    expect(Math.max(...sizes)).toBe(10);
    expect(sizes).toHaveLength(25);
    for (const { counts } of Object.values(fleet().cohorts))
      expect(total(counts)).toBeLessThanOrEqual(100);
  });

  it('stays within the burst and the rate of Fargate', async () => {
    const revised = { launchBurst: 30, launchesPerSecond: 5 };
    const { actor, at, admitted, answered } = await fastManager({}, revised);
    const groups = () => admitted().reduce((sum, { groupIds }) => sum + groupIds.length, 0);
    at(11_000);
    actor.send(command(400, 11_000));
    expect(groups()).toBe(30);
    answered();
    at(13_000);
    expect(groups()).toBe(40);
  });

  it('orders workers of the release that the scheduler speaks', async () => {
    const { actor, admitted } = await fastManager();
    const terms = { transport: 'ymq', generation: 'g3', exact: true, bare: false } as const;
    actor.send({ type: 'scheduler.identified', at: 10_000, terms });
    actor.send(command(2, 11_000));
    expect(admitted().map(({ order }) => order.template)).toEqual(['ymq 2.6.0']);
  });

  it('opens a cohort that knows the prices, and what the monitor stream shows', async () => {
    const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
    const limits = { perHour: null, perDay: null, total: null };
    const money = { prices, limits, onLimit: 'hold' as const };
    for (const loads of [{}, null]) {
      const { actor, cohort } = await fastManager({}, { money });
      actor.send({ type: 'monitor.loads', at: 10_000, loads });
      actor.send(command(2, 11_000));
      expect(cohort.lines.map(({ input }) => input)).toMatchObject([
        { prices, monitor: loads === null ? 'unknown' : 'connected' },
      ]);
    }
  });

  it('tells which tasks of the journal are not in a cohort yet', () => {
    const { actor, clock, hears } = liveManager({ owned: tasksOf(1) });
    const recovered = { type: 'fleet.tasksChanged', cohortId: 'recovered' };
    clock.increment(1);
    expect(hears()).toEqual([{ ...recovered, added: ['arn:0'], removed: [] }]);
    clock.increment(1);
    expect(hears()).toEqual([{ ...recovered, added: [], removed: ['arn:0'] }]);
    expect(actor.getSnapshot().context.owned).toEqual([]);
  });

  it('tells also which tasks of a list are not in a cohort yet, each once', async () => {
    const { at, clock, inventoried, hears } = await readyManager({ owned: tasksOf(1) });
    clock.increment(1);
    clock.increment(1);
    hears();
    const changes = () =>
      hears()
        .filter(({ type }) => type === 'fleet.tasksChanged')
        .map((event) => {
          const { added, removed } = event as never as TasksChange;
          return [added, removed];
        });
    for (const now of [80_000, 86_000]) {
      at(now);
      await inventoried({ tasks: [orphan('arn/7'), orphan('arn/8')] });
    }
    expect(changes()).toEqual([[['7', '8'], []]]);
    clock.increment(1);
    expect(changes()).toEqual([[[], ['7', '8']]]);
  });
});

it.each([
  ['all that waited', { owned: tasksOf(1) }, ['arn:0']],
  ['some that waited', { owned: tasksOf(101) }, tasksOf(100).map(({ taskArn }) => taskArn)],
])(
  'tells of a task that the first list shows, and of %s, which went into a cohort before',
  async (_, given, removed) => {
    const { actor, at, clock, inventoried, hears } = liveManager(given);
    clock.increment(1);
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    at(10_000);
    await inventoried({ tasks: [orphan('arn/7')] });
    const change = { type: 'fleet.tasksChanged', cohortId: 'recovered', added: ['7'], removed };
    expect(hears()).toContainEqual(change);
  },
);

describe('the tasks of an earlier run', () => {
  it('are told once while launches are restored before them', () => {
    const { clock, hears } = liveManager({ owned: tasksOf(1), resend: launchesOf(22) });
    const change = { type: 'fleet.tasksChanged', cohortId: 'recovered' };
    clock.increment(1);
    expect(hears()).toEqual([{ ...change, added: ['arn:0'], removed: [] }]);
    for (let turn = 0; turn < 4; turn++) clock.increment(1);
    expect(hears()).toEqual([{ ...change, added: [], removed: ['arn:0'] }]);
  });

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
    const { workerSchedulerAddress } = fleet().settings;
    const timeouts = { ...fleet().settings.timeouts, workerSchedulerAddress };
    expect(cohorts.lines[0]?.input).toEqual({
      cohortId: 'cohort.0',
      timeouts,
      workersPerTask: 2,
      monitor: 'unknown',
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

  it('are counted before anything is launched', async () => {
    const owned = tasksOf(150);
    const { actor, at, admitted, clock, cohort } = await fastManager({ owned });
    at(11_000);
    actor.send(command(2 * 150, 11_000));
    for (let i = 0; i < 5; i++) clock.increment(1);
    await settle();
    expect(admitted()).toEqual([]);
    expect(cohort.lines).toHaveLength(2);
  });
});

describe('launches', () => {
  it('are split into calls of ten tasks, each with its own label and token', async () => {
    const { at, command, orders, fleet, cohorts } = await readyManager();
    at(11_000);
    command(2 * 12);
    const order = { revision: 'rev:1', market: 'onDemand', workers: 2 };
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
    // With the address that is named where the workers of a task never come.
    const workerSchedulerAddress = 'tcp://1.2.3.4:8516';
    const timeouts = { ...fleet().settings.timeouts, workerSchedulerAddress };
    expect(cohorts.lines.map(({ input }) => input)).toEqual([
      {
        ...{ cohortId: 'cohort.0', timeouts, workersPerTask: 2 },
        ...{ monitor: 'unknown', loadsAreOld: false },
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
    const failure = {
      type: 'cohort.launchFailed',
      cohortId: 'c',
      reason: 'x',
      market: null,
    } as const;
    actor.send({ ...failure, kind: 'addresses', subnets: ['subnet-a'] });
    command(2);
    expect(launchesIn(orders())[0]?.order).toMatchObject({ market: 'spot', subnets: ['subnet-b'] });
  });

  it('begin with a single probe while a breaker is due', async () => {
    const { actor, at, command, orders, fleet, says } = await readyManager();
    const failure = {
      type: 'cohort.launchFailed',
      cohortId: 'c',
      reason: 'x',
      market: null,
    } as const;
    actor.send({ ...failure, kind: 'refused' });
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
