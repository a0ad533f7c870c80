import { describe, expect, it } from 'vitest';
import { type Actor, createActor, fromPromise, SimulatedClock } from 'xstate';
import { cohort } from '../../../machines/cohort/cohort.ts';
import {
  assignProbe,
  type Breakers,
  changesBetween,
  isCrashLooping,
  type LaunchFailure,
  onLaunched,
  onRegistered,
  onStable,
  permitFor,
  probeAllNow,
  probeEarly,
  recordEarlyExit,
  releaseProbe,
  trip,
} from '../../../machines/fleet/circuitBreaker.ts';
import { fleetManager } from '../../../machines/fleet/fleetManager.ts';
import { launch, type TaskClaim } from '../../../machines/group/launch.ts';
import { workerGroup } from '../../../machines/group/workerGroup.ts';
import type {
  LaunchAnswer,
  LaunchOrder,
  Refusal,
  TaskList,
  TaskObservation,
} from '../../../machines/shared/domain.ts';
import { fleetInput, fleetSettings } from '../../support/liveManager.ts';
import { ended, settle } from '../../support/world.ts';

const failure = (
  cause: LaunchFailure['cause'],
  more: Partial<LaunchFailure> = {},
): LaunchFailure => ({
  ...{ cause, reason: 'AWS says no', market: 'onDemand', subnets: [], groupId: null },
  signal: 'launched',
  ...more,
});
const three = { spot: false, subnets: ['a', 'b', 'c'] };
const nowhere = { spot: false, subnets: [] };
const open = { maxTasks: Number.POSITIVE_INFINITY, market: 'onDemand', subnets: null, probes: [] };

describe('groups that end soon after they began to serve', () => {
  it('count as a row when each was launched after the one before had ended', () => {
    const first = recordEarlyExit({ inARow: 0, at: 0 }, 10, 500);
    expect(first).toEqual({ inARow: 1, at: 500 });
    expect(recordEarlyExit(first, 499, 700)).toBe(first);
    expect(recordEarlyExit(first, 500, 700)).toEqual({ inARow: 2, at: 700 });
  });

  it('are a crash loop from the third on', () => {
    const looping = [1, 2, 3, 4].map((inARow) => isCrashLooping({ inARow, at: 0 }));
    expect(looping).toEqual([false, false, true, true]);
  });

  it('open a breaker that only a stable group closes', () => {
    const early = { signal: 'stable', market: null, groupId: 'g' } as const;
    const held = trip(trip({}, failure('exited', early), 0), failure('refused'), 0);
    expect(held.exited).toMatchObject({ until: 10_000, subnet: null, market: null });
    expect(onRegistered(onLaunched(held, 'g'), 'g', null)).toBe(held);
    expect(Object.keys(onStable(held))).toEqual(['refused']);
    expect(onStable(onStable(held))).toEqual(onStable(held));
    const none: Breakers = {};
    expect(onStable(none)).toBe(none);
  });
});

