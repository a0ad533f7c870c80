import { describe, expect, it } from 'vitest';
import { createActor, type EventObject, SimulatedClock } from 'xstate';
import { manager } from '../../../machines/fleet/fleetManager.ts';
import { noCounts, serving, total } from '../../../machines/fleet/plan.ts';
import {
  type Fleet,
  fleetCounts,
  type ManagerInput,
  surveyDue,
} from '../../../machines/fleet/state.ts';
import { answerAll } from '../../support/liveManager.ts';
import { type Model, untaken, unvisited, walkEveryEdge } from '../../support/paths.ts';
import { scriptedStream, scriptedWorld, settle } from '../../support/world.ts';

const settings = {
  maxTasks: 12,
  workersPerTask: 2,
  capabilities: [],
  patience: {
    missingGraceMs: 60_000,
    bootGraceMs: 30_000,
    startDeadlineMs: 600_000,
    desertedMs: 120_000,
    blindStopMs: 180_000,
    blindEndMs: 5000,
  },
  drainTimeoutMs: 300_000,
  stopDrainMs: 30_000,
  spot: false,
  echoLimitMs: 6000,
  emptyGraceMs: 60_000,
  schedulerGraceMs: 600_000,
  returnGraceMs: 30_000,
  settleMs: 10_000,
  lookEveryMs: 3000,
  looksPerTick: 5,
  sweepEveryMs: 60_000,
  launchBurst: 100,
  launchesPerSecond: 20,
};
const input: ManagerInput = {
  settings,
  epoch: 'e',
  startedAt: 0,
  owned: [{ groupId: 'old-1-0', taskArn: 'arn:old', createdAt: null, deadlinesFrom: 0 }],
  resend: [],
  abandoned: 0,
  lastLaunchAt: 0,
};
const command = (taskConcurrency: number, at: number) => ({
  type: 'scheduler.command' as const,
  at,
  requests: [{ taskConcurrency, capabilities: [] }],
});
const survey = { startedAt: 11_000, adopted: [], suspects: 0 };
const denied = Object.assign(new Error('not authorized'), { kind: 'denied' });
const late = Object.assign(new Error('no answer'), { kind: 'unreachable' });

const brief = (context: Fleet) => [
  context.now,
  context.wanted,
  context.lastEchoAt,
  context.revision !== null,
  context.owned.length,
  Object.values(context.cohorts).map(({ counts, launches }) => [counts, launches]),
  Object.values(context.breakers).map(({ failures, probe }) => [failures, probe !== null]),
  context.replaces,
  context.mismatch,
  context.monitored,
  context.lost,
  context.surveyedAt !== null,
  Math.min(context.surveyFailures, 1),
];

/** What can happen; `aside`: what a part of the walks leaves out, so that not everything is crossed with everything. */
const modelOf = (aside: RegExp): Model => ({
  input,
  key: ({ value, context }) => [value, brief(context as Fleet)],
  events: ({ value, context }) => {
    const fleet = context as Fleet;
    const { duty, survey: listing } = value as { duty: string; survey: string };
    const reports = Object.entries(fleet.cohorts).flatMap(([cohortId, { counts, order }]) =>
      [{ ...noCounts, idle: counts.booting + serving(counts) }, noCounts].map((counts) => ({
        type: 'cohort.changed',
        cohortId,
        order,
        launches: 0,
        counts,
      })),
    );
    const setback = { cohortId: 'x', kind: 'refused', reason: 'full', market: null };
    const groupId = fleet.breakers.refused?.probe ?? 'x';
    return [
      ...(fleet.now < 20_000 || duty === 'stopping' || duty === 'active'
        ? [{ type: 'tick', now: 20_000 }]
        : []),
      { type: 'queue.next' },
      ...(fleet.revision === null ? [{ type: 'aws.ready', revision: 'rev:1' }] : []),
      ...(fleet.lastEchoAt === null ? [{ type: 'scheduler.heartbeatEcho', at: 20_000 }] : []),
      ...(fleet.wanted === null ? [command(6, 20_000)] : []),
      ...(duty === 'active' ? [{ type: 'plan.again' }] : []),
      ...(duty === 'stopping' || duty === 'stopped' ? [] : [{ type: 'manager.stop' }]),
      ...(listing === 'listing'
        ? [
            { type: 'xstate.done.actor.survey', output: survey },
            { type: 'xstate.error.actor.survey', error: denied },
            { type: 'xstate.error.actor.survey', error: late },
          ]
        : []),
      ...(fleet.breakers.refused
        ? [
            { type: 'cohort.proved', cohortId: 'x', groupId, proof: 'launched', subnet: null },
            { type: 'cohort.unproved', cohortId: 'x', groupId },
          ]
        : [{ type: 'cohort.setback', ...setback }]),
      ...(fleet.lost ? [] : [{ type: 'scheduler.lost' }]),
      ...(fleet.monitored ? [] : [{ type: 'monitor.heard', at: 1, loads: {} }]),
      ...reports,
      ...(duty === 'active' ? [] : [{ type: 'cohort.dead', cohortId: 'x', taskArn: 'arn:t' }]),
    ].filter(({ type }) => !aside.test(type));
  },
});

