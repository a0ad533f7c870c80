import { describe, expect, it } from 'vitest';
import { listDenied } from '../../../machines/fleet/state.ts';
import { liveManager, orphan, readyManager, resent } from '../../support/liveManager.ts';
import { settle } from '../../support/world.ts';

const denied = Object.assign(new Error('not authorized'), { kind: 'denied' });
const late = Object.assign(new Error('no answer'), { kind: 'unreachable' });
const two = { unlisted: [], tasks: [orphan('arn/0'), orphan('arn/1')] };
const adopted = (deadlinesFrom: number) =>
  ['0', '1'].map((id) => ({
    ...{ groupId: `orphan-${id}`, taskArn: `arn/${id}`, createdAt: 5, deadlinesFrom },
  }));

describe('a manager without the right to list', () => {
  it('relies on its journal once three calls in a row were denied', async () => {
    const { actor, at, fleet, inventoried, hears } = liveManager();
    const told = () => hears().filter(({ type }) => type === 'fleet.inventoryCompleted').length;
    for (const now of [10_000, 20_000]) {
      at(now);
      await inventoried(denied);
      expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'recovering' });
      expect([listDenied(fleet()), told()]).toEqual([false, 0]);
    }
    at(30_000);
    await inventoried(denied);
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'active' });
    expect([listDenied(fleet()), told()]).toEqual([true, 1]);
  });

  it.each([
    ['has looked where the journal knows all', {}, true],
    ['has not where the journal has forgotten some', { journalIncomplete: true }, false],
    ['has not where launches of an earlier run were given up', { launchesGivenUp: 1 }, false],
  ])('%s', async (_, given, looked) => {
    const { at, inventoried, hears } = liveManager(given);
    for (let now = 10_000; now < 60_000; now += 10_000) {
      at(now);
      await inventoried(denied);
    }
    const told = hears().filter(({ type }) => type === 'fleet.inventoryCompleted');
    expect(told).toContainEqual(expect.objectContaining({ looked }));
    expect(told).not.toContainEqual(expect.objectContaining({ looked: !looked }));
  });

  it('counts denials anew after a call that failed otherwise, or a complete list', async () => {
    const { at, fleet, inventoried } = liveManager();
    const failures = [denied, denied, new Error('no answer'), denied, denied];
    for (const [n, failure] of failures.entries()) {
      at(10_000 + n * 60_000);
      await inventoried(failure);
      expect(listDenied(fleet())).toBe(false);
    }
    at(400_000);
    await inventoried({});
    expect(fleet().denials).toBe(0);
  });

  it.each([
    ['may have lost launches', { launchesGivenUp: 1 }],
    ['lost launches in an earlier life', { journalIncomplete: true }],
  ])('waits about two minutes for a list if its journal %s', async (_, given) => {
    const { actor, at, inventoried, calls } = liveManager(given);
    const deniedAt: number[] = [];
    for (let now = 10_000; deniedAt.length < 7; now += 1000) {
      at(now);
      if (calls.inventory.length === deniedAt.length) continue;
      expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'recovering' });
      deniedAt.push(now);
      await inventoried(denied);
    }
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'active' });
    expect(deniedAt.at(-1)).toBe(132_000);
  });
});