describe('a circuit breaker', () => {
  it('is closed until a launch fails', () => expect(permitFor({}, three, 0)).toEqual(open));

  it('permits no launch while open, then a single probe, and nothing beside the probe', () => {
    const broken = trip({}, failure('refused'), 1000);
    expect(permitFor(broken, three, 15_999).maxTasks).toBe(0);
    expect(permitFor(broken, three, 16_000)).toEqual({ ...open, maxTasks: 1, probes: ['refused'] });
    const tried = assignProbe(broken, ['refused'], 'g1');
    expect(permitFor(tried, three, 16_000).maxTasks).toBe(0);
    expect(permitFor(tried, three, 1e9).maxTasks).toBe(0);
    expect(permitFor(onLaunched(tried, 'g1'), three, 16_000)).toEqual(open);
  });

  it.each([
    ['refused', [15, 30, 60, 120, 240, 300, 300]],
    ['quota', [30, 60, 120, 240, 300, 300]],
    ['startFailed', [2, 4, 8, 16, 32, 64, 128, 256, 300]],
    ['unreachable', [1, 2, 4]],
    ['network', [5, 10]],
  ] as const)('stays open longer after each failure in a row: %s, %j s', (cause, seconds) => {
    let breakers: Breakers = {};
    let now = 0;
    for (const pause of seconds) {
      breakers = trip(assignProbe(breakers, [cause], 'g'), failure(cause, { groupId: 'g' }), now);
      expect(breakers[cause]?.until).toBe(now + pause * 1000);
      now += pause * 1000;
    }
  });

  it('counts failures that arrive together once, and failures of earlier launches not at all', () => {
    const broken = trip({}, failure('refused'), 0);
    expect(trip(broken, failure('refused'), 14_999)).toBe(broken);
    const tried = assignProbe(broken, ['refused'], 'g1');
    expect(trip(tried, failure('refused', { groupId: 'g0' }), 15_000)).toBe(tried);
    expect(trip(tried, failure('refused'), 15_000)).toBe(tried);
    expect(trip(tried, failure('refused', { groupId: 'g1' }), 15_000).refused).toMatchObject({
      failures: 2,
      until: 45_000,
      probe: null,
    });
  });

  it('permits another probe when the first proved nothing', () => {
    const tried = assignProbe(trip({}, failure('quota'), 0), ['quota'], 'g1');
    expect(releaseProbe(tried, 'g2')).toBe(tried);
    expect(permitFor(releaseProbe(tried, 'g1'), three, 30_000).maxTasks).toBe(1);
  });

  it('permits another probe when the first failed for another cause', () => {
    const tried = assignProbe(trip({}, failure('network'), 0), ['network'], 'g1');
    const both = trip(tried, failure('startFailed', { groupId: 'g1' }), 5000);
    const probes = ['network', 'startFailed'];
    expect(permitFor(both, three, 7000)).toMatchObject({ maxTasks: 1, probes });
  });

  it('blocks launches together with others, and one launch probes all that are due', () => {
    const both = trip(trip({}, failure('refused'), 0), failure('quota'), 0);
    expect(permitFor(both, nowhere, 15_000).maxTasks).toBe(0);
    expect(permitFor(both, nowhere, 30_000)).toMatchObject({
      maxTasks: 1,
      probes: ['refused', 'quota'],
    });
  });

  it('of a quota may be probed early when quota is freed', () => {
    const full = trip(trip({}, failure('quota'), 0), failure('quota'), 30_000);
    expect(permitFor(full, nowhere, 89_999).maxTasks).toBe(0);
    // Never more often than after the first pause.
    const soon = probeEarly(full, 'quota', 31_000);
    expect(permitFor(soon, nowhere, 59_999).maxTasks).toBe(0);
    expect(permitFor(soon, nowhere, 60_000).maxTasks).toBe(1);
    expect(permitFor(probeEarly(full, 'quota', 70_000), nowhere, 70_000).maxTasks).toBe(1);
    const first = trip({}, failure('quota'), 0);
    expect(probeEarly(first, 'quota', 1000)).toBe(first);
    expect(probeEarly({}, 'quota', 1000)).toEqual({});
  });

  it('of any cause may be probed at once when an operator has mended something', () => {
    const some = trip(trip({}, failure('refused'), 0), failure('quota'), 0);
    const all = probeAllNow(some, 20_000);
    expect(all).toEqual({ refused: some.refused, quota: { ...some.quota, until: 20_000 } });
    expect(probeAllNow(all, 20_000)).toBe(all);
  });

  it('of a failed start is closed by workers that serve, not by an accepted launch', () => {
    const broken = trip({}, failure('startFailed', { signal: 'registered' }), 0);
    const tried = assignProbe(broken, ['startFailed'], 'g1');
    expect(onLaunched(tried, 'g1')).toBe(tried);
    expect(onRegistered(tried, 'g0', null)).toEqual({});
    const refused = trip({}, failure('refused'), 0);
    expect(onRegistered(refused, 'g0', null)).toBe(refused);
  });

  it('of one cause does not change while another is probed, closed or released', () => {
    const both = trip(trip({}, failure('refused'), 0), failure('quota'), 0);
    const tried = assignProbe(assignProbe(both, ['refused'], 'g1'), ['quota'], 'g2');
    expect(assignProbe(tried, [], 'g3')).toBe(tried);
    expect(onLaunched(tried, 'g1')).toEqual({ quota: tried.quota });
    expect(releaseProbe(tried, 'g1')).toEqual({ ...tried, refused: both.refused });
  });

  it('that is due counts failures that arrive before its probe', () => {
    const broken = trip({}, failure('refused'), 0);
    expect(trip(broken, failure('refused', { groupId: 'g0' }), 15_000).refused).toMatchObject({
      failures: 2,
      until: 45_000,
    });
  });

  it('of a failed start still waits for workers when a launch fails as well', () => {
    const broken = trip({}, failure('startFailed', { signal: 'registered' }), 0);
    const again = trip(broken, failure('startFailed', { signal: 'launched' }), 2000);
    expect(again.startFailed?.signal).toBe('registered');
    expect(onRegistered(again, 'g0', 'a')).toEqual({});
  });

  it('permits no launch while every breaker is open', () => {
    const broken = trip({}, failure('refused'), 0);
    const shut = { maxTasks: 0, market: 'onDemand', subnets: null, probes: [] };
    expect(permitFor(broken, { ...three, spot: true }, 1)).toEqual(shut);
  });
});

