import { describe, expect, it } from 'vitest';
import { createActor, type EventObject, SimulatedClock } from 'xstate';
import { fleetManager } from '../../../machines/fleet/fleetManager.ts';
import { modesOf } from '../../../machines/fleet/modes.ts';
import { noCounts, serving, total } from '../../../machines/fleet/plan.ts';
import { type Fleet, type FleetInput, fleetCounts, kept } from '../../../machines/fleet/state.ts';
import { noBill } from '../../../machines/shared/money.ts';
import {
  fleetInput,
  fleetSettings,
  liveManager,
  orphan,
  readyManager,
  tasksOf,
} from '../../support/liveManager.ts';
import { type Model, untaken, unvisited, walkEveryEdge } from '../../support/paths.ts';
import { holesOf } from '../../support/placeholders.ts';
import { scriptedStream, scriptedWorld, settle } from '../../support/world.ts';

const settings = {
  ...fleetSettings,
  ...{ maxTasks: 12, pollsPerTick: 5, launchBurst: 100, launchesPerSecond: 20 },
};
const input: FleetInput = { ...fleetInput, settings, owned: tasksOf(1) };
const command = (taskConcurrency: number, at: number) => ({
  type: 'scheduler.desired' as const,
  at,
  requests: [{ taskConcurrency, capabilities: [] }],
});
const listed = { startedAt: 11_000, tasks: [] };
const showsOrphan = { startedAt: 11_000, tasks: [orphan('arn/9')] };
const denied = Object.assign(new Error('not authorized'), { kind: 'denied' });
const late = Object.assign(new Error('no answer'), { kind: 'unreachable' });

const brief = (context: Fleet) => [
  context.now,
  context.desired,
  context.lastEchoAt,
  context.revision !== null,
  context.owned.length,
  Object.values(context.cohorts).map(({ counts, launches }) => [counts, launches]),
  Object.values(context.breakers).map(({ failures, probe }) => [failures, probe !== null]),
  context.replacesEnded,
  context.mismatch,
  context.connection,
  context.holdReason,
  context.inventoryAt !== null,
  Math.min(context.inventoryFailures, 1),
];

/** What can happen; `aside`: what a part of the walks leaves out, so that not everything is crossed with everything. */
const modelOf = (aside: RegExp): Model => ({
  input,
  key: ({ value, context }) => [value, brief(context as Fleet)],
  events: ({ value, context }) => {
    const fleet = context as Fleet;
    const modes = modesOf(value as Record<string, unknown>);
    const { lifecycle, inventory: listing } = modes;
    const reports = Object.entries(fleet.cohorts).flatMap(([cohortId, { counts, generation }]) =>
      // One that has not reported yet has three groups.
      [{ ...noCounts, idle: counts.pending + serving(counts) || 3 }, noCounts].map((counts) => ({
        ...{ type: 'cohort.changed', cohortId, generation, launches: 0, ended: 0 },
        counts,
      })),
    );
    const setback = { cohortId: 'x', kind: 'refused', reason: 'full', market: null };
    const groupId = fleet.breakers.refused?.probe ?? 'x';
    return [
      ...(fleet.now < 20_000 || lifecycle === 'stopping' || lifecycle === 'active'
        ? [{ type: 'tick', now: 20_000 }]
        : []),
      { type: 'fleet.restoreNext' },
      ...(fleet.revision === null ? [{ type: 'fleet.prepared', revision: 'rev:1' }] : []),
      ...(fleet.lastEchoAt === null ? [{ type: 'scheduler.heartbeatEcho', at: 20_000 }] : []),
      ...(fleet.desired === null ? [command(6, 20_000)] : []),
      ...(lifecycle === 'active' ? [{ type: 'fleet.nextTurn' }] : []),
      ...(lifecycle === 'stopping' || lifecycle === 'stopped' ? [] : [{ type: 'fleet.stop' }]),
      ...(listing === 'listing'
        ? [
            { type: 'xstate.done.actor.inventory', output: listed },
            { type: 'xstate.done.actor.inventory', output: showsOrphan },
            { type: 'xstate.error.actor.inventory', error: denied },
            { type: 'xstate.error.actor.inventory', error: late },
          ]
        : []),
      ...(fleet.breakers.refused
        ? [
            { type: 'cohort.recovered', cohortId: 'x', groupId, signal: 'launched', subnet: null },
            { type: 'cohort.probeInconclusive', cohortId: 'x', groupId },
          ]
        : [{ type: 'cohort.launchFailed', ...setback }]),
      ...(listing === 'adopting'
        ? [
            { type: 'xstate.done.actor.journalAdoption', output: fleet.adoption.adopting },
            { type: 'xstate.error.actor.journalAdoption', error: late },
          ]
        : []),
      ...(modes.scheduler === 'absent' ? [] : [{ type: 'scheduler.lost', at: 0 } as const]),
      ...(modes.monitor === 'connected' ? [] : [{ type: 'monitor.loads', at: 1, loads: {} }]),
      ...reports,
      ...(lifecycle === 'active' ? [] : [{ type: 'task.dead', at: 1, taskArn: 'arn:t' }]),
    ].filter(({ type }) => !aside.test(type));
  },
});