describe('the list of all tasks', () => {
  it('comes first: nothing is launched before it', async () => {
    const { actor, at, command, inventoried, orders, fleet, calls, says } = liveManager();
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    at(9999);
    command(2);
    expect(calls.inventory).toHaveLength(0);
    at(10_000);
    expect(calls.inventory).toHaveLength(1);
    expect(orders()).toEqual([]);
    says();
    await inventoried({ startedAt: 9990 });
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.admit' })]);
    expect(fleet()).toMatchObject({ inventoryAt: 9990, inventoryFailures: 0, denials: 0 });
    expect(says()).toContainEqual({ adopted: 0, complete: true });
  });

  it('comes at once in a cluster that was just created', async () => {
    const { actor, inventoried, calls, fleet } = liveManager();
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    expect(calls.inventory).toHaveLength(0);
    actor.send({ type: 'fleet.prepared', revision: 'rev:2', clusterCreated: true });
    expect(calls.inventory).toHaveLength(1);
    expect(fleet().revision).toBe('rev:2');
    await inventoried({ startedAt: 1 });
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'active' });
  });

  it('finds orphans, which count towards the desired number', async () => {
    const { actor, at, inventoried, orders, fleet, clock } = await readyManager();
    actor.send({ type: 'scheduler.startRequested', at: 10_000 });
    clock.increment(1);
    orders();
    at(80_000);
    expect(fleet().desired).toBe(1);
    await inventoried(two);
    expect(fleet()).toMatchObject({ desired: 1, adoption: { unconfirmed: 2 } });
    at(86_000);
    await inventoried(two);
    expect(fleet()).toMatchObject({ desired: 3, adoption: { unconfirmed: 0, adopting: [] } });
    expect(orders()).toContainEqual(
      expect.objectContaining({ type: 'cohort.adopt', groups: adopted(86_000) }),
    );
  });

  it('finds more orphans than the limit allows: what is drained for that is not launched again', async () => {
    const { actor, at, inventoried, orders, fleet, answered, report } = await readyManager(
      {},
      { maxTasks: 2 },
    );
    actor.send({ type: 'scheduler.startRequested', at: 10_000 });
    report({ busy: 1 });
    at(80_000);
    await inventoried(two);
    at(86_000);
    await inventoried(two);
    answered();
    expect(fleet().desired).toBe(3);
    for (const now of [90_000, 99_000, 108_000, 117_000]) at(now);
    expect(orders()).toContainEqual(
      expect.objectContaining({ reason: 'more than max_task_concurrency allows' }),
    );
    expect(fleet().desired).toBe(2);
  });

  it('that shows a task for the first time is followed by another before anything is launched', async () => {
    const { at, inventoried, orders, command, calls, fleet } = await readyManager();
    at(70_000);
    await inventoried({ startedAt: 70_000, tasks: [orphan('arn/0')] });
    command(2);
    at(74_999);
    expect([orders(), calls.inventory.length]).toEqual([[], 2]);
    at(75_000);
    expect(calls.inventory).toHaveLength(3);
    await inventoried({ startedAt: 75_000 });
    expect(fleet().adoption.unconfirmed).toBe(0);
    at(76_000);
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.admit' })]);
  });

  it('does not change a desired number, nor its absence', async () => {
    const { at, inventoried, fleet, command } = await readyManager();
    command(2);
    for (const now of [80_000, 86_000]) {
      at(now);
      await inventoried(two);
    }
    expect(fleet()).toMatchObject({ desired: 1, opened: 2 });
    const other = liveManager();
    other.actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: [] });
    other.at(10_000);
    await other.inventoried(two);
    expect(other.fleet()).toMatchObject({ desired: null, opened: 1 });
  });

  it('is requested with growing pauses while there is no answer', async () => {
    const { actor, tick, inventoried, says, calls, fleet } = liveManager();
    const pauses: number[] = [];
    tick(10_000);
    for (let n = 0; n < 7; n++) {
      await inventoried(late);
      const asked = calls.inventory.length;
      const from = fleet().now;
      for (let now = from; calls.inventory.length === asked; now += 1000) tick(now);
      pauses.push(fleet().now - from);
    }
    expect(pauses).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'recovering' });
    expect(says()).toContainEqual({ trouble: 'no answer', blind: false });
    expect(fleet()).toMatchObject({ inventoryFailures: 7, denials: 0 });
  });

  it('is skipped if it is denied, and tried every five minutes', async () => {
    const { actor, at, tick, inventoried, says, calls, fleet, command, orders, report } =
      liveManager();
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    at(10_000);
    command(2);
    says();
    for (const now of [10_000, 13_000, 19_000]) {
      tick(now);
      await inventoried(denied);
    }
    expect(fleet()).toMatchObject({ denials: 3, inventoryFailures: 3 });
    expect(says()).toContainEqual({ trouble: 'not authorized', blind: true });
    at(20_000);
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.admit' })]);
    report({ pending: 1 }, 1);
    tick(309_999);
    expect(calls.inventory).toHaveLength(3);
    report({});
    tick(320_000);
    expect(calls.inventory).toHaveLength(4);
    await inventoried({});
    expect(fleet()).toMatchObject({ denials: 0, inventoryFailures: 0 });
  });
});

