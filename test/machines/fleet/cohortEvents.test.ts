import { describe, expect, it } from 'vitest';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { cohortOf } from '../../../machines/fleet/taskIndex.ts';
import type { TasksChange } from '../../../machines/scheduler/cohortTasks.ts';
import { countedReads } from '../../support/countedReads.ts';
import { fastManager, liveManager, readyManager, tasksOf } from '../../support/liveManager.ts';

describe('a tick', () => {
  it('refills what Fargate allows, up to the burst', async () => {
    const { tick, fleet, command } = await readyManager({}, { launchBurst: 30 });
    command(60);
    expect(fleet().allowance).toBe(0);
    tick(12_000);
    expect(fleet().allowance).toBe(10);
    tick(11_000);
    expect(fleet().allowance).toBe(10);
    tick(99_000);
    expect(fleet().allowance).toBe(30);
  });

  it('lets a full allowance grow from the command on, not from the tick before it', async () => {
    const { tick, fleet, actor } = await readyManager({}, { launchBurst: 30 });
    const requests = [{ taskConcurrency: 60, capabilities: [] }];
    const { now } = fleet();
    actor.send({ type: 'scheduler.desired', at: now + 900, requests });
    tick(now + 1000);
    expect(fleet().allowance).toBeCloseTo(fleet().settings.launchesPerSecond / 10);
  });

  it('polls a calm cohort less often while the monitor stream is connected', async () => {
    const { tick, orders, report, actor, fleet } = await readyManager({ owned: tasksOf(3) });
    report({ idle: 3 });
    actor.send({ type: 'monitor.loads', at: fleet().now, loads: {} });
    const { now } = fleet();
    const polledAt: number[] = [];
    orders();
    for (let at = now + 1000; at <= now + 40_000; at += 1000) {
      tick(at);
      if (orders().some(({ type }) => type === 'cohort.poll')) polledAt.push(at);
    }
    expect(polledAt.slice(1).map((at, i) => at - (polledAt[i] ?? 0))).toEqual([15_000, 15_000]);
  });

  it.each([
    ['while the monitor stream is not connected', { idle: 3 }, 0, null],
    ['with an open launch', { idle: 3 }, 1, {}],
    ['that misses workers', { idle: 3, missingWorkers: 1 }, 0, {}],
    ['with a group that does not serve yet', { idle: 2, pending: 1 }, 0, {}],
  ])('polls a cohort %s as often as any', async (_, counts, launches, loads) => {
    const { tick, orders, report, actor, clock } = await readyManager({ owned: tasksOf(3) });
    clock.increment(1);
    report(counts, launches);
    actor.send({ type: 'monitor.loads', at: 10_000, loads });
    tick(20_000);
    orders();
    tick(23_000);
    expect(orders()).toMatchObject([{ type: 'cohort.poll' }]);
  });

  it('reaches a cohort that has an open launch, by itself or with the poll', async () => {
    const { at, tick, orders, report, command } = await readyManager();
    at(11_000);
    command(2);
    report({ pending: 1 }, 1);
    orders();
    tick(12_000);
    expect(orders()).toEqual([{ type: 'cohort.tick', at: 12_000, launching: true }]);
    tick(14_000);
    const poll = { type: 'cohort.poll', ending: false };
    expect(orders()).toMatchObject([{ ...poll, at: 14_000, launching: true }]);
    report({ pending: 1 });
    tick(15_000);
    expect(orders()).toEqual([]);
  });

  it('tells when the last complete list began, or that none is to be had', async () => {
    const { tick, orders, inventoried, report, calls } = await readyManager({ owned: tasksOf(1) });
    report({ idle: 1 });
    let now = 10_000;
    const tickUntilTrue = (isSo: () => boolean) => {
      for (let i = 0; i < 600 && !isSo(); i++) {
        now += 1000;
        tick(now);
      }
    };
    const polls = () => orders().flatMap((one) => (one.type === 'cohort.poll' ? [one] : []));
    const listedAt = () => {
      const seen = polls().slice(0, 0);
      tickUntilTrue(() => {
        seen.push(...polls());
        return seen.length > 0;
      });
      return seen.map((poll) => poll.listedAt);
    };
    const list = async (outcome: object) => {
      const before = calls.inventory.length;
      tickUntilTrue(() => calls.inventory.length > before);
      const startedAt = now;
      await inventoried(outcome);
      return startedAt;
    };
    expect(listedAt()).toEqual([10_000]);
    const startedAt = await list({});
    expect(listedAt()).toEqual([startedAt]);
    const denied = Object.assign(new Error('not authorized'), { kind: 'denied' });
    await list(denied);
    await list(denied);
    expect(listedAt()).toEqual([startedAt]);
    await list(denied);
    expect(listedAt()).toEqual([null]);
  });

  it('lets cohorts look with the knowledge that everything is to end', async () => {
    const { actor, clock, tick, orders, answered } = await readyManager({ owned: tasksOf(1) });
    clock.increment(1);
    actor.send({ type: 'fleet.stop' });
    answered();
    orders();
    tick(13_000);
    expect(orders()).toMatchObject([{ type: 'cohort.poll', launching: false, ending: true }]);
  });

  it('tells every cohort that what is shown as idle is of old', async () => {
    const { actor, orders, report, fleet } = await readyManager({ owned: tasksOf(3) });
    report({ idle: 3 });
    orders();
    const old = { at: fleet().now, isCurrent: false };
    actor.send({ type: 'monitor.freshness', ...old });
    expect(orders()).toEqual([{ type: 'cohort.freshness', ...old }]);
  });

  it('opens a cohort that knows that what is shown as idle is of old', async () => {
    const { actor, cohorts, tick, fleet } = await readyManager();
    const { now: at } = fleet();
    actor.send({ type: 'monitor.freshness', at, isCurrent: false });
    const requests = [{ taskConcurrency: 2, capabilities: [] }];
    actor.send({ type: 'scheduler.desired', at, requests });
    tick(at + 1000);
    expect(cohorts.lines.map(({ input }) => input)).toMatchObject([{ loadsAreOld: true }]);
  });

  it('notices since when there are more than the limit', async () => {
    const { tick, fleet, answered } = await readyManager({ owned: tasksOf(3) }, { maxTasks: 2 });
    answered();
    tick(11_000);
    tick(12_000);
    expect(fleet()).toMatchObject({ aboveSince: 10_000, crowdedSince: 10_000 });
  });
  it('tells each cohort how many of its groups are above the limit and have waited at work for too long', async () => {
    const { tick, answered, orders, clock, reportOf } = await readyManager(
      { owned: tasksOf(150) },
      { maxTasks: 10 },
    );
    for (let i = 0; i < 3; i++) clock.increment(1);
    answered();
    reportOf('cohort.0', { busy: 5, drainPending: 6, waiting: 1, stopping: 1 }, 0, 0);
    reportOf('cohort.1', { busy: 4, drainPending: 9 }, 0, 0);
    tick(11_000);
    orders();
    tick(319_999);
    expect(orders().filter((order) => 'overdue' in order)).toEqual([]);
    tick(330_000);
    expect(orders().filter(({ type }) => type === 'cohort.poll')).toMatchObject([
      { overdue: 7 },
      { overdue: 8 },
    ]);
  });

  it('lets cohorts look, those first that have waited longest, and no more than it may', async () => {
    const { clock, tick, orders, actor, fleet, answered } = await readyManager({
      owned: tasksOf(250),
    });
    for (let i = 0; i < 5; i++) clock.increment(1);
    answered();
    expect(Object.keys(fleet().cohorts)).toHaveLength(3);
    actor.send({ type: 'monitor.loads', at: 1, loads: {} });
    const looks = () => orders().filter(({ type }) => type === 'cohort.poll');
    const seen = () => Object.values(fleet().cohorts).map(({ lastPolledAt }) => lastPolledAt);
    looks();
    tick(11_000);
    const look = { type: 'cohort.poll', launching: true, ending: false, listedAt: 10_000 };
    expect(looks()).toEqual([
      { ...look, at: 11_000 },
      { ...look, at: 11_000 },
    ]);
    expect(seen()).toEqual([11_000, 11_000, 0]);
    tick(12_000);
    expect(seen()).toEqual([11_000, 11_000, 12_000]);
    tick(13_999);
    expect(looks()).toHaveLength(1);
    tick(14_000);
    expect(seen()).toEqual([14_000, 14_000, 12_000]);
    tick(17_000);
    expect(seen()).toEqual([17_000, 14_000, 17_000]);
  });
});

