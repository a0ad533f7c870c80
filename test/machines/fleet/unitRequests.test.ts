import { describe, expect, it } from 'vitest';
import { noCounts } from '../../../machines/fleet/plan.ts';
import type { Fleet } from '../../../machines/fleet/state.ts';
import {
  fastManager,
  liveManager,
  orphan,
  readyManager,
  tasksOf,
} from '../../support/liveManager.ts';

const command = (taskConcurrency: number, at: number) => ({
  type: 'scheduler.desired' as const,
  at,
  requests: [{ taskConcurrency, capabilities: [] }],
});

/** No start is open any more. */
const refused = (at: number) => ({
  ...{ type: 'scheduler.shutdownRequested' as const, at, taskIds: [] },
});

describe('a scheduler that asks for tasks one by one', () => {
  const groups = (admitted: { groupIds: string[] }[]) => admitted.flatMap((each) => each.groupIds);
  const report = (fleet: Fleet, counts: object, ended = 0) => ({
    type: 'cohort.changed' as const,
    cohortId: Object.keys(fleet.cohorts).at(-1) as string,
    generation: fleet.generation,
    counts: { ...noCounts, ...counts },
    ...{ launches: 0, ended },
  });
  const start = { type: 'scheduler.startRequested', at: 11_000 } as const;

  it('gets one task for a repeated start while that task is launched, and then another', async () => {
    const { actor, at, admitted, fleet } = await fastManager();
    at(11_000);
    actor.send(start);
    actor.send(start);
    expect(groups(admitted())).toHaveLength(1);
    actor.send(report(fleet(), { pending: 1 }));
    actor.send(start);
    expect(groups(admitted())).toHaveLength(2);
  });

  it('gets no replacement for a group that ended or was refused, because it asks for it itself', async () => {
    const { actor, at, admitted, fleet } = await fastManager();
    at(11_000);
    actor.send(start);
    actor.send(report(fleet(), { pending: 1 }));
    actor.send(report(fleet(), {}, 1));
    at(12_000);
    expect(fleet().desired).toBe(0);
    expect(groups(admitted())).toHaveLength(1);
    actor.send(start);
    expect(groups(admitted())).toHaveLength(2);
  });

  it('has commanded something with a start, and with a shutdown', async () => {
    for (const event of [start, refused(11_000)]) {
      const { actor, at, modes } = await fastManager();
      at(11_000);
      expect(modes().demand).toBe('awaited');
      actor.send(event);
      expect(modes().demand).toBe('byStarts');
    }
  });

  it('names the groups to stop: every cohort gets the names, and the groups are not replaced', async () => {
    const { actor, at, admitted, fleet, cohort } = await fastManager();
    at(11_000);
    actor.send(start);
    actor.send(report(fleet(), { busy: 1 }));
    actor.send({ type: 'scheduler.shutdownRequested', at: 11_000, taskIds: ['t1'] });
    expect(cohort.told.at(-1)).toMatchObject({ type: 'cohort.release', taskIds: ['t1'] });
    actor.send(report(fleet(), { stopping: 1 }, 1));
    at(12_000);
    expect(fleet().desired).toBe(0);
    expect(groups(admitted())).toHaveLength(1);
  });

  it.each([
    ['and gets its one more', [], 3],
    ['and is refused it', [refused(9000)], 2],
  ])(
    'keeps groups of an earlier run that are found after its start (%s)',
    async (_, more, left) => {
      const { actor, inventoried, everTold, clock, fleet } = liveManager();
      actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
      actor.send({ type: 'tick', now: 10_000 });
      actor.send({ type: 'scheduler.heartbeatEcho', at: 10_000 });
      actor.send(start);
      for (const event of more) actor.send(event);
      await inventoried({ tasks: [orphan('arn/a'), orphan('arn/b')] });
      clock.increment(1);
      actor.send({ type: 'tick', now: 11_000 });
      expect(everTold.map(({ type }) => type)).not.toContain('cohort.drain');
      expect(fleet().desired).toBe(left);
    },
  );

  it('keeps what was launched in the turn in which it refused the start', async () => {
    const { actor, at, fleet, report } = await readyManager();
    at(11_000);
    actor.send(start);
    actor.send({ type: 'scheduler.shutdownRequested', at: 11_000, taskIds: [] });
    expect(fleet().desired).toBe(1);
    report({ pending: 1 });
    expect(fleet().desired).toBe(1);
  });

  it.each([
    ['takes a refused start back once all cohorts have reported', [], 1],
    ['keeps a start that has come after the refused one', [start], 2],
  ])('%s', async (_, more, left) => {
    const { actor, at, fleet, report } = await readyManager();
    at(11_000);
    actor.send(start);
    report({ pending: 1 });
    actor.send({ type: 'fleet.hold', at: 11_000, reason: 'a person' });
    const evict = { type: 'fleet.drainGroups' as const, at: 11_000, groupIds: ['none'] };
    for (const event of [start, evict, refused(11_000), ...more]) actor.send(event);
    expect(fleet().desired).toBe(2);
    const before = more.length === 0 ? 'calledOff' : 'open';
    expect(actor.getSnapshot().value).toMatchObject({ demand: { byStarts: before } });
    report({ pending: 1 });
    expect(fleet().desired).toBe(left);
    expect(actor.getSnapshot().value).toMatchObject({ demand: { byStarts: 'open' } });
  });

  it('may take back a start that could not be carried out yet', async () => {
    const { actor, at, admitted, fleet } = await fastManager();
    at(11_000);
    const failure = { cohortId: 'c', kind: 'refused', reason: 'x', market: null } as const;
    actor.send({ type: 'cohort.launchFailed', ...failure });
    actor.send(start);
    expect(fleet().desired).toBe(1);
    actor.send(refused(11_000));
    at(60_000);
    expect(fleet().desired).toBe(0);
    expect(admitted()).toEqual([]);
  });
});

