import { describe, expect, it } from 'vitest';
import { noViews } from '../../../machines/fleet/lookAhead.ts';
import type { Terms } from '../../../machines/scheduler/messages.ts';
import { fastManager, liveManager, readyManager, tasksOf } from '../../support/liveManager.ts';

const command = (taskConcurrency: number, at: number) => ({
  type: 'scheduler.desired' as const,
  at,
  requests: [{ taskConcurrency, capabilities: [] }],
});

describe('the desired number', () => {
  it('is received in workers and kept in tasks', async () => {
    const { actor, fleet } = await fastManager();
    actor.send(command(5, 1));
    expect(fleet().desired).toBe(3);
  });

  it('is not changed by an echo without a command, nor by empty requests for less than 60 s', async () => {
    const { actor, fleet, at } = await fastManager();
    actor.send(command(4, 10_000));
    at(200_000);
    expect(fleet().desired).toBe(2);
    actor.send({ type: 'scheduler.desired', at: 200_000, requests: [] });
    at(259_999);
    expect(fleet().desired).toBe(2);
    actor.send({ type: 'scheduler.desired', at: 259_999, requests: [] });
    at(260_000);
    expect(fleet().desired).toBe(0);
  });

  it('counts the 60 s anew after any other command', async () => {
    const { actor, fleet, at } = await fastManager();
    actor.send({ type: 'scheduler.desired', at: 10_000, requests: [] });
    actor.send(command(4, 50_000));
    actor.send({ type: 'scheduler.desired', at: 60_000, requests: [] });
    at(119_000);
    expect(fleet().desired).toBe(2);
  });

  it('is zero once the scheduler was gone for its grace, and not a second before', async () => {
    const { actor, fleet, at } = await fastManager();
    at(11_000);
    actor.send(command(4, 11_000));
    for (let now = 21_000; now < 611_000; now += 10_000) actor.send({ type: 'tick', now });
    actor.send({ type: 'tick', now: 610_999 });
    expect(fleet().desired).toBe(2);
    actor.send({ type: 'tick', now: 611_000 });
    expect(fleet().desired).toBe(0);
  });
});

