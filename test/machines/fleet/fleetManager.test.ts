import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import type { LaunchPlan } from '../../../machines/cohort/groupRecords.ts';
import { fleetManager } from '../../../machines/fleet/fleetManager.ts';
import { modesOf } from '../../../machines/fleet/modes.ts';
import { total } from '../../../machines/fleet/plan.ts';
import { type FleetInput, fleetCounts, kept } from '../../../machines/fleet/state.ts';
import { models } from '../../../src/paths/models/fleetManager.ts';
import { liveManager, orphan, readyManager, tasksOf } from '../../support/liveManager.ts';
import { takeEveryEdge, untaken, unvisited } from '../../support/paths.ts';
import { scriptedStream, scriptedWorld, settle } from '../../support/world.ts';

// One machine for all walks: to provide its actors anew costs more than most of the walks.
const cohort = scriptedStream();
const world = scriptedWorld('inventory', 'journalAdoption');
const scripted = fleetManager.provide({
  actors: { ...world.actors, cohort: cohort.logic as never },
});

describe('before all is known', () => {
  it('time passes, cohorts look, and what the scheduler and they say is kept', async () => {
    const { actor, clock, at, command, orders, fleet, report } = liveManager({ owned: tasksOf(1) });
    clock.increment(1);
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.adopt' })]);
    at(5000);
    expect(orders()).toEqual([
      { type: 'cohort.poll', at: 5000, monitorConnected: false, launching: false, ending: false },
    ]);
    command(2);
    expect(fleet()).toMatchObject({ now: 5000, desired: 1 });
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: ['t1'] });
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.release' })]);
    report({});
    actor.send({ type: 'scheduler.startRequested', at: 0 });
    expect(fleet()).toMatchObject({ cohorts: {}, desired: 1, replacesEnded: false });
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'recovering' });
  });
});

it('drains known groups that are too many before the first inventory, and launches none', async () => {
  const { actor, clock, at, command, orders, answered, report } = liveManager({
    owned: tasksOf(3),
    resend: [],
    startedAt: 0,
  });
  actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
  clock.increment(1);
  answered();
  at(1000);
  for (let now = 4000; now <= 40_000; now += 3000) at(now);
  report({ busy: 3 });
  orders();
  command(2);
  expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'recovering' });
  expect(orders()).toMatchObject([{ type: 'cohort.drain', busy: 2 }]);
  report({ stopping: 2 });
  command(8);
  expect(orders()).toEqual([]);
});

describe('a scheduler that is first heard by this run', () => {
  const drainsIn = (orders: { type: string }[]) =>
    orders.filter(({ type }) => type === 'cohort.drain');

  it('drains no group of the journal within the grace of a return', async () => {
    const { actor, clock, at, command, orders, answered } = liveManager({ owned: tasksOf(3) });
    clock.increment(1);
    answered();
    at(10_000);
    command(0);
    expect(actor.getSnapshot().value).toMatchObject({ scheduler: 'returning' });
    at(39_999);
    expect(drainsIn(orders())).toEqual([]);
    at(40_000);
    expect(drainsIn(orders())).toMatchObject([{ pending: 3 }]);
  });

  it('drains no group that the first inventory shows within the grace of a return', async () => {
    const { actor, clock, at, command, orders, answered, inventoried } = liveManager();
    at(10_000);
    command(0);
    expect(actor.getSnapshot().value).toMatchObject({ scheduler: 'present' });
    await inventoried({ tasks: [orphan('arn/0')] });
    expect(actor.getSnapshot().value).toMatchObject({ scheduler: 'returning' });
    clock.increment(1);
    answered();
    at(39_999);
    expect(drainsIn(orders())).toEqual([]);
    at(40_000);
    expect(drainsIn(orders())).toMatchObject([{ pending: 1 }]);
  });

  it('is taken at its word where there is no group of an earlier run', async () => {
    const { actor } = await readyManager();
    expect(actor.getSnapshot().value).toMatchObject({ scheduler: 'present' });
  });
});

it('takes over as many tasks as launches, all of them', () => {
  const order = { clientToken: 't', count: 1, revision: 'r', market: 'onDemand' } as const;
  const resend = [{ order: { label: 'd-1', ...order }, groupIds: ['d-1-0'], outcomeUnknown: true }];
  const { clock, fleet } = liveManager({ owned: tasksOf(1), resend });
  clock.increment(1);
  clock.increment(1);
  expect(fleet()).toMatchObject({ owned: [], resend: [], opened: 2 });
});

