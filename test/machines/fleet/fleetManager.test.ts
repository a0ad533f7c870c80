import { describe, expect, it } from 'vitest';
import type { CohortCommand } from '../../../machines/cohort/messages.ts';
import { fleetManager } from '../../../machines/fleet/fleetManager.ts';
import { modesOf } from '../../../machines/fleet/modes.ts';
import { kept, total } from '../../../machines/fleet/plan.ts';
import { type Fleet, fleetCounts } from '../../../machines/fleet/state.ts';
import { models } from '../../../src/paths/models/fleetManager.ts';
import { liveManager, orphan, readyManager, tasksOf } from '../../support/liveManager.ts';
import { checkEveryEdge, untaken, unvisited } from '../../support/paths.ts';
import { settle } from '../../support/world.ts';

describe('before all is known', () => {
  it('time passes, cohorts look, and what the scheduler and they say is kept', async () => {
    const { actor, clock, at, command, orders, fleet, modes, report } = liveManager({
      owned: tasksOf(1),
    });
    clock.increment(1);
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.adopt' })]);
    at(5000);
    expect(orders()).toEqual([
      { type: 'cohort.poll', at: 5000, launching: false, ending: false, listedAt: 0 },
    ]);
    command(2);
    expect(fleet()).toMatchObject({ now: 5000, desired: 1 });
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: ['t1'] });
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.release' })]);
    report({});
    actor.send({ type: 'scheduler.startRequested', at: 0 });
    expect([fleet().cohorts, fleet().desired, modes().demand]).toEqual([{}, 1, 'byStarts']);
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

it('tasks that are found have the policy judged anew, for commands may have counted their workers', async () => {
  const { actor, at, command, fleet, inventoried } = await readyManager();
  const work = { at: 10_000, tasks: 100, workers: 0, own: 0, otherManagers: 0, everyMs: 1000 };
  for (let n = 0; n < 2; n++) actor.send({ type: 'monitor.work', at: 10_000, work });
  for (const now of [20_000, 22_000, 80_000]) {
    at(now);
    command(30);
  }
  const isOther = { policy: { isOther: true } };
  expect(fleet()).toMatchObject(isOther);
  await inventoried({});
  const foundIn = async (times: number[], accepted?: number) => {
    for (const now of times) {
      at(now);
      command(30);
      await inventoried({ tasks: [orphan('arn/0')] }, accepted);
    }
  };
  await foundIn([150_000, 156_000], 0);
  expect(fleet()).toMatchObject(isOther);
  await foundIn([160_000, 220_000]);
  expect(fleet()).toMatchObject({ policy: { isOther: false, mismatches: 0 } });
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
    expect(hears()).toContainEqual({ type: 'fleet.stopped', isKnown: true });
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: 'stopped' });
    await settle();
  });
});