/** A scheduler that asks for tasks one by one and chooses itself who goes; or that our workers could not serve. */
const oneByOne: Model = {
  ...modelOf(/^(cohort\.setback|monitor\.heard|xstate\.error.*|scheduler\.(command|lost))$/),
  events: (state) => {
    const fleet = state.context as Fleet;
    const usual = modelOf(
      /^(cohort\.setback|monitor\.heard|xstate\.error.*|scheduler\.(command|lost))$/,
    );
    const { duty } = state.value as { duty: string };
    if (!/recovering|active/.test(duty)) return [];
    return [
      ...(usual.events as (of: typeof state) => EventObject[])(state),
      ...((fleet.wanted ?? 0) < 2 ? [{ type: 'scheduler.start', at: 20_000 }] : []),
      { type: 'scheduler.release', at: 20_000, taskIds: ['old'] },
      { type: 'scheduler.mismatch', at: 20_000, reason: fleet.mismatch ? null : 'too old' },
    ];
  },
};

const models = [
  oneByOne,
  modelOf(/^(cohort\.setback|monitor\.heard|scheduler\.lost)$/),
  modelOf(/^(queue\.next|manager\.stop|xstate\.error.*|monitor\.heard|scheduler\.lost)$/),
  modelOf(/^(queue\.next|manager\.stop|xstate\.error.*|cohort\.(setback|changed))$/),
];

const live = (given: ManagerInput = input) => {
  const cohort = scriptedStream();
  const ticker = scriptedStream();
  const world = scriptedWorld('survey');
  const clock = new SimulatedClock();
  const actor = createActor(
    manager.provide({
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

it('the fleet manager keeps its invariants on every edge', async () => {
  await walkEveryEdge(manager, models, async ({ steps }) => {
    const { actor, cohort, fleet, admitted, play } = live();
    let stopped = false;
    for (const { event, state } of steps) {
      const before = { told: cohort.told.length };
      await play(actor, event);
      stopped ||= event.type === 'manager.stop';
      const { value } = actor.getSnapshot();
      expect(value).toEqual(state.value);
      const orders = cohort.told.slice(before.told);
      const launches = orders.filter(({ type }) => type === 'cohort.admit');
      if (launches.length > 0) {
        expect(stopped).toBe(false);
        expect((value as { duty: string }).duty).toBe('active'); // nothing before all is known
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
  });
}, 60_000);

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(manager, ...models)).toEqual([]);
  expect(unvisited(manager, models[1] as Model)).toEqual([]);
});

/** A manager that knows of no tasks, has its list, its revision and an echo. */
const ready = async (given: Partial<ManagerInput> = {}, revised: object = {}) => {
  const all = live({
    ...input,
    owned: [],
    ...given,
    settings: { ...settings, maxTasks: null, ...revised },
  });
  const { actor, play } = all;
  actor.send({ type: 'aws.ready', revision: 'rev:1' });
  actor.send({ type: 'tick', now: 10_000 });
  await play(actor, { type: 'xstate.done.actor.survey', output: survey } as never);
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
    expect(fleet().wanted).toBe(3);
  });

  it('is not touched by an echo without a command, nor by an empty list until 60 s of it', async () => {
    const { actor, fleet, at } = await ready();
    actor.send(command(4, 10_000));
    at(200_000);
    expect(fleet().wanted).toBe(2);
    actor.send({ type: 'scheduler.command', at: 200_000, requests: [] });
    at(259_999);
    expect(fleet().wanted).toBe(2);
    actor.send({ type: 'scheduler.command', at: 259_999, requests: [] });
    at(260_000);
    expect(fleet().wanted).toBe(0);
  });

  it('starts the 60 s anew when anything else was said', async () => {
    const { actor, fleet, at } = await ready();
    actor.send({ type: 'scheduler.command', at: 10_000, requests: [] });
    actor.send(command(4, 50_000));
    actor.send({ type: 'scheduler.command', at: 60_000, requests: [] });
    at(119_000);
    expect(fleet().wanted).toBe(2);
  });

  it('is zero once the scheduler has been gone for its grace, and not a second before', async () => {
    const { actor, fleet, at } = await ready();
    at(11_000);
    actor.send(command(4, 11_000));
    for (let now = 21_000; now < 611_000; now += 10_000) actor.send({ type: 'tick', now });
    actor.send({ type: 'tick', now: 610_999 });
    expect(fleet().wanted).toBe(2);
    actor.send({ type: 'tick', now: 611_000 });
    expect(fleet().wanted).toBe(0);
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
    actor.send({ type: 'cohort.changed', cohortId, order: 0, counts: noCounts, launches: 0 });
    at(12_000);
    expect(admitted()).toHaveLength(1);
  });
});