describe('the first ticks of a run', () => {
  it('let more cohorts look that have never been polled, and no other', async () => {
    const { clock, tick, orders, actor, fleet, answered } = await readyManager(
      { owned: tasksOf(550) },
      { pollsPerTick: 1, firstPollsPerTick: 4 },
    );
    for (let i = 0; i < 8; i++) clock.increment(1);
    answered();
    expect(Object.keys(fleet().cohorts)).toHaveLength(6);
    actor.send({ type: 'monitor.loads', at: 1, loads: {} });
    orders();
    const looksAt = (at: number) => {
      tick(at);
      return orders().filter(({ type }) => type === 'cohort.poll').length;
    };
    // Then the two that are left and nothing else, though the first four are due again.
    expect([11_000, 14_000, 15_000, 16_000].map(looksAt)).toEqual([4, 2, 1, 1]);
  });
});

/** The first cohort has the tasks t1 and t2, the second one t3. */
async function managerOfTwoCohorts() {
  const manager = await readyManager({ owned: tasksOf(150) });
  for (let i = 0; i < 3; i++) manager.clock.increment(1);
  const { actor, orders } = manager;
  actor.send({
    type: 'cohort.tasksChanged',
    cohortId: 'cohort.0',
    added: ['t1', 't2'],
    removed: [],
  });
  actor.send({ type: 'cohort.tasksChanged', cohortId: 'cohort.1', added: ['t3'], removed: [] });
  orders();
  return manager;
}