/** A scheduler that asks for tasks one by one and chooses itself who goes; or that our workers could not serve. */
const oneByOne: Model = {
  ...modelOf(/^(cohort\.launchFailed|monitor\.loads|xstate\.error.*|scheduler\.(desired|lost))$/),
  events: (state) => {
    const fleet = state.context as Fleet;
    const usual = modelOf(
      /^(cohort\.launchFailed|monitor\.loads|xstate\.error.*|scheduler\.(desired|lost))$/,
    );
    const { lifecycle } = state.value as { lifecycle: string };
    if (!/recovering|active/.test(lifecycle)) return [];
    return [
      // Orphans are for the other models.
      ...(usual.events as (of: typeof state) => EventObject[])(state).filter(
        (event) => !('output' in event && event.output === showsOrphan),
      ),
      ...((fleet.desired ?? 0) < 2 ? [{ type: 'scheduler.startRequested', at: 20_000 }] : []),
      { type: 'scheduler.shutdownRequested', at: 20_000, taskIds: ['old'] },
      { type: 'scheduler.mismatch', at: 20_000, reason: fleet.mismatch ? null : 'too old' },
      // They change no state: a few of the states are enough.
      ...(fleet.revision === null && fleet.mismatch === null && fleet.desired === null
        ? [
            { type: 'monitor.work', at: 20_000, work: null },
            { type: 'monitor.closed', at: 20_000 },
          ]
        : []),
    ];
  },
};

/** The scheduler comes and goes. Its graces are short, so that a walk is, too. */
const comingAndGoing: Model = {
  input: {
    ...input,
    owned: [],
    settings: { ...settings, schedulerGraceMs: 8000, returnGraceMs: 12_000, emptyGraceMs: 4000 },
  },
  key: ({ value, context }) => {
    const { now, lastEchoAt, returnedAt, desired, emptySince } = context as Fleet;
    const { scheduler } = value as { scheduler: object };
    return [scheduler, now, lastEchoAt, returnedAt, desired, emptySince !== null];
  },
  events: ({ context: { now, emptySince, desired } }) =>
    now >= 25_000
      ? []
      : ([
          { type: 'tick', now: now + 5000 },
          { type: 'scheduler.heartbeatEcho', at: now },
          { type: 'scheduler.lost', at: 0 },
          ...(now < 6000 ? [{ type: 'fleet.tookOver' }] : []),
          ...(desired === null || desired === 0 ? [command(6, now)] : []),
          ...(emptySince === null ? [{ type: 'scheduler.desired', at: now, requests: [] }] : []),
        ] as EventObject[]),
};

const terms = { transport: 'ymq', generation: 'g3', exact: true, bare: false } as const;

/** What persons order, and what is known of the connection and the scheduler. */
const orders: Model = {
  ...modelOf(/./),
  events: (state) => {
    const usual = modelOf(
      /^(task\.dead|cohort\..*|monitor\.loads|scheduler\.lost|fleet\.(nextTurn|restoreNext|stop)|xstate\.error.*)$/,
    );
    const { connection, holdReason, terms: known, tasksOf: tasks } = state.context as Fleet;
    return [
      ...(usual.events as (of: typeof state) => EventObject[])(state),
      ...(connection === 'closed'
        ? [{ type: 'scheduler.connection', at: 1, status: 'conflict' } as const]
        : []),
      ...(known === null ? [{ type: 'scheduler.identified', at: 1, terms } as const] : []),
      ...(holdReason === null || modesOf(state.value as Record<string, unknown>).hold === 'held'
        ? [{ type: 'fleet.hold', at: 1, reason: 'upgrade' } as const]
        : []),
      { type: 'fleet.resume', at: 2 } as const,
      { type: 'fleet.drainGroups', at: 2, groupIds: ['old-0'] } as const,
      ...('cohort.0' in tasks
        ? []
        : [{ type: 'cohort.tasksChanged', cohortId: 'cohort.0', taskIds: ['t'] } as const]),
    ];
  },
};

const monitorEnds: Model = {
  ...modelOf(/./),
  key: ({ value }) => value,
  events: [{}, null].map((loads) => ({ type: 'monitor.loads', at: 1, loads }) as EventObject),
};

