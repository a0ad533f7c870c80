import { describe, expect, it } from 'vitest';
import type { LaunchPlan } from '../../../machines/cohort/groupRecords.ts';
import { noCounts, total } from '../../../machines/fleet/plan.ts';
import { inventoryDue } from '../../../machines/fleet/whenToList.ts';
import { fastManager, liveManager, readyManager, tasksOf } from '../../support/liveManager.ts';
import { settle } from '../../support/world.ts';

const command = (taskConcurrency: number, at: number) => ({
  type: 'scheduler.desired' as const,
  at,
  requests: [{ taskConcurrency, capabilities: [] }],
});

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

  it('opens a cohort that knows the prices, and whether the monitor stream was ever connected', async () => {
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
    expect(hears()).toEqual([{ ...recovered, taskIds: ['arn:0'] }]);
    clock.increment(1);
    expect(hears()).toEqual([{ ...recovered, taskIds: [] }]);
    expect(actor.getSnapshot().context.owned).toEqual([]);
  });

  it('ignores a report of an older generation', async () => {
    const { actor, at, admitted, fleet } = await fastManager();
    at(11_000);
    actor.send(command(8, 11_000));
    const [cohortId] = Object.keys(fleet().cohorts) as [string];
    actor.send({
      type: 'cohort.changed',
      cohortId,
      generation: 0,
      counts: noCounts,
      launches: 0,
      ended: 0,
    });
    at(12_000);
    expect(admitted()).toHaveLength(1);
  });
});

it('launches nothing during a mismatch of releases, and goes on after it', async () => {
  const { actor, at, admitted } = await fastManager();
  at(11_000);
  actor.send({ type: 'scheduler.mismatch', at: 11_000, reason: 'workers of 2.6.0' });
  actor.send(command(4, 11_000));
  at(12_000);
  expect(admitted()).toEqual([]);
  actor.send({ type: 'scheduler.mismatch', at: 12_000, reason: null });
  at(13_000);
  expect(admitted()).toHaveLength(1);
});

describe('a fleet under limits', () => {
  const report = (generation: number, counts: object, cohortId = 'cohort.0') => ({
    type: 'cohort.changed' as const,
    cohortId,
    generation,
    counts: { ...noCounts, ...counts },
    ...{ launches: 0, ended: 0 },
  });

  it('advertises what runs while the quota breaker is open, and one task more to probe', async () => {
    const { actor, at, fleet } = await fastManager();
    at(20_000);
    actor.send(command(6, 20_000));
    actor.send(report(fleet().generation, { busy: 3 }));
    actor.send({
      type: 'cohort.launchFailed',
      cohortId: 'c',
      kind: 'quota',
      reason: 'vCPUs',
      market: null,
    });
    expect(fleet().advertised).toBe(6);
    at(49_999);
    expect(fleet().advertised).toBe(6);
    at(50_000);
    expect(fleet().advertised).toBe(8);
  });

  it('drains idle groups of any cohort before busy ones of another', async () => {
    const owned = tasksOf(200);
    const { actor, at, clock, cohort, fleet } = await fastManager({ owned });
    for (let i = 0; i < 5; i++) clock.increment(1);
    // The first answer beside groups of an earlier run counts as a return.
    at(41_000);
    actor.send(report(fleet().cohorts['cohort.0']?.generation ?? 0, { idle: 100 }));
    actor.send(report(fleet().cohorts['cohort.1']?.generation ?? 0, { busy: 100 }, 'cohort.1'));
    actor.send(command(2 * 150, 41_000));
    const drains = cohort.told.filter(({ type }) => type === 'cohort.drain');
    expect(drains).toEqual([expect.objectContaining({ pending: 0, idle: 50, busy: 0 })]);
  });

  it('cancels drains before it launches', async () => {
    const { actor, at, fleet, cohort, admitted } = await fastManager();
    at(20_000);
    actor.send(command(8, 20_000));
    expect(admitted()).toHaveLength(1);
    actor.send(report(fleet().generation, { busy: 1, drainPending: 2 }));
    expect(cohort.told.at(-1)).toMatchObject({ type: 'cohort.cancelDrain', most: 2 });
    actor.send(report(fleet().generation, { busy: 3 }));
    expect(admitted().at(-1)?.groupIds).toHaveLength(1);
  });

  it('shortens drain deadlines once the daemon stops', async () => {
    const { actor, at, fleet, cohort } = await fastManager();
    at(20_000);
    actor.send(command(8, 20_000));
    actor.send(report(fleet().generation, { drainPending: 4 }));
    actor.send({ type: 'fleet.stop' });
    expect(cohort.told.at(-1)).toMatchObject({ type: 'cohort.drain', until: 50_000 });
  });
});

describe('a scheduler that goes and comes back', () => {
  it('gets no launches while its connection is lost, however fresh its last echo', async () => {
    const { actor, at, admitted } = await fastManager();
    at(20_000);
    actor.send({ type: 'scheduler.lost', at: 0 });
    actor.send(command(8, 20_000));
    actor.send({ type: 'tick', now: 21_000 });
    expect(admitted()).toEqual([]);
    at(22_000);
    at(23_000);
    expect(admitted()).toHaveLength(1);
  });

  it('stops no group for half a minute when it desires fewer, because its workers have not returned', async () => {
    const owned = tasksOf(1);
    const { actor, at, answered, clock, cohort } = await fastManager({ owned });
    clock.increment(1);
    answered();
    at(20_000);
    actor.send(command(2, 20_000));
    actor.send({ type: 'scheduler.lost', at: 0 });
    at(30_000);
    actor.send(command(0, 30_000));
    at(59_999);
    const drains = () => cohort.told.filter(({ type }) => type === 'cohort.drain');
    expect(drains()).toEqual([]);
    at(60_000);
    expect(drains()).toHaveLength(1);
  });

  it('opens no breaker for workers that ended with it', async () => {
    const { actor, at, fleet } = await fastManager();
    at(20_000);
    actor.send({ type: 'scheduler.lost', at: 0 });
    const gone = {
      kind: 'startFailed',
      reason: 'exit 0',
      market: null,
      signal: 'registered',
    } as const;
    actor.send({ type: 'cohort.launchFailed', cohortId: 'c', ...gone });
    expect(fleet().breakers).toEqual({});
  });
});

describe('a restart', () => {
  it('lists only when the list would show the last launch', () => {
    const { fleet } = liveManager({ lastLaunchAt: 5000 });
    expect(inventoryDue(fleet(), 14_999, false)).toBe(false);
    expect(inventoryDue(fleet(), 15_000, false)).toBe(true);
  });

  it('counts adopted groups before it launches', async () => {
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