describe('a tick', () => {
  it('sets the desired number to zero once the scheduler is gone, and reports it once', async () => {
    const { at, tick, tickUntil, fleet, command, says } = await readyManager();
    at(11_000);
    command(4);
    says();
    tickUntil(610_999);
    expect(fleet().desired).toBe(2);
    tick(611_000);
    tick(612_000);
    expect(fleet().desired).toBe(0);
    const why = 'the scheduler is gone for good';
    expect(says()).toEqual([{ tasks: 0, why }, { why }]);
  });

  it('stops nothing for a scheduler that is back and commands nothing, because what it has may be what it desires', async () => {
    const { at, tickUntil, fleet, command, actor } = await readyManager();
    at(11_000);
    command(4);
    tickUntil(612_000);
    expect(fleet().desired).toBe(0);
    actor.send({ type: 'scheduler.heartbeatEcho', at: 612_500 });
    expect(fleet()).toMatchObject({ desired: null, desiredWorkers: null });
    command(4);
    expect(fleet().desired).toBe(2);
    actor.send({ type: 'scheduler.heartbeatEcho', at: 614_500 });
    expect(fleet().desired).toBe(2);
  });

  const most = Number.MAX_SAFE_INTEGER;
  const backAfterGone = async (...events: { type: 'fleet.stop' | 'fleet.leave' }[]) => {
    const all = await readyManager();
    all.at(11_000);
    all.command(4);
    all.report({ busy: 2 });
    all.tickUntil(612_000);
    all.report({ drainPending: 1, unsent: 1, stopping: 1 });
    for (const event of events) all.actor.send(event);
    all.orders();
    all.echo(612_500);
    return all;
  };

  it('keeps groups that wait for an idle moment for a scheduler that is back, until it commands', async () => {
    const { at, orders, fleet, report, command } = await backAfterGone();
    const { generation } = fleet();
    expect(orders()).toEqual([{ type: 'cohort.cancelDrain', most, generation }]);
    report({ busy: 2 });
    for (let now = 614_000; now < 660_000; now += 2000) at(now);
    expect(orders().filter(({ type }) => type !== 'cohort.poll')).toEqual([]);
    command(2);
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.drain', busy: 1 })]);
  });

  it('keeps groups that wait for an idle moment as soon as the scheduler is lost or silent, and drains none until it is back', async () => {
    for (const isLost of [true, false]) {
      const { actor, at, command, report, orders, fleet, tickUntil } = await readyManager();
      at(11_000);
      command(4);
      report({ busy: 1, drainPending: 1 });
      orders();
      if (isLost) actor.send({ type: 'scheduler.lost', at: 11_500 });
      else tickUntil(30_000);
      const taken = orders().filter(({ type }) => type !== 'cohort.poll');
      expect(taken).toEqual([{ type: 'cohort.cancelDrain', most, generation: fleet().generation }]);
      report({ busy: 2 });
      tickUntil(60_000);
      expect(orders().filter(({ type }) => type !== 'cohort.poll')).toEqual([]);
    }
  });

  it('keeps none when the scheduler is lost while the daemon ends', async () => {
    for (const type of ['fleet.stop', 'fleet.leave'] as const) {
      const { actor, at, command, report, orders } = await readyManager();
      at(11_000);
      command(4);
      report({ busy: 1, drainPending: 1 });
      actor.send({ type });
      orders();
      actor.send({ type: 'scheduler.lost', at: 11_500 });
      expect(orders()).toEqual([]);
    }
  });

  it('keeps so many of them as a limit has room for: the time of the others goes on', async () => {
    for (const [maxTasks, taken] of [
      [5, most],
      [4, most],
      [3, 2],
      [1, null],
    ] as const) {
      const { at, command, report, tickUntil, orders, echo } = await readyManager({}, { maxTasks });
      at(11_000);
      command(4);
      report({ busy: 1 });
      tickUntil(612_000);
      report({ busy: 1, drainPending: 3 });
      orders();
      echo(612_500);
      const took = orders().flatMap((order) =>
        order.type === 'cohort.cancelDrain' ? [order.most] : [],
      );
      expect([maxTasks, took]).toEqual([maxTasks, taken === null ? [] : [taken]]);
    }
  });

  it('keeps them also before the first inventory', () => {
    const { actor, clock, tickUntil, echo, orders, report } = liveManager({ owned: tasksOf(2) });
    clock.increment(1);
    report({ busy: 2 });
    tickUntil(600_000);
    report({ drainPending: 2 });
    expect(orders().at(-1)).toMatchObject({ type: 'cohort.drain', busy: 2 });
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'recovering' });
    echo(600_500);
    expect(orders()).toMatchObject([{ type: 'cohort.cancelDrain', most }]);
  });

  it('keeps no group for a scheduler that is back when the daemon ends', async () => {
    for (const type of ['fleet.stop', 'fleet.leave'] as const) {
      const { orders, fleet } = await backAfterGone({ type });
      expect(orders()).toEqual([]);
      expect(fleet().desired).toBeNull();
    }
  });

  it('sets the desired number to zero also for a scheduler that never answered', () => {
    const { tick, tickUntil, fleet } = liveManager();
    tickUntil(599_999);
    expect(fleet().desired).toBeNull();
    tick(600_000);
    expect(fleet().desired).toBe(0);
  });

  it('does not count its own standstill as silence of the scheduler', async () => {
    const { at, tick, tickUntil, fleet, command, orders } = await readyManager();
    at(11_000);
    command(4);
    orders();
    tickUntil(311_000);
    tick(2_000_000);
    tickUntil(2_299_999);
    expect(fleet().desired).toBe(2);
    expect(orders().filter(({ type }) => type === 'cohort.drain')).toEqual([]);
    tick(2_300_000);
    expect(fleet().desired).toBe(0);
  });

  it('takes a minute of empty requests for zero if the scheduler answers', async () => {
    const { at, tick, fleet, command, actor, says } = await readyManager();
    command(4);
    says();
    actor.send({ type: 'scheduler.desired', at: 11_000, requests: [] });
    actor.send({ type: 'scheduler.desired', at: 12_000, requests: [] });
    tick(71_000);
    expect(fleet().desired).toBe(2);
    at(70_999);
    expect(fleet().desired).toBe(2);
    at(71_000);
    const why = 'nothing but empty requests';
    expect(says()).toEqual([{ tasks: 0, why }, { why }]);
  });
});