describe('orphans', () => {
  it('of the first list are journaled first; only what the ledger accepts becomes a group', async () => {
    const { actor, at, calls, orders, clock, fleet, hears } = liveManager();
    at(10_000);
    hears();
    calls.inventory[0]?.resolve({ startedAt: 10_000, ...two });
    await settle();
    expect(actor.getSnapshot().value).toMatchObject({
      inventory: 'adopting',
      lifecycle: 'recovering',
    });
    expect(calls.journalAdoption[0]?.input).toEqual({ groups: adopted(10_000) });
    clock.increment(1);
    expect(orders()).toEqual([]);
    expect(hears()).not.toContainEqual(
      expect.objectContaining({ type: 'fleet.inventoryCompleted' }),
    );
    calls.journalAdoption[0]?.resolve(adopted(10_000).slice(1));
    await settle();
    expect(actor.getSnapshot().value).toMatchObject({ inventory: 'idle', lifecycle: 'active' });
    expect(orders()).toMatchObject([{ type: 'cohort.adopt', groups: adopted(10_000).slice(1) }]);
    expect(fleet()).toMatchObject({ inventoryAt: 10_000, owned: [] });
    expect(hears()).toContainEqual({
      ...{ type: 'fleet.inventoryCompleted', at: 10_000, looked: true },
    });
  });

  it('are left for the next list to look at where only one has shown them', async () => {
    const { at, hears, inventoried } = await readyManager();
    at(72_000);
    await inventoried({ startedAt: 72_000, ...two });
    const told = { type: 'fleet.inventoryCompleted', at: 72_000, looked: false };
    expect(hears()).toContainEqual(told);
  });

  it('count as owned while they are journaled', async () => {
    const { at, calls, command, orders } = await readyManager();
    for (const startedAt of [80_000, 86_000]) {
      at(startedAt);
      calls.inventory.at(-1)?.resolve({ startedAt, ...two });
      await settle();
    }
    expect(calls.journalAdoption).toHaveLength(1);
    orders();
    command(4);
    expect(orders()).toEqual([]);
  });

  it('that could not be journaled are listed again', async () => {
    const { actor, at, calls, fleet } = liveManager();
    at(10_000);
    calls.inventory[0]?.resolve({ startedAt: 10_000, ...two });
    await settle();
    calls.journalAdoption[0]?.reject(late);
    await settle();
    expect(actor.getSnapshot().value).toMatchObject({ inventory: 'idle', lifecycle: 'recovering' });
    expect(fleet()).toMatchObject({ inventoryFailures: 1, inventoryAt: null });
  });

  it('are left alone while the scheduler does not answer: another manager may own them', async () => {
    const { actor, at, inventoried, calls, says, fleet, orders } = liveManager();
    const connection = (status: 'unacknowledged' | 'conflict' | 'ready') =>
      actor.send({ type: 'scheduler.connection', at: 1, status });
    let now = 10_000;
    for (const [i, status] of (['unacknowledged', 'conflict'] as const).entries()) {
      connection(status);
      at(now);
      says();
      const foreign = orphan('arn/x', { label: 'x-1', createdAt: 200_000 });
      await inventoried({ tasks: [...two.tasks, foreign] });
      const said = says();
      const reported = { kind: 'otherManager', taskArn: 'arn/x', label: 'x-1' };
      expect(said.slice(0, -1)).toEqual(i === 0 ? [reported] : []);
      expect(said.at(-1)).toMatchObject({
        trouble: expect.stringContaining(i === 0 ? 'does not answer us' : 'closed our connection'),
        blind: false,
      });
      expect(fleet()).toMatchObject({
        ...{ inventoryFailures: i + 1, inventoryNotBefore: now + 2000 * (i + 1) },
        denials: 0,
      });
      now += 60_000;
    }
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'recovering' });
    expect(calls.journalAdoption).toEqual([]);
    connection('ready');
    at(now);
    await inventoried(two);
    expect(orders()).toMatchObject([{ type: 'cohort.adopt', groups: adopted(now) }]);
    expect(fleet().inventoryFailures).toBe(0);
  });

  it('of another manager are reported once and not taken over', async () => {
    const { at, inventoried, says, fleet } = liveManager();
    const foreign = orphan('arn/x', { label: 'x-1', createdAt: 200_000 });
    at(200_000);
    await inventoried({ tasks: [foreign] });
    const report = { kind: 'otherManager', taskArn: 'arn/x', label: 'x-1' };
    expect(says()).toContainEqual(report);
    at(300_000);
    await inventoried({ tasks: [foreign] });
    expect(says()).not.toContainEqual(report);
    expect(fleet().owned).toEqual([]);
  });
});