describe('the end without a look at ECS', () => {
  const stopped = { type: 'fleet.stopped', isKnown: true };

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
    at(10_000);
    expect(actor.getSnapshot().value).toMatchObject({ inventory: 'listing' });
    actor.send({ type: 'fleet.stop' });
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

  it.each([
    ['taken over', 'ready', true],
    ['left alone', 'unacknowledged', false],
  ] as const)('is followed by what a late list shows, %s', async (_, status, looked) => {
    const { actor, at, hears, inventoried } = liveManager();
    actor.send({ type: 'scheduler.connection', at: 1, status });
    at(10_000);
    actor.send({ type: 'fleet.stop' });
    at(11_000);
    expect(hears()).toContainEqual(stopped);
    await inventoried({ tasks: [orphan('arn/0')] });
    expect(hears()).toContainEqual({ type: 'fleet.remaining', tasks: 1, launches: 0, looked });
  });

  it('does not come while tasks with our tag are left alone that given-up launches may have started, and comes when they have gone', async () => {
    const { actor, at, hears, inventoried, answered, report } = liveManager({ launchesGivenUp: 1 });
    const connection = (status: 'unacknowledged' | 'ready') =>
      actor.send({ type: 'scheduler.connection', at: 1, status });
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    connection('unacknowledged');
    at(10_000);
    actor.send({ type: 'fleet.stop' });
    await inventoried({ tasks: [orphan('arn/0'), orphan('arn/1')] });
    at(11_000);
    at(30_000);
    const heard = hears();
    expect(heard).not.toContainEqual(stopped);
    const remaining = { type: 'fleet.remaining', tasks: 2, launches: 0, looked: false };
    expect(heard).toContainEqual(remaining);
    connection('ready');
    await inventoried({ tasks: [orphan('arn/0')] });
    answered();
    report({});
    at(31_000);
    expect(hears()).toContainEqual(stopped);
  });

  it('comes five seconds after the stop where all that was ever seen are tasks that are left alone', async () => {
    const { actor, at, hears, inventoried } = liveManager();
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    actor.send({ type: 'scheduler.connection', at: 1, status: 'unacknowledged' });
    at(10_000);
    await inventoried({ tasks: [orphan('arn/0')] });
    actor.send({ type: 'fleet.stop' });
    for (const now of [11_000, 14_999]) at(now);
    expect(hears().map(({ type }) => type)).not.toContain('fleet.stopped');
    at(15_000);
    expect(hears()).toContainEqual({ type: 'fleet.stopped', isKnown: false });
  });

  it('comes, with words for what may be left, once our tasks may not be listed and all that the journal knows has gone', async () => {
    const given = { journalIncomplete: true, owned: tasksOf(1) };
    const { actor, clock, at, hears, inventoried, answered, report, fleet } = liveManager(given);
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    clock.increment(1);
    answered();
    const denied = Object.assign(new Error('not authorized'), { kind: 'denied' });
    for (const now of [10_000, 20_000]) {
      at(now);
      await inventoried(denied);
    }
    actor.send({ type: 'fleet.stop' });
    report({});
    at(21_000);
    // Two denials may be a mistake of the moment.
    expect(hears().map(({ type }) => type)).not.toContain('fleet.stopped');
    at(30_000);
    await inventoried(denied);
    at(31_000);
    expect(hears()).toContainEqual({ type: 'fleet.stopped', isKnown: false });
    expect(fleet().remaining).toEqual({ tasks: 0, launches: 0, looked: false });
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
    ...({ market: 'onDemand', mayHaveStarted: 1 } as const),
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
    expect(hears()).toContainEqual({ type: 'fleet.stopped', isKnown: true });
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
  expect(cohorts.lines[0]?.input).toMatchObject({ monitor: 'lost' });
});

it('tells every cohort each time that the monitor stream shows nothing any more', async () => {
  const { actor, at, command, answered, orders } = await readyManager();
  at(11_000);
  command(2);
  answered();
  for (const loads of [{}, null]) actor.send({ type: 'monitor.loads', at: 11_000, loads });
  orders();
  actor.send({ type: 'monitor.loads', at: 12_000, loads: null });
  expect(orders()).toEqual([{ type: 'cohort.loads', at: 11_000, loads: null }]);
});

it('launches what is missing as soon as an operator resumes', async () => {
  const { actor, at, command, orders } = await readyManager();
  at(11_000);
  actor.send({ type: 'fleet.hold', at: 11_000, reason: 'an upgrade' });
  command(2);
  expect(orders()).toEqual([]);
  actor.send({ type: 'fleet.resume', at: 11_000 });
  expect(orders().map(({ type }) => type)).toEqual(['cohort.admit']);
});

it('takes in reports, but launches and drains nothing, once it leaves its tasks to the next start', async () => {
  const { actor, at, command, answered, report, orders, fleet } = await readyManager();
  at(11_000);
  command(4);
  answered();
  orders();
  actor.send({ type: 'fleet.leave' });
  report({ busy: 1, idle: 1 });
  expect(fleet().cohorts['cohort.0']?.counts).toMatchObject({ busy: 1, idle: 1, pending: 0 });
  for (const workers of [20, 0]) {
    command(workers);
    report({ busy: 2 });
  }
  expect(orders()).toEqual([]);
});

it('desires nothing for a scheduler that is back and had sent only empty requests for a minute, and drains nothing yet', async () => {
  const { actor, at, echo, tick, command, answered, report, orders, fleet } = await readyManager();
  at(11_000);
  command(4);
  answered();
  report({ busy: 2 });
  actor.send({ type: 'scheduler.desired', at: 12_000, requests: [] });
  actor.send({ type: 'scheduler.lost', at: 13_000 });
  for (let now = 20_000; now <= 60_000; now += 10_000) tick(now);
  echo(70_500);
  tick(71_000);
  expect([fleet().returnedAt, fleet().desired]).toEqual([70_500, 2]);
  orders();
  tick(72_000);
  expect(fleet().desired).toBe(0);
  expect(orders().map(({ type }) => type)).not.toContain('cohort.drain');
});

it('the fleet manager keeps its invariants on every edge', async () => {
  const first = { stopped: false, labels: [] as string[] };
  let edgesWithLaunches = 0;
  await checkEveryEdge(fleetManager, models, first, ({ event, state, sent }, past) => {
    const stopped = past.stopped || event.type === 'fleet.stop';
    const { value } = state;
    const fleet: Fleet = state.context;
    const admissions = sent.flatMap(({ event: told }) => {
      const command = told as CohortCommand;
      return command.type === 'cohort.admit' ? [command.launches] : [];
    });
    const admitted = admissions.flat();
    // A launch of an earlier run is no new one.
    const launches = admissions.filter((some) => some.some((one) => !one.outcomeUnknown));
    if (launches.length > 0) {
      edgesWithLaunches++;
      expect(stopped).toBe(false);
      expect((value as { lifecycle: string }).lifecycle).toBe('active'); // nothing before all is known
      expect(fleet.revision).not.toBeNull();
      expect(fleet.now - (fleet.lastEchoAt ?? -1e9)).toBeLessThanOrEqual(6000); // nor for a silent scheduler
      const { breakers, now, mismatch } = fleet;
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
      expect(total(fleetCounts(fleet))).toBeLessThanOrEqual(12);
    }
    // At the end, every group is told to leave as soon as its cohort has reported it.
    if ((value as { lifecycle: string }).lifecycle === 'stopping')
      for (const { counts, generation, observedGeneration } of Object.values(fleet.cohorts))
        if (generation === observedGeneration) expect(kept(counts)).toBe(0);
    const labels = [...past.labels, ...admitted.map(({ order }) => order.label)];
    expect(new Set(labels).size).toBe(labels.length); // a label, so a token, is used once
    return { stopped, labels };
  });
  expect(edgesWithLaunches).toBeGreaterThan(100);
}, 180_000);

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(fleetManager, ...models)).toEqual([]);
  const unseen = models.map((model) => unvisited(fleetManager, model));
  expect(unseen.reduce((all, some) => all.filter((id) => some.includes(id)))).toEqual([]);
});