describe('a scheduler that says one by one what it desires', () => {
  it('that asks for one more gets it, but not while one is being launched or still desired', async () => {
    const { actor, at, says, fleet, modes, report, command } = await readyManager();
    at(11_000);
    command(2);
    actor.send({ type: 'scheduler.desired', at: 11_000, requests: [] });
    report({ pending: 1 });
    says();
    const start = () => actor.send({ type: 'scheduler.startRequested', at: 11_000 });
    start();
    expect(fleet()).toMatchObject({ desired: 2, emptySince: null });
    expect(modes().demand).toBe('byStarts');
    expect(says()).toEqual([{ tasks: 2, why: 'one more is desired' }]);
    start();
    report({ pending: 2 }, 1);
    start();
    expect(fleet().desired).toBe(2);
    expect(says()).toEqual([]);
  });

  it('that asks again before anything may be launched has asked for one', () => {
    const { actor, says, fleet } = liveManager();
    for (const at of [0, 1]) actor.send({ type: 'scheduler.startRequested', at });
    expect(fleet().desired).toBe(1);
    expect(says()).toHaveLength(1);
  });

  it('that has sent no number does not desire less when a group ends', async () => {
    const { actor, clock, fleet, report } = await readyManager({ owned: tasksOf(2) });
    clock.increment(1);
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: [] });
    report({ pending: 1 }, 0, 1);
    expect(fleet().desired).toBeNull();
  });

  it('that releases unknown tasks has sent no number', () => {
    const { actor, fleet, modes, orders } = liveManager();
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: ['t1'] });
    expect([fleet().desired, modes().demand]).toEqual([null, 'byStarts']);
    expect(orders()).toEqual([]);
  });

  it('that releases tasks makes every cohort release them', async () => {
    const { actor, clock, fleet, orders } = await readyManager({ owned: tasksOf(150) });
    for (let i = 0; i < 3; i++) clock.increment(1);
    orders();
    const before = fleet().generation;
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: [] });
    expect(orders()).toEqual([]);
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: ['t1'] });
    const release = { type: 'cohort.release', at: 10_000, taskIds: ['t1'], generation: before + 1 };
    expect(orders()).toEqual([release, release]);
    expect(fleet().generation).toBe(before + 1);
    expect(Object.values(fleet().cohorts).map(({ generation }) => generation)).toEqual([
      before + 1,
      before + 1,
    ]);
  });

  it('that says anew what it desires, one by one, keeps the groups that were to leave', async () => {
    const { actor, at, orders, fleet, report, says } = await readyManager();
    at(11_000);
    actor.send(command(4, 11_000));
    report({ busy: 2, drainPending: 1, unsent: 1, stopping: 1 });
    orders();
    const before = fleet().generation;
    actor.send({ type: 'scheduler.requestsForgotten', at: 12_000 });
    expect(orders()).toEqual([
      {
        ...{ type: 'cohort.cancelDrain', most: Number.MAX_SAFE_INTEGER },
        generation: before + 1,
      },
    ]);
    expect(fleet()).toMatchObject({ desired: 4, ask: null, desiredWorkers: null });
    expect(says().at(-1)).toEqual({ tasks: 4, why: 'the scheduler says which are to go' });
    // Nothing is launched in the place of one that ends.
    report({ busy: 3, idle: 1 });
    report({ busy: 3 }, 0, 1);
    expect([fleet().desired, orders()]).toEqual([3, []]);
  });

  it('that says so before all cohorts have reported desires no number yet', async () => {
    const { actor, at, orders, fleet, modes, says } = await readyManager();
    at(11_000);
    actor.send({ type: 'scheduler.startRequested', at: 11_000 });
    orders();
    says();
    actor.send({ type: 'scheduler.requestsForgotten', at: 11_000 });
    expect(says()).toEqual([]);
    expect(orders().map(({ type }) => type)).toEqual(['cohort.cancelDrain']);
    expect([fleet().desired, modes().demand]).toEqual([null, 'byStarts']);
  });

  it('that ends a group desires one less, and never less than zero', async () => {
    const { actor, at, fleet, report } = await readyManager();
    at(11_000);
    actor.send({ type: 'scheduler.startRequested', at: 11_000 });
    report({ pending: 1 });
    actor.send({ type: 'scheduler.startRequested', at: 11_000 });
    report({ pending: 1, idle: 1 });
    expect(fleet().desired).toBe(2);
    report({ idle: 1, stopping: 1 }, 0, 1);
    expect(fleet().desired).toBe(1);
    report({ idle: 2 });
    expect(fleet().desired).toBe(1);
    actor.send({ type: 'scheduler.shutdownRequested', at: 11_000, taskIds: [] });
    report({}, 0, 2);
    expect(fleet().desired).toBe(0);
  });
});