describe('what a list has shown', () => {
  const givenUp = {
    type: 'cohort.launchFailed',
    ...({ cohortId: 'cohort.0', kind: 'refused', reason: 'no', market: 'onDemand' } as const),
    mayHaveStarted: 1,
  } as const;
  const scheduler = ({ actor }: Pick<ReturnType<typeof liveManager>, 'actor'>) =>
    (actor.getSnapshot().value as { scheduler: unknown }).scheduler;
  const firstList = async (tasks: object, accepted?: object[]) => {
    const all = liveManager();
    all.at(10_000);
    all.says();
    if (accepted === undefined) await all.inventoried(tasks);
    else {
      all.calls.inventory[0]?.resolve({ startedAt: 10_000, ...tasks });
      await settle();
      all.calls.journalAdoption[0]?.resolve(accepted);
      await settle();
    }
    return all;
  };

  it('is complete only if it began when what a launch that was given up has started would be in it', async () => {
    const { actor, at, inventoried, says, fleet } = await readyManager();
    at(11_000);
    actor.send(givenUp);
    says();
    at(22_000);
    await inventoried({ startedAt: 21_999 });
    expect(says()).toContainEqual({ adopted: 0, complete: false });
    at(30_000);
    await inventoried({ startedAt: 22_000 });
    expect(says()).toContainEqual({ adopted: 0, complete: true });
    expect(fleet().inventoryAt).toBe(22_000);
  });

  it('is reported once, with how many tasks were taken over', async () => {
    const { says } = await firstList(two);
    expect(says()).toEqual([{ adopted: 2, complete: true }]);
  });

  it('is for a scheduler that has started with this run as if it had come back, if tasks were taken over', async () => {
    expect(scheduler(await firstList(two))).toBe('returning');
    expect(scheduler(await firstList(two, []))).toBe('present');
    expect(scheduler(await firstList({}))).toBe('present');
  });

  it('is nothing new for a scheduler that has been there with this manager', async () => {
    const all = await readyManager();
    for (const now of [80_000, 86_000]) {
      all.at(now);
      await all.inventoried(two);
    }
    expect(all.fleet().opened).toBe(1);
    expect(scheduler(all)).toBe('present');
  });

  it('is no reason to prepare AWS anew when it only failed', async () => {
    const { at, inventoried, hears } = liveManager();
    at(10_000);
    await inventoried(late);
    expect(hears()).not.toContainEqual({ type: 'fleet.unprepared' });
  });

  it.each([
    ['of the first list has cost more than is known', [10_000], true],
    ['of a later list has cost what is known', [80_000, 86_000], false],
  ])('and was taken over %s', async (_, times, isLowerBound) => {
    const all = liveManager(
      {
        spent: {
          ...{ endedUsd: 1, day: 0, usdAtMidnight: 0, isLowerBound: false },
          mayHaveForgotten: true,
        },
      },
      {
        money: {
          prices: { onDemand: 1, spot: 1, minimumMs: 60_000 },
          limits: { perHour: null, perDay: null, total: null },
          onLimit: 'hold',
        },
      },
    );
    if (!isLowerBound) await all.ready();
    for (const now of times) {
      all.at(now);
      all.says();
      await all.inventoried(two);
    }
    expect(all.says()).toEqual([
      { day: 0, usdAtMidnight: 0, isLowerBound },
      { adopted: 2, complete: true },
    ]);
    expect(all.fleet().money.isLowerBound).toBe(isLowerBound);
  });
});