describe('the breaker of a subnet', () => {
  it.each(['capacity', 'addresses', 'network'] as const)(
    'excludes it for %s, until its own probe succeeds',
    (cause) => {
      const broken = trip({}, failure(cause, { subnets: ['b'] }), 0);
      expect(permitFor(broken, three, 1)).toEqual({ ...open, subnets: ['a', 'c'] });
      const [key = ''] = Object.keys(broken);
      const { until = 0 } = broken[key] ?? {};
      expect(permitFor(broken, three, until)).toEqual({
        ...open,
        maxTasks: 1,
        subnets: ['b'],
        probes: [key],
      });
      const tried = assignProbe(broken, [key], 'g1');
      expect(permitFor(tried, three, until)).toEqual({ ...open, subnets: ['a', 'c'] });
      expect(permitFor(onLaunched(tried, 'g1'), three, until)).toEqual(open);
    },
  );

  it('leaves the other subnets, and never an empty list', () => {
    let breakers: Breakers = {};
    for (const subnet of three.subnets) {
      breakers = trip(breakers, failure('addresses', { subnets: [subnet] }), 0);
      const permit = permitFor(breakers, three, 1);
      expect(permit.maxTasks === 0 || permit.subnets?.length).toBeTruthy();
    }
    expect(permitFor(breakers, three, 1).maxTasks).toBe(0);
    expect(permitFor(breakers, three, 30_000)).toMatchObject({ maxTasks: 1, subnets: ['a'] });
  });

  it('excludes it on both markets when it has no addresses', () => {
    const broken = trip({}, failure('addresses', { market: 'spot', subnets: ['b'] }), 0);
    expect(permitFor(broken, three, 1)).toEqual({ ...open, subnets: ['a', 'c'] });
  });

  it('excludes it until the last of its causes is cleared', () => {
    const both = trip(
      trip({}, failure('network', { subnets: ['b'] }), 0),
      failure('addresses', { subnets: ['b'] }),
      0,
    );
    expect(permitFor(both, three, 5000)).toEqual({ ...open, subnets: ['a', 'c'] });
    expect(permitFor(both, three, 30_000)).toMatchObject({ maxTasks: 1, subnets: ['b'] });
  });

  it('does not exist for quotas and invalid parameters: these concern all subnets', () =>
    expect(Object.keys(trip({}, failure('quota', { subnets: ['a'] }), 0))).toEqual(['quota']));

  it('is closed by workers that serve there or by its probe', () => {
    const more = { subnets: ['b'], signal: 'registered' as const };
    const broken = assignProbe(trip({}, failure('network', more), 0), ['network b'], 'g1');
    expect(onRegistered(broken, 'g9', 'a')).toBe(broken);
    expect(onRegistered(broken, 'g9', 'b')).toEqual({});
    expect(onRegistered(broken, 'g1', null)).toEqual({});
  });

  it('concerns all subnets when the failing one is unknown', () => {
    const broken = trip({}, failure('capacity'), 0);
    expect(permitFor(broken, three, 1).maxTasks).toBe(0);
    expect(permitFor(broken, three, 15_000)).toMatchObject({ maxTasks: 1, subnets: null });
  });
});