describe('the end', () => {
  it('comes when nothing is left, and is told', async () => {
    const { actor, clock, at, orders, hears, report, fleet, answered } = await readyManager({
      owned: tasksOf(1),
    });
    clock.increment(1);
    answered();
    orders();
    actor.send({ type: 'fleet.stop' });
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.drain' })]);
    answered();
    at(15_000);
    expect(fleet().now).toBe(15_000);
    expect(orders()).toEqual([
      expect.objectContaining({ type: 'cohort.poll', launching: false, ending: true }),
    ]);
    report({ pending: 1 });
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.drain' })]);
    report({});
    expect(hears().map(({ type }) => type)).not.toContain('fleet.stopped');
    at(16_000);
    expect(hears()).toContainEqual({ type: 'fleet.stopped' });
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'stopped' });
    await settle();
  });
});

describe('the end without a look at ECS', () => {
  const stopped = { type: 'fleet.stopped' };

  it('comes at once where nothing was launched and the journal knows of nothing', () => {
    const { actor, tick, hears } = liveManager();
    tick(1000);
    actor.send({ type: 'fleet.stop' });
    tick(2000);
    expect(hears()).toContainEqual(stopped);
  });

  it('waits for the first list if that is due, and then for the tasks that it shows', async () => {
    const { actor, at, tick, hears, inventoried, answered, report, fleet } = liveManager();
    tick(9000);
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    actor.send({ type: 'fleet.stop' });
    at(10_000);
    expect(actor.getSnapshot().value).toMatchObject({ inventory: 'listing' });
    at(11_000);
    expect(hears()).not.toContainEqual(stopped);
    await inventoried({ startedAt: 10_000, tasks: [orphan('arn/0')] });
    answered();
    at(12_000);
    expect(Object.keys(fleet().cohorts)).toEqual(['cohort.0']);
    expect(hears()).not.toContainEqual(stopped);
    report({});
    at(13_000);
    expect(hears()).toContainEqual(stopped);
    // Nothing would stop what a list shows from now on.
    at(90_000);
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'stopped', inventory: 'idle' });
  });

  it('does not wait for a list where AWS could not be prepared: there may be no answer', () => {
    const { actor, at, tick, hears } = liveManager();
    tick(9000);
    at(10_000);
    expect(actor.getSnapshot().value).toMatchObject({ inventory: 'listing' });
    actor.send({ type: 'fleet.stop' });
    at(11_000);
    expect(hears()).toContainEqual(stopped);
  });

  it('does not come if the journal may have lost launches', () => {
    const { actor, tick, tickUntil, hears } = liveManager({ journalIncomplete: true });
    tick(1000);
    actor.send({ type: 'fleet.stop' });
    tickUntil(60_000);
    const heard = hears();
    expect(heard).not.toContainEqual(stopped);
    expect(heard).toContainEqual(
      expect.objectContaining({ type: 'fleet.remaining', tasks: 0, looked: false }),
    );
  });
});

describe('a launch that was given up without an answer', () => {
  const givenUp = {
    type: 'cohort.launchFailed',
    ...({ cohortId: 'cohort.0', kind: 'refused', reason: 'no' } as const),
    ...({ market: 'onDemand', outcomeUnknown: true } as const),
  } as const;

  it('keeps the manager from its end until a later inventory shows what it started', async () => {
    const { actor, at, command, report, answered, inventoried, hears, clock, orders } =
      await readyManager();
    at(11_000);
    command(2);
    answered();
    actor.send({ type: 'fleet.stop' });
    for (const now of [15_000, 19_000, 22_000]) at(now);
    await inventoried({});
    actor.send(givenUp);
    report({});
    at(23_000);
    at(24_000);
    await inventoried({});
    expect(hears().map(({ type }) => type)).not.toContain('fleet.stopped');
    for (const now of [33_000, 34_000]) at(now);
    await inventoried({ tasks: [orphan('arn/0')] });
    at(40_000);
    await inventoried({ tasks: [orphan('arn/0')] });
    orders();
    clock.increment(1);
    answered();
    at(41_000);
    expect(hears().map(({ type }) => type)).not.toContain('fleet.stopped');
    expect(orders().map(({ type }) => type)).toContain('cohort.drain');
    report({});
    at(42_000);
    expect(hears()).toContainEqual({ type: 'fleet.stopped' });
  });
});

