import { expect, it } from 'vitest';
import { type Actor, createActor, fromPromise, SimulatedClock } from 'xstate';
import { cohort } from '../../../../machines/cohort/cohort.ts';
import { fleetManager } from '../../../../machines/fleet/fleetManager.ts';
import type { FleetInput, FleetSettings } from '../../../../machines/fleet/state.ts';
import { workerGroup } from '../../../../machines/group/workerGroup.ts';
import type { TaskList, TaskObservation } from '../../../../machines/shared/domain.ts';
import { createFeed } from '../../../../src/control/feed.ts';
import { noMoments } from '../../../../src/control/life.ts';
import { createLives } from '../../../../src/daemon/control/lives.ts';
import { observed } from '../../../../src/paths/models/cohortFixtures.ts';
import { fleetInput, fleetSettings, tasksOf } from '../../../../src/paths/models/fleetFixtures.ts';
import { stateLogger } from '../../../../src/telemetry/stateLogger.ts';
import { ended, settle } from '../../../support/world.ts';

function recording() {
  let time = 0;
  const lives = createLives(() => time, 'e');
  const enters = (at: number, state: string, more: object = {}, group = 'e-1-0') => {
    time = at;
    lives.onEvent('group.stateChanged', { group, state, ...more });
  };
  return { lives, enters };
}

it('the moments of a group are those at which it entered its states', () => {
  const { lives, enters } = recording();
  const why = 'no longer desired: 0 workers desired';
  enters(1, 'requested');
  enters(20, 'provisioning');
  enters(30, 'running');
  enters(40, 'draining.waiting', { why });
  enters(50, 'draining.stopping', { why });
  enters(60, 'draining.stopping', { why });
  enters(70, 'stopped', { why });
  expect(lives.of('e-1-0')).toEqual({
    ...{ requestedAt: 1, launchedAt: 20, adoptedAt: null, drainAt: 40, stopAt: 50 },
    ...{ drainWhy: why, wasEvicted: false },
  });
});

it('a group of this run is launched, however soon its task is known', () => {
  const { lives, enters } = recording();
  enters(1, 'requested');
  enters(1, 'provisioning');
  expect(lives.of('e-1-0')).toMatchObject({ requestedAt: 1, launchedAt: 1, adoptedAt: null });
});

it.each(['d-1-0', 'e2-1-0', 'orphan-9'])(
  'a group that this run has not launched is taken over, however late its task is known: %s',
  (group) => {
    const { lives, enters } = recording();
    enters(1, 'requested', {}, group);
    enters(900, 'provisioning', {}, group);
    expect(lives.of(group)).toMatchObject({ requestedAt: null, launchedAt: null, adoptedAt: 900 });
  },
);

it('a drain that is cancelled leaves no trace', () => {
  const { lives, enters } = recording();
  enters(1, 'running');
  enters(2, 'draining.waiting');
  enters(3, 'running');
  expect(lives.of('e-1-0')).toMatchObject({ drainAt: null, drainWhy: null });
});

it('a drain keeps its first reason', () => {
  const { lives, enters } = recording();
  enters(1, 'draining.waiting', { why: 'an operator drains it' });
  enters(2, 'draining.stopping', { why: 'the daemon stops' });
  expect(lives.of('e-1-0').drainWhy).toBe('an operator drains it');
});

it('a group that drains for no reason that is given is no longer desired', () => {
  const { lives, enters } = recording();
  enters(1, 'draining.waiting');
  expect(lives.of('e-1-0').drainWhy).toBe('no longer desired');
});

it('a drain that an operator has ordered is known as such', () => {
  const { lives, enters } = recording();
  lives.onEvicted(['e-1-0']);
  enters(1, 'draining.waiting');
  enters(1, 'draining.waiting', {}, 'e-1-1');
  expect(['e-1-0', 'e-1-1'].map((group) => lives.of(group).wasEvicted)).toEqual([true, false]);
});

it('of groups that have ended, the last 1,000 are remembered', () => {
  const { lives, enters } = recording();
  for (let i = 0; i < 1001; i++) {
    enters(i + 1, 'running', {}, `g-${i}`);
    enters(i + 1, 'draining.stopping', {}, `g-${i}`);
    enters(i + 1, 'stopped', {}, `g-${i}`);
  }
  expect(lives.of('g-0')).toEqual(noMoments);
  expect(lives.of('g-1').drainAt).toBe(2);
});