describe('Spot', () => {
  const both = { spot: true, subnets: ['a', 'b'] };
  const none = failure('capacity', { market: 'spot', subnets: ['a', 'b'] });

  it('without capacity does not affect on-demand, and is probed with one task after ten minutes', () => {
    const broken = trip({}, none, 0);
    expect(permitFor(broken, both, 1)).toEqual(open);
    expect(permitFor(broken, both, 600_000)).toMatchObject({ maxTasks: 1, market: 'spot' });
    const tried = assignProbe(broken, Object.keys(broken), 'g1');
    expect(permitFor(tried, both, 600_000)).toEqual(open);
    expect(permitFor(onLaunched(tried, 'g1'), both, 600_000)).toEqual({ ...open, market: 'spot' });
  });

  it('is used while on-demand has no capacity', () => {
    const broken = trip({}, { ...none, market: 'onDemand' }, 0);
    expect(permitFor(broken, both, 1)).toEqual({ ...open, market: 'spot' });
  });
});

it('each change of a breaker is reported once', () => {
  const broken = trip({}, failure('addresses', { subnets: ['a'] }), 0);
  const [breaker] = Object.values(broken);
  expect(changesBetween({}, broken)).toEqual([{ breaker, state: 'open' }]);
  const tried = assignProbe(broken, Object.keys(broken), 'g1');
  expect(changesBetween(broken, tried)).toMatchObject([{ state: 'trying' }]);
  expect(changesBetween(tried, { ...tried })).toEqual([]);
  expect(changesBetween(tried, releaseProbe(tried, 'g1'))).toEqual([]);
  expect(changesBetween(tried, {})).toMatchObject([{ state: 'closed' }]);
  const again = trip(tried, failure('addresses', { subnets: ['a'], groupId: 'g1' }), 30_000);
  expect(changesBetween(tried, again)).toMatchObject([{ state: 'open', breaker: { failures: 2 } }]);
});

/** A manager with everything under it, and an ECS that answers as the test says. */
const fleet = async (answer: (order: LaunchOrder) => LaunchAnswer, spot = false) => {
  const orders: LaunchOrder[] = [];
  const [tasks, changes] = [new Map<string, TaskObservation>(), [] as string[]];
  const effect = <I, O>(act: (input: I) => O) => fromPromise<O, I>(async ({ input }) => act(input));
  const takeTurn = ended(() => ({ at: actor.getSnapshot().context.now }));
  const stopTask = effect<{ taskArn: string; reason: string }, TaskObservation | null>(() => null);
  const actor: Actor<typeof fleetManager> = createActor(
    fleetManager.provide({
      actors: {
        inventory: effect<void, TaskList>(() => ({ startedAt: 10_000, tasks: [], unlisted: [] })),
        cohort: cohort.provide({
          actors: {
            describeTasks: effect(({ taskArns }: { taskArns: string[] }) =>
              taskArns.flatMap((arn) => tasks.get(arn) ?? []),
            ),
            workerGroup: workerGroup.provide({ actors: { takeTurn, stopTask } }),
            launch: launch.provide({
              actors: {
                journalLaunch: effect(() => {}),
                takeTurn,
                runTask: effect((order: LaunchOrder) => {
                  orders.push(order);
                  return answer(order);
                }),
                journalOutcome: effect(
                  ({
                    groups,
                  }: {
                    label: string;
                    groups: TaskClaim[];
                    refusals: Refusal[];
                    outcomeUnknown: boolean;
                  }) => groups,
                ),
              },
            }),
          },
        }) as never,
      },
      actions: {
        noteBreaker: (_, { breaker, state }) =>
          changes.push([state, breaker.cause, breaker.subnet].filter(Boolean).join(' ')),
      },
    }),
    {
      input: {
        ...fleetInput,
        settings: {
          ...fleetSettings,
          ...{ workersPerTask: 1, spot, subnets: ['subnet-a', 'subnet-b'] },
          timeouts: { ...fleetSettings.timeouts, bootGraceMs: 5000 },
          ...{ pollEveryMs: 1000, pollsPerTick: 100, inventoryEveryMs: 1e9, launchesPerSecond: 20 },
        },
      },
      clock: new SimulatedClock(),
    },
  ).start();
  actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
  const clock = actor.clock as SimulatedClock;
  const until = async (now: number, wanted = 0) => {
    actor.send({ type: 'scheduler.heartbeatEcho', at: now });
    actor.send({ type: 'tick', now });
    if (wanted > 0)
      actor.send({
        ...{ type: 'scheduler.desired', at: now },
        requests: [{ taskConcurrency: wanted, capabilities: [] }],
      });
    for (let i = 0; i < 4; i++) {
      await settle();
      clock.increment(1);
    }
  };
  await until(10_000);
  const sent = () => orders.splice(0).map(({ count, subnets }) => [count, subnets ?? 'all']);
  const show = (taskArn: string, observed: Partial<TaskObservation>) =>
    tasks.set(taskArn, {
      ...{ taskArn, phase: 'starting', cause: null, detail: null, createdAt: null },
      ...observed,
    });
  return { actor, until, sent, changes, show };
};