describe('the monitor stream', () => {
  it('reaches each cohort with the loads of its own tasks, and all of them with its end', async () => {
    const { actor, orders } = await managerOfTwoCohorts();
    const [load, other] = [1, 2].map((workers) => ({ workers, tasks: 0, canceling: 0 }));
    const send = (loads: object | null) =>
      actor.send({ type: 'monitor.loads', at: 1, loads } as never);
    const heard = { type: 'cohort.loads', at: 10_000 };
    send(null);
    expect(orders()).toEqual([
      { ...heard, loads: null },
      { ...heard, loads: null },
    ]);
    send({});
    expect(orders()).toEqual([
      { ...heard, loads: {} },
      { ...heard, loads: {} },
    ]);
    send({ t1: load });
    expect(orders()).toEqual([{ ...heard, loads: { t1: load } }]);
    send({ t1: other, t3: load, t9: load, t8: load });
    expect(orders()).toEqual([
      { ...heard, loads: { t1: other } },
      { ...heard, loads: { t3: load } },
    ]);
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x${i}`, load]));
    send({ ...many, t2: other });
    expect(orders()).toEqual([{ ...heard, loads: { t2: other } }]);
    send({ t9: load });
    expect(orders()).toEqual([]);
    send(null);
    expect(orders()).toEqual([
      { ...heard, loads: null },
      { ...heard, loads: null },
    ]);
    expect(actor.getSnapshot().value).toMatchObject({ monitor: 'lost' });
  });
});

describe('a report', () => {
  it('of a cohort without groups and launches ends it', async () => {
    const { actor, at, fleet, report, command } = await readyManager();
    at(11_000);
    command(2);
    const [cohortId = ''] = Object.keys(fleet().cohorts);
    command(0);
    report({}, 1);
    expect(Object.keys(fleet().cohorts)).toEqual([cohortId]);
    report({});
    expect(fleet().cohorts).toEqual({});
    expect(actor.getSnapshot().children[cohortId]).toBeUndefined();
    report({ idle: 3 });
    expect(fleet().cohorts).toEqual({});
    expect(actor.getSnapshot().status).toBe('active');
  });

  it('that is older than the last command to its cohort is not recorded', async () => {
    const { fleet, command, reportOf, actor } = await readyManager();
    command(2);
    const before = fleet().cohorts;
    actor.send({
      ...{ type: 'cohort.changed', cohortId: 'cohort.0', launches: 0, ended: 0, generation: 0 },
      counts: { ...noCounts, busy: 2 },
    });
    expect(fleet().cohorts).toEqual(before);
    reportOf('cohort.0', { busy: 2 }, 0, 0);
    expect(fleet().cohorts['cohort.0']?.counts).toEqual({ ...noCounts, busy: 2 });
  });

  it('of an older generation makes nothing be launched once more', async () => {
    const { actor, at, admitted, fleet, command } = await fastManager();
    at(11_000);
    command(8);
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

  it('of groups that ended leaves as many desired as a scheduler has desired by count', async () => {
    const { fleet, command, report } = await readyManager();
    command(8);
    const { desired } = fleet();
    expect(desired).toBeGreaterThan(0);
    report({ pending: 1 }, 0, 1);
    expect(fleet().desired).toBe(desired);
  });

  it('of groups that ended leaves unknown how many are desired, where a scheduler asks one by one and that is not known yet', async () => {
    const { actor, fleet, modes, command, report } = await readyManager({ owned: tasksOf(4) });
    command(8);
    // Not every cohort has reported yet, so it is not known how many there are.
    actor.send({ type: 'scheduler.requestsForgotten', at: fleet().now });
    expect([modes().demand, fleet().desired]).toEqual(['byStarts', null]);
    report({ busy: 3 }, 0, 1);
    expect(fleet().desired).toBeNull();
  });

  it('keeps the loads of its busy groups, with the time, until the next one', async () => {
    const { actor, clock, fleet, report } = await readyManager({ owned: tasksOf(2) });
    clock.increment(1);
    const busyLoads = [1, 4];
    actor.send({
      ...{ type: 'cohort.changed', cohortId: 'cohort.0', launches: 0, ended: 0, busyLoads },
      ...{ generation: 1, counts: { ...noCounts, busy: 2 } },
    });
    expect(fleet().cohorts['cohort.0']?.ranked).toEqual({ at: 10_000, busyLoads });
    report({ busy: 2 });
    expect(fleet().cohorts['cohort.0']?.ranked).toBeUndefined();
  });

  it('says that the dead are dead', () => {
    const { actor, hears } = liveManager();
    actor.send({ type: 'task.dead', at: 7, taskArn: 'arn:1' });
    expect(hears()).toContainEqual({ type: 'task.dead', at: 7, taskArn: 'arn:1' });
  });
});

describe('a report of one cohort of many', () => {
  const threeCohorts = async () => {
    const live = await readyManager({ owned: tasksOf(300) }, { schedulerGraceMs: 3_600_000 });
    const { actor, clock, at, command, reportOf, fleet } = live;
    for (let turn = 0; turn < 4; turn++) clock.increment(1);
    at(60_000);
    actor.send({ type: 'monitor.loads', at: 60_000, loads: {} });
    for (const cohortId of Object.keys(fleet().cohorts)) reportOf(cohortId, { busy: 100 }, 0, 0);
    command(2 * 300);
    return live;
  };
  const others = ({ fleet }: Awaited<ReturnType<typeof threeCohorts>>) =>
    Object.entries(fleet().cohorts).flatMap(([id, status]) => (id === 'cohort.1' ? [] : [status]));

  it('looks at no other cohort while as many are desired as there are', async () => {
    const live = await threeCohorts();
    const reads = countedReads(others(live));
    live.reportOf('cohort.1', { busy: 99, idle: 1 }, 0, 0);
    expect(live.fleet().totals.counts).toMatchObject({ busy: 299, idle: 1 });
    expect(reads()).toBe(0);
  });

  it('looks at no other cohort while everything stops', async () => {
    const live = await threeCohorts();
    const { actor, fleet, reportOf, orders } = live;
    actor.send({ type: 'fleet.stop' });
    reportOf('cohort.0', { stopping: 100 }, 0, 0);
    // The third has not reported yet that its groups are to leave.
    const reads = countedReads(others(live));
    reportOf('cohort.1', { stopping: 100 }, 0, 0);
    reportOf('cohort.1', { stopping: 99 }, 0, 0);
    expect(fleet().totals.counts).toMatchObject({ busy: 100, stopping: 199 });
    expect(reads()).toBe(0);
    orders();
    reportOf('cohort.1', { stopping: 98, pending: 1 }, 0, 0);
    expect(orders()).toMatchObject([{ type: 'cohort.drain', pending: 1, idle: 0, busy: 0 }]);
    // It has reported what that did, and has taken one back.
    reportOf('cohort.1', { stopping: 98, busy: 1 }, 0, 0);
    expect(orders()).toMatchObject([{ type: 'cohort.drain', pending: 0, idle: 0, busy: 1 }]);
  });
});

/** How many tasks were told as added and as removed. */
const sizesOf = (event: object) => {
  const { added, removed } = event as TasksChange;
  return [added.length, removed.length];
};

describe('the tasks of a cohort', () => {
  it('are told to the parent as they change, and nothing is told once it is gone', async () => {
    const { actor, at, command, report, hears, fleet } = await readyManager();
    at(11_000);
    command(2);
    const [cohortId = ''] = Object.keys(fleet().cohorts);
    const ownersOf = (...taskIds: string[]) =>
      taskIds.map((taskId) => cohortOf(fleet().taskIndex, taskId));
    hears();
    actor.send({ type: 'cohort.tasksChanged', cohortId, added: ['t1'], removed: [] });
    const told = { type: 'fleet.tasksChanged', cohortId };
    expect(hears()).toEqual([{ ...told, added: ['t1'], removed: [] }]);
    expect(ownersOf('t1', 't2', 't3')).toEqual([cohortId, undefined, undefined]);
    actor.send({ type: 'cohort.tasksChanged', cohortId, added: ['t2', 't3'], removed: [] });
    actor.send({ type: 'cohort.tasksChanged', cohortId, added: [], removed: ['t1', 't3'] });
    expect(hears().at(-1)).toEqual({ ...told, added: [], removed: ['t1', 't3'] });
    expect(ownersOf('t1', 't2', 't3')).toEqual([undefined, cohortId, undefined]);
    command(0);
    report({});
    expect(hears()).toEqual([]);
    // The cohort is gone: there is no actor that this could be sent to.
    actor.send({ type: 'monitor.canceling', at: 1, canceling: { t2: 1 } });
    expect(actor.getSnapshot().status).toBe('active');
    actor.send({ type: 'cohort.tasksChanged', cohortId, added: [], removed: ['t2'] });
    expect(fleet().taskIndex.size).toBe(0);
  });

  it('of the journal are told as recovered until a cohort has them', async () => {
    const { clock, hears } = liveManager({ owned: tasksOf(101) });
    const recovered = () =>
      hears().flatMap((event) => (event.type === 'fleet.tasksChanged' ? [sizesOf(event)] : []));
    clock.increment(1);
    expect(recovered()).toEqual([[101, 0]]);
    clock.increment(1);
    expect(recovered()).toEqual([[0, 100]]);
    clock.increment(1);
    expect(recovered()).toEqual([[0, 1]]);
  });
});

it('remembers what the scheduler speaks, and launches workers for it', async () => {
  const { actor, at, command, orders } = await readyManager();
  const terms = { transport: 'ymq', generation: 'g3', exact: true, bare: false } as const;
  actor.send({ type: 'scheduler.identified', at: 10_000, terms });
  at(11_000);
  command(2);
  expect(orders()).toMatchObject([{ launches: [{ order: { template: 'ymq 2.6.0' } }] }]);
});

it('a cancellation that is shown before the loads reaches the cohort that has its task', async () => {
  const { actor, orders } = await managerOfTwoCohorts();
  const send = (canceling: Record<string, number>) =>
    actor.send({ type: 'monitor.canceling', at: 1, canceling });
  send({ t3: 1, t9: 2 });
  expect(orders()).toEqual([{ type: 'cohort.canceling', canceling: { t3: 1 } }]);
  send({ t9: 0 });
  expect(orders()).toEqual([]);
});
