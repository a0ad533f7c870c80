import { describe, expect, it } from 'vitest';
import { createActor, type EventObject, SimulatedClock } from 'xstate';
import { fleetManager } from '../../../machines/fleet/fleetManager.ts';
import { noCounts, serving, total } from '../../../machines/fleet/plan.ts';
import {
  type Fleet,
  type FleetInput,
  fleetCounts,
  inventoryDue,
} from '../../../machines/fleet/state.ts';
import { answerAll } from '../../support/liveManager.ts';
import { type Model, untaken, unvisited, walks } from '../../support/paths.ts';
import { scriptedStream, scriptedWorld, settle } from '../../support/world.ts';

const settings = {
  maxTasks: 12,
  workersPerTask: 2,
  capabilities: [],
  timeouts: {
    missingGraceMs: 60_000,
    bootGraceMs: 30_000,
    startDeadlineMs: 600_000,
    workersLostMs: 120_000,
    unobservedStopMs: 180_000,
    unobservedExitMs: 5000,
  },
  drainTimeoutMs: 300_000,
  stopDrainMs: 30_000,
  spot: false,
  echoLimitMs: 6000,
  emptyGraceMs: 60_000,
  schedulerGraceMs: 600_000,
  returnGraceMs: 30_000,
  settleMs: 10_000,
  pollEveryMs: 3000,
  pollsPerTick: 5,
  inventoryEveryMs: 60_000,
  launchBurst: 100,
  launchesPerSecond: 20,
};
const input: FleetInput = {
  settings,
  epoch: 'e',
  startedAt: 0,
  owned: [{ groupId: 'old-1-0', taskArn: 'arn:old', launchedAt: 0 }],
  resend: [],
  abandonedLaunches: 0,
  lastLaunchAt: 0,
};
const command = (taskConcurrency: number, at: number) => ({
  type: 'scheduler.desired' as const,
  at,
  requests: [{ taskConcurrency, capabilities: [] }],
});
const survey = { startedAt: 11_000, adopted: [], unconfirmed: 0 };
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
  context.monitorConnected,
  context.schedulerLost,
  context.inventoryAt !== null,
  Math.min(context.inventoryFailures, 1),
];