describe('a scheduler that asks for tasks one by one', () => {
  const groups = (admitted: { groupIds: string[] }[]) => admitted.flatMap((each) => each.groupIds);
  const report = (fleet: Fleet, counts: object, launches = 0) => ({
    type: 'cohort.changed' as const,
    cohortId: Object.keys(fleet.cohorts).at(-1) as string,
    order: fleet.ordered,
    counts: { ...noCounts, ...counts },
    launches,
  });
  const start = { type: 'scheduler.start', at: 11_000 } as const;

  it('gets one for what it says again while that one is on its way, and then another', async () => {
    const { actor, at, admitted, fleet } = await ready();
    at(11_000);
    actor.send(start);
    actor.send(start);
    expect(groups(admitted())).toHaveLength(1);
    actor.send(report(fleet(), { booting: 1 }));
    actor.send(start);
    expect(groups(admitted())).toHaveLength(2);
  });

  it('is not given another for one that ended or was refused: it will ask for it itself', async () => {
    const { actor, at, admitted, fleet } = await ready();
    at(11_000);
    actor.send(start);
    actor.send(report(fleet(), { booting: 1 }));
    actor.send(report(fleet(), {}));
    at(12_000);
    expect(fleet().wanted).toBe(0);
    expect(groups(admitted())).toHaveLength(1);
    actor.send(start);
    expect(groups(admitted())).toHaveLength(2);
  });

  it('chooses who goes: every cohort hears the names, and nobody takes their place', async () => {
    const { actor, at, admitted, fleet, cohort } = await ready();
    at(11_000);
    actor.send(start);
    actor.send(report(fleet(), { busy: 1 }));
    actor.send({ type: 'scheduler.release', at: 11_000, taskIds: ['t1'] });
    expect(cohort.told.at(-1)).toMatchObject({ type: 'cohort.release', taskIds: ['t1'] });
    actor.send(report(fleet(), { draining: 1 }));
    at(12_000);
    expect(fleet().wanted).toBe(0);
    expect(groups(admitted())).toHaveLength(1);
  });

  it.each([
    ['and gets its one more', [], 3],
    ['and is refused it', [{ type: 'scheduler.release' as const, at: 9000, taskIds: [] }], 2],
  ])(
    'keeps those of an earlier run that are found after it has asked (%s)',
    async (_, more, left) => {
      const { actor, play, cohort, clock, fleet } = live({ ...input, owned: [], settings });
      actor.send({ type: 'aws.ready', revision: 'rev:1' });
      actor.send({ type: 'tick', now: 10_000 });
      actor.send({ type: 'scheduler.heartbeatEcho', at: 10_000 });
      actor.send(start);
      for (const event of more) actor.send(event);
      const adopted = ['a', 'b'].map((id) => ({
        groupId: id,
        taskArn: id,
        createdAt: null,
        deadlinesFrom: 0,
      }));
      const output = { startedAt: 10_000, adopted };
      await play(actor, { type: 'xstate.done.actor.survey', output } as never);
      clock.increment(1);
      actor.send({ type: 'tick', now: 11_000 });
      expect(cohort.told.map(({ type }) => type)).not.toContain('cohort.drain');
      expect(fleet().wanted).toBe(left);
    },
  );

  it('may take back what could not be launched yet', async () => {
    const { actor, at, admitted, fleet } = await ready();
    at(11_000);
    actor.send({
      type: 'cohort.setback',
      cohortId: 'c',
      kind: 'refused',
      reason: 'x',
      market: null,
    });
    actor.send(start);
    expect(fleet().wanted).toBe(1);
    actor.send({ type: 'scheduler.release', at: 11_000, taskIds: [] });
    at(60_000);
    expect(fleet().wanted).toBe(0);
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
  const report = (order: number, counts: object, cohortId = 'cohort-0') => ({
    type: 'cohort.changed' as const,
    cohortId,
    order,
    counts: { ...noCounts, ...counts },
    launches: 0,
  });

  it('offers what runs while the quota holds it back, and one task more to try it', async () => {
    const { actor, at, fleet } = await ready();
    at(20_000);
    actor.send(command(6, 20_000));
    actor.send(report(fleet().ordered, { busy: 3 }));
    actor.send({
      type: 'cohort.setback',
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
      ...{ taskArn: `arn:${i}`, createdAt: null, deadlinesFrom: 0 },
    }));
    const { actor, at, clock, cohort, fleet } = await ready({ owned });
    for (let i = 0; i < 5; i++) clock.increment(1);
    at(11_000);
    actor.send(report(fleet().cohorts['cohort-0']?.order ?? 0, { idle: 100 }));
    actor.send(report(fleet().cohorts['cohort-1']?.order ?? 0, { busy: 100 }, 'cohort-1'));
    actor.send(command(2 * 150, 11_000));
    const drains = cohort.told.filter(({ type }) => type === 'cohort.drain');
    expect(drains).toEqual([expect.objectContaining({ booting: 0, idle: 50, busy: 0 })]);
  });

  it('takes waiting groups back before it launches any', async () => {
    const { actor, at, fleet, cohort, admitted } = await ready();
    at(20_000);
    actor.send(command(8, 20_000));
    expect(admitted()).toHaveLength(1);
    actor.send(report(fleet().ordered, { busy: 1, waiting: 2 }));
    expect(cohort.told.at(-1)).toMatchObject({ type: 'cohort.reprieve', most: 2 });
    actor.send(report(fleet().ordered, { busy: 3 }));
    expect(admitted().at(-1)?.groupIds).toHaveLength(1);
  });

  it('gives those that wait less time once everything must go', async () => {
    const { actor, at, fleet, cohort } = await ready();
    at(20_000);
    actor.send(command(8, 20_000));
    actor.send(report(fleet().ordered, { waiting: 4 }));
    actor.send({ type: 'manager.stop' });
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
    const owned = [{ groupId: 'old-1-0', taskArn: 'arn:old', createdAt: null, deadlinesFrom: 0 }];
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
    const gone = { kind: 'startFailed', reason: 'exit 0', market: null, proof: 'served' } as const;
    actor.send({ type: 'cohort.setback', cohortId: 'c', ...gone });
    expect(fleet().breakers).toEqual({});
  });
});

describe('a restart', () => {
  it('asks for the list only when it would show the last launch', () => {
    const { fleet } = live({ ...input, owned: [], lastLaunchAt: 5000, abandoned: 0 });
    expect(surveyDue(fleet(), 14_999)).toBe(false);
    expect(surveyDue(fleet(), 15_000)).toBe(true);
  });

  it('counts what it has taken over before it launches anything', async () => {
    const owned = Array.from({ length: 150 }, (_, i) => ({
      groupId: `old-${i}`,
      ...{ taskArn: `arn:${i}`, createdAt: null, deadlinesFrom: 0 },
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