const namesOf = ({ label, count }: LaunchOrder): string[] =>
  Array.from({ length: count }, (_, i) => `${label}/${i}`);

describe('a fleet with breakers', () => {
  it('launches a single task after a refusal, and the rest when it was accepted', async () => {
    let no = true;
    const { until, sent, changes } = await fleet((order) =>
      no
        ? { taskArns: [], refusals: [{ kind: 'invalid', reason: 'TaskDefinition is inactive' }] }
        : { taskArns: namesOf(order), refusals: [] },
    );
    await until(11_000, 100);
    expect(sent()).toHaveLength(10);
    for (let now = 12_000; now < 41_000; now += 1000) await until(now);
    expect(sent()).toEqual([]);
    await until(41_000);
    expect(sent()).toEqual([[1, 'all']]);
    for (let now = 42_000; now < 101_000; now += 1000) await until(now);
    expect(sent()).toEqual([]);
    no = false;
    await until(101_000);
    await until(102_000);
    expect(sent()).toEqual([
      [1, 'all'],
      ...Array.from({ length: 9 }, () => [10, 'all']),
      [9, 'all'],
    ]);
    expect(changes).toEqual(
      'open invalid/trying invalid/open invalid/trying invalid/closed invalid'.split('/'),
    );
  });

  it('launches in the other subnet when one has no addresses, and probes that one with one task', async () => {
    let full = true;
    const { until, sent, changes } = await fleet((order) =>
      full && (order.subnets ?? ['subnet-b']).includes('subnet-b')
        ? {
            taskArns: [],
            refusals: [{ kind: 'addresses', reason: 'no free address', subnet: 'subnet-b' }],
          }
        : { taskArns: namesOf(order), refusals: [] },
    );
    await until(11_000, 4);
    await until(12_000);
    expect(sent()).toEqual([
      [4, 'all'],
      [1, ['subnet-a']],
      [3, ['subnet-a']],
    ]);
    full = false;
    await until(41_000, 6);
    await until(42_000, 8);
    expect(sent()).toEqual([
      [1, ['subnet-b']],
      [1, ['subnet-a']],
      [2, 'all'],
    ]);
    expect(changes).toEqual(
      ['open', 'trying', 'closed'].map((state) => `${state} addresses subnet-b`),
    );
  });

  it('waits for workers, not for RunTask, after a task got no network interface', async () => {
    const { until, sent, show, changes } = await fleet((order) => ({
      taskArns: namesOf(order),
      refusals: [],
    }));
    await until(11_000, 1);
    const failed = { phase: 'stopped', cause: 'startFailed', failureReason: 'network' } as const;
    show('e-1/0', { ...failed, subnet: 'subnet-a', detail: 'Timeout waiting' });
    await until(12_000);
    await until(13_000, 4);
    expect(sent()).toEqual([
      [1, 'all'],
      [1, ['subnet-b']],
      [3, ['subnet-b']],
    ]);
    await until(18_000, 6);
    expect(sent()).toEqual([
      [1, ['subnet-a']],
      [1, ['subnet-b']],
    ]);
    show('e-4/0', { phase: 'running', subnet: 'subnet-a' });
    for (let now = 19_000; now < 26_000; now += 1000) await until(now);
    await until(26_000, 8);
    expect(sent()).toEqual([[2, 'all']]);
    expect(changes).toEqual(
      ['open', 'trying', 'closed'].map((state) => `${state} network subnet-a`),
    );
  });

  it('probes the quota after its first pause when a task that it counted has ended', async () => {
    const left = { tasks: 3 };
    const { actor, until, sent, show } = await fleet((order) => {
      const some = namesOf(order).slice(0, left.tasks);
      left.tasks -= some.length;
      const refusal = { kind: 'quota', reason: 'the limit on the number of vCPUs' } as const;
      const { length } = namesOf(order).slice(some.length);
      return { taskArns: some, refusals: Array.from({ length }, () => refusal) };
    });
    const offered = () => actor.getSnapshot().context.advertised;
    await until(11_000, 4);
    for (const name of ['e-1/0', 'e-1/1', 'e-1/2']) show(name, { phase: 'running' });
    for (let now = 12_000; now < 20_000; now += 1000) await until(now);
    expect([sent(), offered()]).toEqual([[[4, 'all']], 3]);
    show('e-1/1', { phase: 'stopped', cause: 'exited', detail: 'exit 1' });
    left.tasks = 1;
    for (let now = 20_000; now < 44_000; now += 1000) await until(now);
    // It fits, and the next one does not.
    const one = [1, 'all'];
    expect([sent().slice(0, 2), offered()]).toEqual([[one, one], 3]);
  });

  it('launches on demand while Spot has no capacity, and probes Spot with one task after ten minutes', async () => {
    const markets: string[] = [];
    let empty = true;
    const { until } = await fleet((order) => {
      markets.push(`${order.count} ${order.market}`);
      return empty && order.market === 'spot'
        ? { taskArns: [], refusals: [{ kind: 'capacity', reason: 'unavailable' }] }
        : { taskArns: namesOf(order), refusals: [] };
    }, true);
    await until(11_000, 1);
    await until(12_000, 3);
    await until(610_999, 5);
    empty = false;
    await until(611_000, 6);
    await until(612_000, 8);
    expect(markets).toEqual([
      ...['1 spot', '1 onDemand', '2 onDemand', '2 onDemand'],
      ...['1 spot', '2 spot'],
    ]);
  });

  it('probes again when its probe failed for another cause', async () => {
    const { until, sent, show, actor } = await fleet((order) => ({
      taskArns: namesOf(order),
      refusals: [],
    }));
    await until(11_000, 1);
    show('e-1/0', { phase: 'stopped', cause: 'startFailed', detail: 'exit 1' });
    await until(12_000);
    await until(14_000);
    expect(sent()).toHaveLength(2);
    const failed = { phase: 'stopped', cause: 'startFailed', failureReason: 'network' } as const;
    show('e-2/0', { ...failed, subnet: 'subnet-a', detail: 'Timeout waiting' });
    await until(15_000);
    const { startFailed, ...others } = actor.getSnapshot().context.breakers;
    expect(startFailed?.probe).not.toBe('e-2-0');
    expect(Object.keys(others)).toEqual(['network subnet-a']);
    expect(sent()).toEqual([[1, ['subnet-b']]]);
  });

  it('probes again when its probe is no longer desired', async () => {
    const { actor, until, sent, show } = await fleet((order) => ({
      taskArns: namesOf(order),
      refusals: [],
    }));
    await until(11_000, 1);
    show('e-1/0', { phase: 'stopped', cause: 'startFailed', detail: 'exit 1' });
    await until(12_000);
    await until(14_000);
    expect(sent()).toHaveLength(2);
    actor.send({ type: 'scheduler.desired', at: 14_000, requests: [none] });
    await settle();
    show('e-2/0', { phase: 'stopped', cause: 'drained' });
    await until(15_000);
    expect(actor.getSnapshot().context.breakers.startFailed?.probe).toBeNull();
    await until(16_000, 5);
    expect(sent()).toEqual([[1, 'all']]);
  });
});

const none = { taskConcurrency: 0, capabilities: [] };

it('a breaker that trips again keeps the moment since when it is not closed', () => {
  const first = trip({}, failure('quota'), 1000);
  expect(trip(first, failure('quota'), 100_000).quota).toMatchObject({ since: 1000, failures: 2 });
});