/** What can happen; `aside`: what a part of the walks leaves out, so that not everything is crossed with everything. */
const modelOf = (aside: RegExp): Model => ({
  input,
  key: ({ value, context }) => [value, brief(context as Fleet)],
  events: ({ value, context }) => {
    const fleet = context as Fleet;
    const { lifecycle, inventory: listing } = value as { lifecycle: string; inventory: string };
    const reports = Object.entries(fleet.cohorts).flatMap(([cohortId, { counts, generation }]) =>
      [{ ...noCounts, idle: counts.pending + serving(counts) }, noCounts].map((counts) => ({
        type: 'cohort.changed',
        cohortId,
        generation,
        launches: 0,
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
            { type: 'xstate.done.actor.inventory', output: survey },
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
      ...(fleet.schedulerLost ? [] : [{ type: 'scheduler.lost' }]),
      ...(fleet.monitorConnected ? [] : [{ type: 'monitor.loads', at: 1, loads: {} }]),
      ...reports,
      ...(lifecycle === 'active' ? [] : [{ type: 'task.dead', cohortId: 'x', taskArn: 'arn:t' }]),
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
      ...(usual.events as (of: typeof state) => EventObject[])(state),
      ...((fleet.desired ?? 0) < 2 ? [{ type: 'scheduler.startRequested', at: 20_000 }] : []),
      { type: 'scheduler.shutdownRequested', at: 20_000, taskIds: ['old'] },
      { type: 'scheduler.mismatch', at: 20_000, reason: fleet.mismatch ? null : 'too old' },
    ];
  },
};

const models = [
  oneByOne,
  modelOf(/^(cohort\.launchFailed|monitor\.loads|scheduler\.lost)$/),
  modelOf(/^(fleet\.restoreNext|fleet\.stop|xstate\.error.*|monitor\.loads|scheduler\.lost)$/),
  modelOf(/^(fleet\.restoreNext|fleet\.stop|xstate\.error.*|cohort\.(launchFailed|changed))$/),
];

const live = (given: FleetInput = input) => {
  const cohort = scriptedStream();
  const ticker = scriptedStream();
  const world = scriptedWorld('inventory');
  const clock = new SimulatedClock();
  const actor = createActor(
    fleetManager.provide({
      actors: {
        ...world.actors,
        cohort: cohort.logic as never,
        ticker: ticker.logic as never,
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

const all = models.flatMap((model) => walks(fleetManager, model));

it(`keeps its promises on each of its ${all.length} walks`, async () => {
  for (const { steps, title } of all) {
    const { actor, cohort, fleet, admitted, play } = live();
    let stopped = false;
    for (const { event, state } of steps) {
      const before = { told: cohort.told.length };
      await play(actor, event);
      stopped ||= event.type === 'fleet.stop';
      const { value } = actor.getSnapshot();
      expect([title, value]).toEqual([title, state.value]);
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
        expect(total(fleetCounts(fleet()))).toBeLessThanOrEqual(12);
      }
      if (stopped && orders.some(({ type }) => type === 'cohort.drain'))
        expect(serving(fleetCounts(fleet()))).toBe(0);
      const labels = admitted().map(({ order }) => order.label);
      expect(new Set(labels).size).toBe(labels.length); // a label, so a token, is used once
    }
  }
}, 60_000);

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(fleetManager, ...models)).toEqual([]);
  expect(unvisited(fleetManager, models[1] as Model)).toEqual([]);
});

/** A manager that knows of no tasks, has its list, its revision and an echo. */
const ready = async (given: Partial<FleetInput> = {}, revised: object = {}) => {
  const all = live({
    ...input,
    owned: [],
    ...given,
    settings: { ...settings, maxTasks: null, ...revised },
  });
  const { actor, play } = all;
  actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
  actor.send({ type: 'tick', now: 10_000 });
  await play(actor, { type: 'xstate.done.actor.inventory', output: survey } as never);
  const at = (now: number) => {
    actor.send({ type: 'scheduler.heartbeatEcho', at: now });
    actor.send({ type: 'tick', now });
  };
  return { ...all, at, answered: () => answerAll(actor) };
};

describe('what is wanted', () => {
  it('is told in workers and kept in tasks', async () => {
    const { actor, fleet } = await ready();
    actor.send(command(5, 1));
    expect(fleet().desired).toBe(3);
  });

  it('is not touched by an echo without a command, nor by an empty list until 60 s of it', async () => {
    const { actor, fleet, at } = await ready();
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

  it('starts the 60 s anew when anything else was said', async () => {
    const { actor, fleet, at } = await ready();
    actor.send({ type: 'scheduler.desired', at: 10_000, requests: [] });
    actor.send(command(4, 50_000));
    actor.send({ type: 'scheduler.desired', at: 60_000, requests: [] });
    at(119_000);
    expect(fleet().desired).toBe(2);
  });

  it('is zero once the scheduler has been gone for its grace, and not a second before', async () => {
    const { actor, fleet, at } = await ready();
    at(11_000);
    actor.send(command(4, 11_000));
    for (let now = 21_000; now < 611_000; now += 10_000) actor.send({ type: 'tick', now });
    actor.send({ type: 'tick', now: 610_999 });
    expect(fleet().desired).toBe(2);
    actor.send({ type: 'tick', now: 611_000 });
    expect(fleet().desired).toBe(0);
  });
});

describe('launching', () => {
  it('splits into launches of ten and cohorts of a hundred', async () => {
    const { actor, at, admitted, answered, clock, fleet } = await ready({}, { launchBurst: 1e9 });
    at(11_000);
    actor.send(command(2 * 250, 11_000));
    for (let i = 0; i < 5; i++) {
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

  it('keeps to the burst and the rate that Fargate allows', async () => {
    const revised = { launchBurst: 30, launchesPerSecond: 5 };
    const { actor, at, admitted, answered } = await ready({}, revised);
    const groups = () => admitted().reduce((sum, { groupIds }) => sum + groupIds.length, 0);
    at(11_000);
    actor.send(command(400, 11_000));
    expect(groups()).toBe(30);
    answered();
    at(13_000);
    expect(groups()).toBe(40);
  });

  it('does not count on a report that has not heard the last order', async () => {
    const { actor, at, admitted, fleet } = await ready();
    at(11_000);
    actor.send(command(8, 11_000));
    const [cohortId] = Object.keys(fleet().cohorts) as [string];
    actor.send({ type: 'cohort.changed', cohortId, generation: 0, counts: noCounts, launches: 0 });
    at(12_000);
    expect(admitted()).toHaveLength(1);
  });
});

describe('a scheduler that asks for tasks one by one', () => {
  const groups = (admitted: { groupIds: string[] }[]) => admitted.flatMap((each) => each.groupIds);
  const report = (fleet: Fleet, counts: object, launches = 0) => ({
    type: 'cohort.changed' as const,
    cohortId: Object.keys(fleet.cohorts).at(-1) as string,
    generation: fleet.generation,
    counts: { ...noCounts, ...counts },
    launches,
  });
  const start = { type: 'scheduler.startRequested', at: 11_000 } as const;

  it('gets one for what it says again while that one is on its way, and then another', async () => {
    const { actor, at, admitted, fleet } = await ready();
    at(11_000);
    actor.send(start);
    actor.send(start);
    expect(groups(admitted())).toHaveLength(1);
    actor.send(report(fleet(), { pending: 1 }));
    actor.send(start);
    expect(groups(admitted())).toHaveLength(2);
  });

  it('is not given another for one that ended or was refused: it will ask for it itself', async () => {
    const { actor, at, admitted, fleet } = await ready();
    at(11_000);
    actor.send(start);
    actor.send(report(fleet(), { pending: 1 }));
    actor.send(report(fleet(), {}));
    at(12_000);
    expect(fleet().desired).toBe(0);
    expect(groups(admitted())).toHaveLength(1);
    actor.send(start);
    expect(groups(admitted())).toHaveLength(2);
  });

  it('chooses who goes: every cohort hears the names, and nobody takes their place', async () => {
    const { actor, at, admitted, fleet, cohort } = await ready();
    at(11_000);
    actor.send(start);
    actor.send(report(fleet(), { busy: 1 }));
    actor.send({ type: 'scheduler.shutdownRequested', at: 11_000, taskIds: ['t1'] });
    expect(cohort.told.at(-1)).toMatchObject({ type: 'cohort.release', taskIds: ['t1'] });
    actor.send(report(fleet(), { stopping: 1 }));
    at(12_000);
    expect(fleet().desired).toBe(0);
    expect(groups(admitted())).toHaveLength(1);
  });

  it.each([
    ['and gets its one more', [], 3],
    [
      'and is refused it',
      [{ type: 'scheduler.shutdownRequested' as const, at: 9000, taskIds: [] }],
      2,
    ],
  ])(
    'keeps those of an earlier run that are found after it has asked (%s)',
    async (_, more, left) => {
      const { actor, play, cohort, clock, fleet } = live({ ...input, owned: [], settings });
      actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
      actor.send({ type: 'tick', now: 10_000 });
      actor.send({ type: 'scheduler.heartbeatEcho', at: 10_000 });
      actor.send(start);
      for (const event of more) actor.send(event);
      const adopted = ['a', 'b'].map((id) => ({ groupId: id, taskArn: id, launchedAt: 0 }));
      const output = { startedAt: 10_000, adopted };
      await play(actor, { type: 'xstate.done.actor.inventory', output } as never);
      clock.increment(1);
      actor.send({ type: 'tick', now: 11_000 });
      expect(cohort.told.map(({ type }) => type)).not.toContain('cohort.drain');
      expect(fleet().desired).toBe(left);
    },
  );

  it('may take back what could not be launched yet', async () => {
    const { actor, at, admitted, fleet } = await ready();
    at(11_000);
    actor.send({
      type: 'cohort.launchFailed',
      cohortId: 'c',
      kind: 'refused',
      reason: 'x',
      market: null,
    });
    actor.send(start);
    expect(fleet().desired).toBe(1);
    actor.send({ type: 'scheduler.shutdownRequested', at: 11_000, taskIds: [] });
    at(60_000);
    expect(fleet().desired).toBe(0);
    expect(admitted()).toEqual([]);
  });
});

it('launches nothing that could not serve the scheduler, and goes on once it could', async () => {
  const { actor, at, admitted } = await ready();
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
  const report = (generation: number, counts: object, cohortId = 'cohort-0') => ({
    type: 'cohort.changed' as const,
    cohortId,
    generation,
    counts: { ...noCounts, ...counts },
    launches: 0,
  });

  it('offers what runs while the quota holds it back, and one task more to try it', async () => {
    const { actor, at, fleet } = await ready();
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
    const owned = Array.from({ length: 200 }, (_, i) => ({
      groupId: `old-${i}`,
      taskArn: `arn:${i}`,
      launchedAt: 0,
    }));
    const { actor, at, clock, cohort, fleet } = await ready({ owned });
    for (let i = 0; i < 5; i++) clock.increment(1);
    at(11_000);
    actor.send(report(fleet().cohorts['cohort-0']?.generation ?? 0, { idle: 100 }));
    actor.send(report(fleet().cohorts['cohort-1']?.generation ?? 0, { busy: 100 }, 'cohort-1'));
    actor.send(command(2 * 150, 11_000));
    const drains = cohort.told.filter(({ type }) => type === 'cohort.drain');
    expect(drains).toEqual([expect.objectContaining({ pending: 0, idle: 50, busy: 0 })]);
  });

  it('takes waiting groups back before it launches any', async () => {
    const { actor, at, fleet, cohort, admitted } = await ready();
    at(20_000);
    actor.send(command(8, 20_000));
    expect(admitted()).toHaveLength(1);
    actor.send(report(fleet().generation, { busy: 1, drainPending: 2 }));
    expect(cohort.told.at(-1)).toMatchObject({ type: 'cohort.cancelDrain', most: 2 });
    actor.send(report(fleet().generation, { busy: 3 }));
    expect(admitted().at(-1)?.groupIds).toHaveLength(1);
  });

  it('gives those that wait less time once everything must go', async () => {
    const { actor, at, fleet, cohort } = await ready();
    at(20_000);
    actor.send(command(8, 20_000));
    actor.send(report(fleet().generation, { drainPending: 4 }));
    actor.send({ type: 'fleet.stop' });
    expect(cohort.told.at(-1)).toMatchObject({ type: 'cohort.drain', until: 50_000 });
  });
});

describe('a scheduler that goes and comes back', () => {
  it('gets no launches while it is gone, however fresh its last echo', async () => {
    const { actor, at, admitted } = await ready();
    at(20_000);
    actor.send({ type: 'scheduler.lost' });
    actor.send(command(8, 20_000));
    actor.send({ type: 'tick', now: 21_000 });
    expect(admitted()).toEqual([]);
    at(22_000);
    at(23_000);
    expect(admitted()).toHaveLength(1);
  });

  it('is not obeyed for half a minute when it wants less, for it knows nobody yet', async () => {
    const owned = [{ groupId: 'old-1-0', taskArn: 'arn:old', launchedAt: 0 }];
    const { actor, at, answered, clock, cohort } = await ready({ owned });
    clock.increment(1);
    answered();
    at(20_000);
    actor.send(command(2, 20_000));
    actor.send({ type: 'scheduler.lost' });
    at(30_000);
    actor.send(command(0, 30_000));
    at(59_999);
    const drains = () => cohort.told.filter(({ type }) => type === 'cohort.drain');
    expect(drains()).toEqual([]);
    at(60_000);
    expect(drains()).toHaveLength(1);
  });

  it('does not make workers that ended with it a reason to hold back', async () => {
    const { actor, at, fleet } = await ready();
    at(20_000);
    actor.send({ type: 'scheduler.lost' });
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
  it('asks for the list only when it would show the last launch', () => {
    const { fleet } = live({ ...input, owned: [], lastLaunchAt: 5000, abandonedLaunches: 0 });
    expect(inventoryDue(fleet(), 14_999)).toBe(false);
    expect(inventoryDue(fleet(), 15_000)).toBe(true);
  });

  it('counts what it has taken over before it launches anything', async () => {
    const owned = Array.from({ length: 150 }, (_, i) => ({
      groupId: `old-${i}`,
      taskArn: `arn:${i}`,
      launchedAt: 0,
    }));
    const { actor, at, admitted, clock, cohort } = await ready({ owned });
    at(11_000);
    actor.send(command(2 * 150, 11_000));
    for (let i = 0; i < 5; i++) clock.increment(1);
    await settle();
    expect(admitted()).toEqual([]);
    expect(cohort.lines).toHaveLength(2);
  });
});