describe('a scheduler', () => {
  it('that answers for a minute and never commands is reported once', async () => {
    const { at, says } = await readyManager();
    for (let now = 15_000; now < 70_000; now += 5000) at(now);
    expect(says()).toEqual([]);
    for (const now of [70_000, 75_000, 80_000]) at(now);
    expect(says()).toEqual([{ seconds: 60 }]);
  });

  it.each([
    ['empty requests', { type: 'scheduler.desired', at: 10_000, requests: [] }, []],
    ['a number', command(2, 10_000), [{ seconds: 60 }]],
    ['a start', { type: 'scheduler.startRequested', at: 10_000 }, [{ seconds: 60 }]],
    [
      'a shutdown',
      { type: 'scheduler.shutdownRequested', at: 10_000, taskIds: [] },
      [{ seconds: 60 }],
    ],
  ] as const)(
    'that has sent %s is not reported as one that never commands, until it is back after long',
    async (_, event, then) => {
      const { actor, at, says, tickUntil } = await readyManager();
      actor.send(event as never);
      const reports = () => says().filter((note) => 'seconds' in (note as object));
      for (let now = 15_000; now <= 90_000; now += 5000) at(now);
      expect(reports()).toEqual([]);
      tickUntil(700_000);
      // Another scheduler may have come in its place.
      for (let now = 700_000; now <= 800_000; now += 2000) at(now);
      expect(reports()).toEqual(then);
    },
  );

  it('has its desired number reported when it changes', async () => {
    const { command, says, fleet, modes } = await readyManager();
    command(5);
    command(6);
    command(1);
    expect(says()).toEqual([
      { tasks: 3, why: '5 workers desired' },
      { tasks: 1, why: '1 workers desired' },
    ]);
    expect(fleet()).toMatchObject({ desired: 1, emptySince: null });
    expect(modes().demand).toBe('byCount');
  });

  it('with a mismatch of releases is reported once', () => {
    const { actor, says, fleet } = liveManager();
    for (const reason of ['too old', 'too old', null])
      actor.send({ type: 'scheduler.mismatch', at: 0, reason });
    expect(says()).toEqual([{ reason: 'too old' }, { reason: null }]);
    expect(fleet()).toMatchObject({ mismatch: null, mismatchSince: null });
    actor.send({ type: 'scheduler.mismatch', at: 9, reason: 'too new' });
    expect(fleet()).toMatchObject({ mismatch: 'too new', mismatchSince: 9 });
  });

  it('has the time of its return recorded', () => {
    const { actor, echo, fleet } = liveManager();
    echo(500);
    const scheduler = () => (actor.getSnapshot().value as { scheduler: unknown }).scheduler;
    expect(fleet()).toMatchObject({ lastEchoAt: 500, returnedAt: null });
    expect(scheduler()).toBe('present');
    actor.send({ type: 'scheduler.lost', at: 0 });
    expect(scheduler()).toEqual({ absent: 'lost' });
    echo(700);
    echo(900);
    expect(fleet()).toMatchObject({ lastEchoAt: 900, returnedAt: 700 });
    expect(scheduler()).toBe('returning');
  });
});

describe('groups that an operator drains', () => {
  it('are named to every cohort; the desired number and the planning mode stay', async () => {
    const { actor, at, command, answered, orders, fleet, modes } = await readyManager();
    at(11_000);
    command(4);
    answered();
    orders();
    actor.send({ type: 'fleet.drainGroups', at: 11_500, groupIds: ['e-1-0'] });
    expect(orders()).toEqual([
      {
        ...{ type: 'cohort.evict', generation: 2, groupIds: ['e-1-0'] },
        ...{ at: 11_500, until: 311_500 },
      },
    ]);
    expect([fleet().desired, modes().demand]).toEqual([2, 'byCount']);
    answered();
    expect(orders()).toEqual([]);
  });

  it('are replaced once they stop', async () => {
    const { actor, at, command, answered, report, orders } = await readyManager();
    at(11_000);
    command(4);
    answered();
    actor.send({ type: 'fleet.drainGroups', at: 11_500, groupIds: ['e-1-0'] });
    orders();
    report({ busy: 1, stopping: 1 });
    expect(orders()).toMatchObject([{ type: 'cohort.admit', launches: [{ groupIds: ['e-2-0'] }] }]);
  });
});