it('tells a cohort whether the monitor stream has ever spoken', async () => {
  const { actor, at, command, cohorts } = await readyManager();
  const monitor = () => (actor.getSnapshot().value as { monitor: string }).monitor;
  at(11_000);
  actor.send({ type: 'monitor.loads', at: 11_000, loads: null });
  expect(monitor()).toBe('unknown');
  actor.send({ type: 'monitor.loads', at: 11_000, loads: {} });
  expect(monitor()).toBe('connected');
  actor.send({ type: 'monitor.loads', at: 11_000, loads: null });
  expect(monitor()).toBe('lost');
  command(2);
  expect(cohorts.lines[0]?.input).toMatchObject({ monitorEverConnected: true });
});

/** With a new world; goes on from the snapshot. */
const live = (input: FleetInput, snapshot?: object) => {
  cohort.told.length = 0;
  cohort.lines.length = 0;
  for (const calls of Object.values(world.calls)) calls.length = 0;
  const clock = new SimulatedClock();
  const actor = createActor(scripted, { input, clock, snapshot: snapshot as never }).start();
  return { actor, fleet: () => actor.getSnapshot().context };
};

it('the fleet manager keeps its invariants on every edge', async () => {
  await takeEveryEdge(fleetManager, models, {
    start: (input, snapshot) => live(input as FleetInput, snapshot),
    past: { stopped: false, labels: [] as string[] },
    take: async ({ actor, fleet }, { event, state }, past) => {
      const before = cohort.told.length;
      await world.play(actor, event);
      const stopped = past.stopped || event.type === 'fleet.stop';
      const { value } = actor.getSnapshot();
      expect(value).toEqual(state.value);
      const orders = cohort.told.slice(before);
      const admitted = orders.flatMap((order) =>
        order.type === 'cohort.admit'
          ? (order as never as { launches: LaunchPlan[] }).launches
          : [],
      );
      // A launch of an earlier run is no new one.
      const launches = orders.filter(
        (order) =>
          order.type === 'cohort.admit' &&
          (order as never as { launches: LaunchPlan[] }).launches.some(
            (one) => !one.outcomeUnknown,
          ),
      );
      if (launches.length > 0) {
        expect(stopped).toBe(false);
        expect((value as { lifecycle: string }).lifecycle).toBe('active'); // nothing before all is known
        expect(fleet().revision).not.toBeNull();
        expect(fleet().now - (fleet().lastEchoAt ?? -1e9)).toBeLessThanOrEqual(6000); // nor for a silent scheduler
        const { breakers, now, mismatch } = fleet();
        const { refused } = breakers;
        if (refused) {
          // Tried with one, and only when it is time.
          expect(now).toBeGreaterThanOrEqual(refused.until);
          expect(launches).toHaveLength(1);
          expect(admitted.at(-1)?.groupIds).toEqual([refused.probe]);
        }
        expect(mismatch).toBeNull();
        const modes = modesOf(value as Record<string, unknown>);
        expect(modes.hold).toBe('running');
        expect(['present', 'returning']).toContain(modes.scheduler);
        expect(total(fleetCounts(fleet()))).toBeLessThanOrEqual(12);
      }
      // At the end, every group is told to leave as soon as its cohort has reported it.
      if ((value as { lifecycle: string }).lifecycle === 'stopping')
        for (const { counts, generation, observedGeneration } of Object.values(fleet().cohorts))
          if (generation === observedGeneration) expect(kept(counts)).toBe(0);
      const labels = [...past.labels, ...admitted.map(({ order }) => order.label)];
      expect(new Set(labels).size).toBe(labels.length); // a label, so a token, is used once
      return { stopped, labels };
    },
  });
}, 180_000);

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(fleetManager, ...models)).toEqual([]);
  const unseen = models.map((model) => unvisited(fleetManager, model));
  expect(unseen.reduce((all, some) => all.filter((id) => some.includes(id)))).toEqual([]);
});