/** A fleet manager with all its machines, two tasks of an earlier run, and the lives that its log tells. */
async function watchedFleet(
  given: Partial<FleetInput> = {},
  revised: Partial<FleetSettings> = {},
  phase: 'running' | 'starting' = 'running',
) {
  let time = 0;
  const now = () => time;
  const lives = createLives(now, fleetInput.epoch);
  const { log } = createFeed(now, lives.onEvent);
  const list: TaskList = { startedAt: 10_000, tasks: [], unlisted: [] };
  const takeTurn = ended(() => ({ at: time }));
  const actor: Actor<typeof fleetManager> = createActor(
    fleetManager.provide({
      actors: {
        inventory: fromPromise(async () => list),
        cohort: cohort.provide({
          actors: {
            describeTasks: fromPromise(async ({ input }) =>
              input.taskArns.map((arn) => observed(arn, phase)),
            ),
            workerGroup: workerGroup.provide({
              actors: {
                takeTurn,
                stopTask: fromPromise(async (): Promise<TaskObservation | null> => null),
              },
            }),
          },
        }) as never,
      },
    }),
    {
      input: {
        ...{ ...fleetInput, owned: tasksOf(2), ...given },
        settings: { ...fleetSettings, ...revised },
      },
      clock: new SimulatedClock(),
      inspect: stateLogger(log, false),
    },
  ).start();
  const clock = actor.clock as SimulatedClock;
  const turn = async () => {
    await settle();
    clock.increment(1);
  };
  const until = async (end: number) => {
    while (time < end) {
      time += 5000;
      actor.send({ type: 'scheduler.heartbeatEcho', at: time });
      actor.send({ type: 'tick', now: time });
      await turn();
    }
  };
  const desire = (workers: number) =>
    actor.send({
      ...{ type: 'scheduler.desired', at: time },
      requests: [{ taskConcurrency: workers, capabilities: [] }],
    });
  await turn();
  actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
  await until(15_000);
  desire(4);
  await until(20_000);
  return { actor, lives, until, desire };
}

type Watched = Awaited<ReturnType<typeof watchedFleet>>;

const spent = {
  ...{ endedUsd: 9, day: null, usdAtMidnight: 0 },
  ...{ isLowerBound: false, mayHaveForgotten: false },
};
const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };

const reasons: [
  what: string,
  words: string,
  order: (fleet: Watched) => void,
  ...of: Parameters<typeof watchedFleet>,
][] = [
  ['demand', 'no longer desired: 0 workers desired', ({ desire }) => desire(0)],
  [
    'a money limit',
    'more than a money limit allows',
    () => {},
    { spent },
    { money: { prices, limits: { perHour: null, perDay: null, total: 1 }, onLimit: 'drain' } },
  ],
  ['max_task_concurrency', 'more than max_task_concurrency allows', () => {}, {}, { maxTasks: 0 }],
  ['SIGTERM', 'the daemon stops', ({ actor }) => actor.send({ type: 'fleet.stop' })],
  [
    'a release by the scheduler',
    'the scheduler has chosen it to stop',
    ({ actor }) =>
      actor.send({ type: 'scheduler.shutdownRequested', at: 20_000, taskIds: ['arn:0'] }),
  ],
  [
    'an operator',
    'an operator drains it',
    ({ actor }) => actor.send({ type: 'fleet.drainGroups', at: 20_000, groupIds: ['old-0'] }),
  ],
];

it.each(reasons)('a drain by %s is told as: %s', async (_, words, order, ...of) => {
  const fleet = await watchedFleet(...of);
  const { lives, until } = fleet;
  order(fleet);
  await until(60_000);
  expect(lives.of('old-0').drainWhy).toBe(words);
});

it('a task of an earlier run is taken over', async () => {
  const { lives } = await watchedFleet();
  expect(lives.of('old-0')).toMatchObject({ requestedAt: null, launchedAt: null });
  expect(lives.of('old-0').adoptedAt).not.toBeNull();
});

it('a group whose task does not start in time is told so', async () => {
  const { lives, until } = await watchedFleet({}, {}, 'starting');
  await until(620_000);
  expect(lives.of('old-0').drainWhy).toMatch(/^not running \d+ s after its launch$/);
});