describe('a launch of an earlier run without an answer', () => {
  const open = { label: 'd-1', launchOpen: true, createdAt: 0 };
  const unanswered = () => {
    const all = liveManager({ resend: [resent] });
    const { actor, at, report, orders } = all;
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    actor.send({ type: 'fleet.restoreNext' });
    report({ pending: 1 }, 1);
    orders();
    at(10_000);
    return all;
  };
  const states = (actor: ReturnType<typeof liveManager>['actor']) => {
    const { inventory, lifecycle } = actor.getSnapshot().value;
    return [inventory, lifecycle];
  };

  it('is searched by a list that decides nothing else', async () => {
    const { actor, fleet, inventoried, orders, hears, says } = unanswered();
    expect(states(actor)).toEqual(['searching', 'recovering']);
    hears();
    const dead = orphan('arn/2', { phase: 'stopped' });
    await inventoried({ tasks: [orphan('arn/1', open), dead, orphan('arn/3')] });
    const found = { 'd-1': { taskArns: ['arn/1'], createdAt: { 'arn/1': 0 } } };
    expect(orders()).toContainEqual({ type: 'cohort.launchesFound', found });
    expect(hears()).toEqual([{ type: 'task.dead', at: 10_000, taskArn: 'arn/2' }]);
    expect(states(actor)).toEqual(['idle', 'recovering']);
    expect(fleet()).toMatchObject({ inventoryAt: null, adoption: { seenSince: null } });
    expect(says()).toEqual([]);
  });

  it('has the cluster made again where the search finds none', async () => {
    const { actor, calls, hears } = unanswered();
    hears();
    const noCluster = Object.assign(new Error('Cluster not found.'), { kind: 'unprepared' });
    calls.inventory.at(-1)?.reject(noCluster);
    await settle();
    expect(hears()).toEqual([{ type: 'fleet.unprepared' }]);
    expect(states(actor)).toEqual(['idle', 'recovering']);
  });

  it('is searched again after fifteen seconds, and not any more once it has its answer', async () => {
    const { actor, at, inventoried, calls, report } = unanswered();
    await inventoried({});
    at(24_999);
    expect(calls.inventory).toHaveLength(1);
    at(25_000);
    expect(calls.inventory).toHaveLength(2);
    await inventoried(late);
    expect(states(actor)).toEqual(['idle', 'recovering']);
    report({ pending: 1 }, 0);
    at(26_000);
    expect(states(actor)).toEqual(['listing', 'recovering']);
    await inventoried({});
    expect(states(actor)).toEqual(['idle', 'active']);
  });
});

describe('tasks that have ended', () => {
  const ended = (given: Parameters<typeof orphan>[1] = {}) =>
    orphan('arn/1', { phase: 'stopped', ...given });
  const dead = { type: 'task.dead', at: 72_000, taskArn: 'arn/1' };

  it.each([
    ['that no group owns are reported dead: no group will', {}, [dead]],
    ['of an open launch, too', { label: 'e-1', launchOpen: true }, [dead]],
    ['that a group owns are left to it', { owned: true }, []],
    ['for all we know, but live, are not', { phase: 'stopping' as const }, []],
  ])('%s', async (_, given, expected) => {
    const { at, hears, inventoried } = await readyManager();
    at(72_000);
    hears();
    await inventoried({ startedAt: 72_000, tasks: [ended(given)] });
    expect(hears().filter(({ type }) => type === 'task.dead')).toEqual(expected);
  });
});

describe('a deleted cluster', () => {
  const noCluster = Object.assign(new Error('Cluster not found.'), { kind: 'unprepared' });

  it('that a list shows is prepared again', async () => {
    const { at, hears, inventoried } = await readyManager();
    at(72_000);
    hears();
    await inventoried(noCluster);
    expect(hears()).toContainEqual({ type: 'fleet.unprepared' });
  });

  it('leaves no task alone: ECS deletes none in which tasks run', async () => {
    const { actor, at, fleet, inventoried, report } = await readyManager();
    actor.send({ type: 'scheduler.connection', at: 71_000, status: 'conflict' });
    at(72_000);
    await inventoried(two);
    expect(fleet().adoption).toMatchObject({ leftAlone: true, unconfirmed: 2 });
    actor.send({ type: 'fleet.stop' });
    report({});
    at(75_000);
    await inventoried(noCluster);
    expect(fleet().adoption).toMatchObject({ leftAlone: false, unconfirmed: 0 });
  });

  it('counts as an empty list when everything is to end', async () => {
    const { actor, at, command, answered, report, inventoried, fleet, hears } =
      await readyManager();
    command(2);
    answered();
    at(72_000);
    actor.send({ type: 'fleet.stop' });
    report({});
    hears();
    await inventoried(noCluster);
    expect(fleet().inventoryAt).toBe(72_000);
    at(73_000);
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'stopped' });
  });
});