/** A task costs a dollar an hour, and one task is allowed: tasks come and go. */
const expensive: Model = {
  input: {
    ...input,
    settings: {
      ...settings,
      money: {
        prices: { onDemand: 1, spot: 1, minimumMs: 60_000 },
        limits: { perHour: 1, perDay: null, total: null },
        onLimit: 'hold',
      },
    },
  },
  key: ({ value, context }) => {
    const { now, money, cohorts } = context as Fleet;
    const { money: mode } = value as { money: string };
    return [mode, now, money.sum.onDemand.tasks, money.clearSince, Object.keys(cohorts)];
  },
  events: ({ context }) => {
    const { now, cohorts } = context as Fleet;
    const bills = [1, 0].map((tasks) => {
      const onDemand = { ...noBill.onDemand, tasks, fromSum: tasks * 1000 };
      return { type: 'cohort.billed', cohortId: 'cohort.0', bill: { ...noBill, onDemand } };
    });
    return [
      ...('cohort.0' in cohorts ? bills : [{ type: 'fleet.restoreNext' }]),
      ...(now < 120_000 ? [{ type: 'tick', now: now + 30_000 }] : []),
    ];
  },
};

/** What it sends to itself. */
const internal: Model = {
  ...modelOf(/./),
  key: ({ value }) => value,
  events: [
    { type: 'fleet.reconcile' },
    { type: 'inventory.completed' },
    { type: 'fleet.retryNow' },
    { type: 'cohort.launchTurn', cohortId: 'cohort.0', label: 'e-1', at: 20_000 } as EventObject,
  ],
};

/** A person does not want to wait for groups at work. */
const impatient: Model = {
  ...modelOf(/./),
  key: ({ value }) => value,
  events: [{ type: 'fleet.stop' }, { type: 'fleet.stopNow' }],
};

/** Listing is denied again and again. */
const deniedAgain: Model = {
  input: { ...input, owned: [] },
  key: ({ value, context }) => [value, (context as Fleet).denials],
  events: ({ value, context }) => {
    const { now, denials } = context as Fleet;
    if (denials > 2) return [];
    return modesOf(value as Record<string, unknown>).inventory === 'listing'
      ? [{ type: 'xstate.error.actor.inventory', error: denied } as EventObject]
      : [{ type: 'tick', now: now + 10_000 } as EventObject];
  },
};

const models = [
  deniedAgain,
  oneByOne,
  modelOf(/^(cohort\.launchFailed|monitor\.loads|scheduler\.lost)$/),
  modelOf(/^(fleet\.restoreNext|fleet\.stop|xstate\.error.*|monitor\.loads|scheduler\.lost)$/),
  modelOf(/^(fleet\.restoreNext|fleet\.stop|xstate\.error.*|cohort\.(launchFailed|changed))$/),
  comingAndGoing,
  orders,
  expensive,
  monitorEnds,
  internal,
  impatient,
];

const live = (given: FleetInput) => {
  const cohort = scriptedStream();
  const world = scriptedWorld('inventory', 'journalAdoption');
  const clock = new SimulatedClock();
  const actor = createActor(
    fleetManager.provide({
      actors: {
        ...world.actors,
        cohort: cohort.logic as never,
      },
    }),
    { input: given, clock },
  ).start();
  const fleet = () => actor.getSnapshot().context;
  const admitted = () =>
    cohort.told.flatMap((event) =>
      event.type === 'cohort.admit'
        ? (event as unknown as { launches: { order: { label: string }; groupIds: string[] }[] })
            .launches
        : [],
    );
  return { ...world, actor, cohort, clock, fleet, admitted };
};

it('the fleet manager keeps its invariants on every edge', async () => {
  await walkEveryEdge(fleetManager, models, async ({ steps, input }) => {
    const { actor, cohort, fleet, admitted, play } = live(input as FleetInput);
    let stopped = false;
    for (const { event, state } of steps) {
      const before = { told: cohort.told.length };
      await play(actor, event);
      stopped ||= event.type === 'fleet.stop';
      const { value } = actor.getSnapshot();
      expect(value).toEqual(state.value);
      const orders = cohort.told.slice(before.told);
      const launches = orders.filter(({ type }) => type === 'cohort.admit');
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
          expect(admitted().at(-1)?.groupIds).toEqual([refused.probe]);
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
      const labels = admitted().map(({ order }) => order.label);
      expect(new Set(labels).size).toBe(labels.length); // a label, so a token, is used once
    }
  });
}, 60_000);

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(fleetManager, ...models)).toEqual([]);
  const unseen = models.map((model) => unvisited(fleetManager, model));
  expect(unseen.reduce((all, some) => all.filter((id) => some.includes(id)))).toEqual([]);
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

it('names an effect that was not provided', async () => {
  expect(await holesOf(fleetManager)).toEqual({
    inventory: "effect 'inventory' is not provided",
    journalAdoption: "effect 'journalAdoption' is not provided",
  });
});