describe('what the work needs', () => {
  const terms = { transport: 'zmq', generation: 'g3', exact: true, bare: false } as const;
  const linux = { name: 'os', value: 'linux' };
  const growing = async (revised: object = {}, known: Terms | null = terms) => {
    const all = await readyManager({}, { tasksPerWorker: 10, ...revised });
    if (known) all.actor.send({ type: 'scheduler.identified', at: 10_000, terms: known });
    const work = (now: number, tasks: number, own = 0) =>
      all.actor.send({
        ...{ type: 'monitor.work', at: now },
        work: { at: now, tasks, workers: own, own, otherManagers: 0, everyMs: 1000 },
      });
    const asks = (now: number, workers: number) => {
      all.at(now);
      all.command(workers);
    };
    return { ...all, work, asks };
  };

  it('is desired from the first view after a command that is one of the default policy', async () => {
    const { work, asks, fleet } = await growing();
    work(10_500, 0);
    asks(11_000, 1);
    expect(fleet().desired).toBe(1);
    work(11_500, 100);
    const desiredWhy = 'scheduler asks 1, work needs 10';
    expect(fleet()).toMatchObject({ desired: 5, workersAhead: 10, desiredWhy });
    // The workers that connect later say nothing of the command.
    work(12_500, 100, 4);
    expect(fleet().desired).toBe(5);
  });

  it('is not desired after a command of another policy, whatever comes to be done later', async () => {
    const { work, asks, fleet } = await growing();
    for (const now of [10_000, 10_500]) work(now, 10);
    asks(11_000, 2);
    for (const now of [11_500, 12_500]) work(now, 10);
    work(13_500, 60, 1);
    expect(fleet()).toMatchObject({ desired: 1, workersAhead: null });
  });

  it('is desired when the one more that was asked for is connected at the first view after it', async () => {
    const { work, asks, fleet } = await growing();
    work(10_500, 0);
    asks(11_000, 1);
    work(11_500, 100, 1);
    expect(fleet()).toMatchObject({ desired: 5, workersAhead: 10 });
  });

  it('is desired up to what the limit of tasks allows', async () => {
    const { work, asks, fleet } = await growing({ maxTasks: 4 });
    asks(11_000, 1);
    work(11_500, 100);
    expect(fleet()).toMatchObject({ desired: 4, workersAhead: 8, ask: { isCapped: false } });
    asks(12_000, 8);
    expect(fleet().ask).toMatchObject({ isCapped: true });
  });

  it.each([
    ['whose release is not known', null],
    ['that asks for tasks one by one', { ...terms, generation: 'g2' }],
  ] as const)('is not desired for a scheduler %s', async (_, known) => {
    const { work, asks, fleet } = await growing({}, known);
    asks(11_000, 1);
    work(11_500, 100);
    expect(fleet()).toMatchObject({ desired: 1, workersAhead: null });
  });

  it('is not desired while the scheduler is silent', async () => {
    const { work, at, tick, command, fleet } = await growing();
    at(11_000);
    tick(14_000);
    command(1);
    tick(17_001);
    work(17_001, 100);
    expect(fleet()).toMatchObject({ desired: 1, workersAhead: null });
  });

  it.each([
    ['two requests', [{ capabilities: [] }, { capabilities: [] }]],
    ['a request for a capability', [{ capabilities: [linux] }]],
  ])('is not desired after %s', async (_, requests) => {
    const { work, at, actor, fleet } = await growing({ capabilities: [linux] });
    at(11_000);
    actor.send({
      ...{ type: 'scheduler.desired', at: 11_000 },
      requests: requests.map((request) => ({ taskConcurrency: 1, ...request })),
    } as never);
    expect(fleet().ask).toMatchObject({ isPlain: false });
    work(11_500, 100);
    expect(fleet().workersAhead).toBeNull();
  });

  it.each([
    { type: 'monitor.work', at: 12_000, work: null },
    { type: 'monitor.closed', at: 12_000 },
  ] as const)('is not desired any more once it is not shown any more ($type)', async (event) => {
    const { work, asks, actor, fleet } = await growing();
    asks(11_000, 1);
    work(11_500, 100);
    expect(fleet().desired).toBe(5);
    actor.send(event);
    expect(fleet()).toMatchObject({ desired: 1, views: noViews });
  });

  it('leaves no doubt of the policy after a command that it explains', async () => {
    const { work, asks, fleet } = await growing();
    for (const now of [10_000, 10_500]) work(now, 100);
    asks(11_000, 1);
    expect(fleet().policy).toEqual({ mismatches: 0, isOther: false });
    asks(11_100, 2);
    expect(fleet().policy).toEqual({ mismatches: 1, isOther: false });
  });
});

describe('workers that a degraded group lacks', () => {
  const degraded = { idle: 2, degraded: 1, degradedMissing: 2 };

  it('are replaced as long as the scheduler wants workers', async () => {
    const { at, command, report, fleet } = await readyManager();
    at(11_000);
    command(4);
    report(degraded);
    expect(fleet().desired).toBe(3);
    command(0);
    expect(fleet().desired).toBe(0);
  });

  it('are not replaced while they may still look for a scheduler that has come back', async () => {
    const { actor, at, command, report, fleet, tickUntil, echo } = await readyManager();
    at(11_000);
    command(4);
    actor.send({ type: 'scheduler.lost', at: 11_000 });
    echo(12_000);
    report(degraded);
    expect(fleet().desired).toBe(2);
    tickUntil(41_999);
    expect(fleet().desired).toBe(2);
    tickUntil(42_000);
    expect(fleet().desired).toBe(3);
  });
});

it('an allowance that is full at a command grows from then on, and only that one', async () => {
  const { actor, fleet } = await readyManager({}, { launchBurst: 30 });
  actor.send(command(60, 10_500));
  expect(fleet()).toMatchObject({ allowance: 0, fullUntil: 10_500 });
  actor.send(command(62, 10_900));
  expect(fleet().fullUntil).toBe(10_500);
});
