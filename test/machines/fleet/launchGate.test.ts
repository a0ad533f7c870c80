import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignProbe, type Breakers, trip } from '../../../machines/fleet/circuitBreaker.ts';
import {
  type BlockerKind,
  isTransient,
  launchBlockers,
  launchPermit,
  mayBeSent,
} from '../../../machines/fleet/launchGate.ts';
import { missingOf } from '../../../machines/fleet/missing.ts';
import { type Modes, modeNames } from '../../../machines/fleet/modes.ts';
import { noCounts, plan } from '../../../machines/fleet/plan.ts';
import { type Fleet, fleetCounts, newFleet } from '../../../machines/fleet/state.ts';
import { counted } from '../../support/cohortTotals.ts';
import {
  blockersToReport,
  decisiveKind,
  isLaunchDue,
  settingsArbitrary,
  stepArbitrary,
  watchedManager,
} from '../../support/launchWatch.ts';
import {
  fleetInput,
  fleetSettings,
  liveManager,
  readyManager,
  servingModes,
} from '../../support/liveManager.ts';

const modes: Modes = { ...servingModes, monitor: 'unknown' };
const fresh = newFleet(fleetInput);
/** A fleet that may launch, with three tasks desired and none there. */
const fleetOf = (given: Partial<Fleet> = {}): Fleet =>
  counted({
    ...fresh,
    ...{ revision: 'rev:1', lastEchoAt: 9000, now: 10_000, desired: 3, inventoryAt: 9000 },
    ...given,
  });
const cohortOf = (counts: object, given: object = {}) => ({
  ...{ counts: { ...noCounts, ...counts }, launches: 0, lastPolledAt: 0 },
  ...{ generation: 1, observedGeneration: 1 },
  ...given,
});
const failure = (
  cause: 'quota' | 'refused' | 'addresses' | 'capacity' | 'exited',
  subnets: string[] = [],
) => ({
  ...{ cause, reason: 'AWS refuses', market: null, subnets, groupId: null },
  signal: 'launched' as const,
});
const kinds = (fleet: Fleet, given: Partial<Modes> = {}) =>
  launchBlockers(fleet, { ...modes, ...given }).map(({ kind }) => kind);
/** One group of two workers. */
const unstopped = { stopping: 1, unstoppedWorkers: 2 };
const capped = { settings: { ...fleetSettings, maxTasks: 3 } };

describe('the blockers of a launch', () => {
  it.each([
    ['none', {}, {}, []],
    ['noCommand', { desired: null }, {}, ['noCommand']],
    ['the silence of a scheduler', {}, { scheduler: 'absent' }, ['schedulerSilent']],
    ['a scheduler that is gone', {}, { scheduler: 'gone' }, ['schedulerSilent']],
    ['no scheduler that has just returned', {}, { scheduler: 'returning' }, []],
    ['incompatible workers', { mismatch: 'too old' }, {}, ['workersIncompatible']],
    ['a pending inventory', {}, { lifecycle: 'recovering' }, ['inventoryPending']],
    [
      'unconfirmed orphans',
      { adoption: { ...fresh.adoption, unconfirmed: 2 } },
      {},
      ['orphansUnconfirmed'],
    ],
    ['a stale inventory', { unknownOutcomeAt: 9000 }, {}, ['inventoryStale']],
    ['no inventory where listing is denied', { unknownOutcomeAt: 9000, denials: 3 }, {}, []],
    ['missing preparation', { revision: null }, {}, ['notPrepared']],
    ['an open breaker', { breakers: trip({}, failure('refused'), 9000) }, {}, ['breaker']],
    ['the quota', { breakers: trip({}, failure('quota'), 9000) }, {}, ['quota']],
    ['no breaker that is due', { breakers: trip({}, failure('refused'), -90_000) }, {}, []],
    ['the limit', { ...capped, cohorts: { a: cohortOf({ stopping: 3 }) } }, {}, ['cap']],
    [
      'no limit for a group that stops and uses no slot',
      { ...capped, cohorts: { a: cohortOf({ stopping: 3, freed: 1 }) } },
      {},
      [],
    ],
    ['no limit that covers what is desired', { ...capped, desired: 1 }, {}, []],
    [
      'groups that StopTask fails to stop and that serve for all that is missing',
      { desired: 1, desiredWorkers: 2, cohorts: { a: cohortOf(unstopped) } },
      {},
      ['stopFails'],
    ],
    [
      'no such groups that serve for a part of it',
      { desired: 2, desiredWorkers: 4, cohorts: { a: cohortOf(unstopped) } },
      {},
      [],
    ],
    [
      'no such groups where nothing is missing',
      { desired: 1, desiredWorkers: 2, cohorts: { a: cohortOf({ ...unstopped, busy: 1 }) } },
      {},
      [],
    ],
    ['the launch quota', { allowance: 0.9 }, {}, ['rateAllowance']],
    ['no launch quota that allows one task', { allowance: 1 }, {}, []],
    ['the budget of the turn', { turnAllowance: 0 }, {}, ['turnBudget']],
    ['no budget of the turn that allows one task', { turnAllowance: 1 }, {}, []],
    ['an answer that was too old', { decisionStale: true }, {}, ['decisionStale']],
    [
      'no limit for as many as there are',
      { ...capped, cohorts: { a: cohortOf({ busy: 3 }) } },
      {},
      [],
    ],
    ['no limit where there is none', { cohorts: { a: cohortOf({ busy: 2 }) } }, {}, []],
    ['the end that was reached', {}, { lifecycle: 'stopped' }, ['stopping']],
    [
      'a cohort that has not reported',
      { cohorts: { a: cohortOf({}, { generation: 2 }) } },
      {},
      ['reportPending'],
    ],
    ['the end', {}, { lifecycle: 'stopping' }, ['stopping']],
    ['an end that leaves the tasks to the next start', {}, { lifecycle: 'leaving' }, ['stopping']],
    ['a hold', { holdReason: 'upgrade', heldSince: 7 }, { hold: 'held' }, ['held']],
  ] as const)('are for %s', (_, fleet, given, expected) => {
    expect(kinds(fleetOf(fleet as never), given as never)).toEqual(expected);
  });

  it('tell since when a limit of money is in the way, and until when', () => {
    const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
    const limits = { perHour: 3, perDay: 0, total: null };
    const settings = { ...fleetSettings, money: { prices, limits, onLimit: 'hold' as const } };
    const fleet = fleetOf({ settings, money: { ...fresh.money, limitedSince: 8000 } });
    const kind = 'moneyLimit';
    expect(launchBlockers(fleet, modes)).toMatchObject([
      { kind, since: 8000, until: null, identity: 'moneyLimit perHour' },
      { kind, since: 8000, until: 86_400_000, identity: 'moneyLimit perDay' },
    ]);
  });

  it('name the subnets that are all shut, and none while another is open', () => {
    const settings = { ...fleetSettings, subnets: ['a', 'b'] };
    const one = trip({}, failure('addresses', ['a']), 9000);
    expect(kinds(fleetOf({ settings, breakers: one }))).toEqual([]);
    const breakers = trip(one, failure('capacity', ['b']), 9000);
    const blockers = launchBlockers(fleetOf({ settings, breakers }), modes);
    expect(blockers.map(({ identity, until }) => [identity, until])).toEqual([
      ['breaker addresses a', 39_000],
      ['breaker capacity b', 24_000],
    ]);
  });

  it('say in words and numbers what is in the way, since when, until when, and what clears it', () => {
    const hold = { holdReason: 'an upgrade', heldSince: 7000 };
    const [held] = launchBlockers(fleetOf(hold), { ...modes, hold: 'held' });
    expect(held).toEqual({
      ...{ kind: 'held', identity: 'held an upgrade', since: 7000, until: null },
      sentence: 'an operator holds launches: an upgrade',
      clears: 'the command resume',
    });
    const [silent] = launchBlockers(fleetOf(), { ...modes, scheduler: 'absent' });
    expect(silent).toMatchObject({
      since: 9000,
      sentence: expect.stringContaining('answered a heartbeat 1 s ago'),
    });
    const full = { ...capped, desired: 9, cohorts: { a: cohortOf({ busy: 2, stopping: 1 }) } };
    expect(launchBlockers(fleetOf(full), modes)[0]?.sentence).toBe(
      '9 tasks are desired, 3 exist and 3 are allowed; 1 of them are on their way out',
    );
    const broken = fleetOf({ breakers: trip({}, failure('refused'), 9000) });
    expect(launchBlockers(broken, modes)[0]).toMatchObject({
      ...{ identity: 'breaker refused', until: 24_000 },
      sentence:
        'launches failed (refused), 1 times in a row: AWS refuses; one task is tried in 14 s',
    });
  });

  it.each([
    [
      'a scheduler that has never answered',
      { lastEchoAt: null },
      { scheduler: 'absent' },
      { sentence: 'the scheduler has not answered any heartbeat yet', since: fresh.startedAt },
    ],
    [
      'incompatible workers',
      { mismatch: 'too old', mismatchSince: 4000 },
      {},
      { sentence: 'too old', since: 4000, identity: 'workersIncompatible too old' },
    ],
    [
      'unconfirmed orphans',
      { adoption: { ...fresh.adoption, unconfirmed: 2 } },
      {},
      { since: 9000, until: 14_000 },
    ],
    [
      'unconfirmed orphans before any inventory',
      { adoption: { ...fresh.adoption, unconfirmed: 2 }, inventoryAt: null },
      {},
      { since: null, until: null },
    ],
    ['a stale inventory', { unknownOutcomeAt: 9500 }, {}, { since: 9500 }],
    ['missing preparation', { revision: null }, {}, { since: fresh.startedAt }],
    ['no command', { desired: null }, {}, { since: fresh.startedAt }],
    [
      'a first inventory',
      {},
      { lifecycle: 'recovering' },
      { sentence: 'no complete inventory of our tasks yet', since: fresh.startedAt },
    ],
    [
      'launches of an earlier run',
      { cohorts: { a: cohortOf({}, { launches: 2 }) } },
      { lifecycle: 'recovering' },
      { sentence: '2 launches of an earlier run have no answer yet' },
    ],
    [
      'a limit that no end of a task clears',
      { ...capped, desired: 5, aboveSince: 8000, cohorts: { a: cohortOf({ busy: 3 }) } },
      {},
      {
        sentence: '5 tasks are desired, 3 exist and 3 are allowed',
        ...{ clears: 'a higher max_task_concurrency', since: 8000 },
      },
    ],
    [
      'a limit that the end of a task clears',
      { ...capped, desired: 5, cohorts: { a: cohortOf({ busy: 2, stopping: 1 }) } },
      {},
      { clears: 'the end of tasks that are on their way out' },
    ],
    ['the launch quota', { allowance: 0.5 }, {}, { until: 10_100 }],
    [
      'a breaker with a probe',
      { breakers: assignProbe(trip({}, failure('refused'), -90_000), ['refused'], 'e-1-0') },
      {},
      {
        sentence: expect.stringContaining('; group e-1-0 is being tried'),
        ...{ clears: 'the outcome of that task', until: null },
      },
    ],
    [
      'a breaker without a probe',
      { breakers: trip({}, failure('refused'), 9000) },
      {},
      {
        clears: 'the time, then one task that succeeds',
        breaker: { cause: 'refused', market: null, subnet: null },
      },
    ],
    [
      'a crash loop',
      { breakers: trip({}, { ...failure('exited'), signal: 'stable' }, 9000) },
      {},
      {
        sentence: expect.stringContaining(
          'workers ended soon after they had registered, again and again, 1 times in a row',
        ),
      },
    ],
    [
      'a market and a subnet',
      {
        settings: { ...fleetSettings, subnets: ['a'] },
        breakers: trip({}, { ...failure('capacity', ['a']), market: 'onDemand' }, 9000),
      },
      {},
      {
        sentence: expect.stringContaining('launches on demand in a failed (capacity)'),
        breaker: { cause: 'capacity', market: 'onDemand', subnet: 'a' },
      },
    ],
  ] as const)('say of %s why, since when, and what clears it', (_, fleet, given, expected) => {
    const blockers = launchBlockers(fleetOf(fleet as never), { ...modes, ...(given as object) });
    expect(blockers).toMatchObject([expected]);
  });

  it('name a market that has no capacity, and only the breakers that are in the way', () => {
    const spot = { ...failure('capacity'), market: 'spot' as const };
    const due = trip(trip({}, failure('refused'), -5000), failure('quota'), 9000);
    const breakers = trip(due, spot, 9000);
    const said = launchBlockers(fleetOf({ breakers }), modes).map(({ sentence }) => sentence);
    expect(said).toEqual([
      expect.stringContaining('launches failed (quota)'),
      expect.stringContaining('launches on Spot failed (capacity)'),
    ]);
  });

  it('keep their identity while times tick', () => {
    const breakers = trip({}, failure('quota'), 9000);
    const at = (now: number) =>
      launchBlockers(fleetOf({ breakers, now }), { ...modes, scheduler: 'absent' }).map(
        ({ identity }) => identity,
      );
    expect(at(10_000)).toEqual(at(20_000));
  });
});

describe('the permit', () => {
  it('is for as many as the launch quota and the turn allow', () => {
    expect(launchPermit(fleetOf({ allowance: 5.9, turnAllowance: 8 }), []).tasks).toBe(5);
    expect(launchPermit(fleetOf({ allowance: 50, turnAllowance: 8 }), []).tasks).toBe(8);
  });

  it('is for no group in the place of those that StopTask fails to stop', () => {
    const cohorts = { a: cohortOf({ stopping: 2, unstoppedWorkers: 4 }) };
    const fleet = fleetOf({ cohorts, desired: 3, desiredWorkers: 6 });
    expect(launchPermit(fleet, []).tasks).toBe(1);
  });

  it('is for none, and tests no breaker, while something is in the way', () => {
    const fleet = fleetOf({ breakers: trip({}, failure('refused'), -90_000), desired: null });
    expect(launchPermit(fleet, [])).toMatchObject({ tasks: 1, probes: ['refused'] });
    const blocked = launchPermit(fleet, launchBlockers(fleet, modes));
    expect(blocked).toMatchObject({ tasks: 0, probes: [] });
  });
});

it('lets a throttled launch retry only while nothing but pace and demand is in the way', () => {
  const may = (fleet: Partial<Fleet>, given: Partial<Modes> = {}) =>
    mayBeSent(fleetOf(fleet), { ...modes, ...given });
  expect(may({ desired: null, allowance: 0, turnAllowance: 0 })).toBe(true);
  expect(may({ breakers: trip({}, failure('quota'), 9000) })).toBe(true);
  expect(may({}, { lifecycle: 'recovering' })).toBe(true);
  expect(may({ revision: null })).toBe(false);
  expect(may({}, { scheduler: 'absent' })).toBe(false);
  expect(may({}, { lifecycle: 'stopping' })).toBe(false);
  expect(may({}, { hold: 'held' })).toBe(false);
  // The first inventory waits for the launches of earlier runs.
  expect(may({}, { hold: 'held', lifecycle: 'recovering' })).toBe(true);
  expect(may({ revision: null }, { hold: 'held', lifecycle: 'recovering' })).toBe(false);
});

/** Or hardly any fleet could launch. */
const often = <const T>(usual: T): T[] => Array.from({ length: 12 }, () => usual);

const breakersArbitrary: fc.Arbitrary<Breakers> = fc
  .array(
    fc.record({
      cause: fc.constantFrom('quota', 'refused', 'addresses', 'capacity', 'startFailed', 'exited'),
      market: fc.constantFrom('spot', 'onDemand', null),
      subnet: fc.constantFrom('a', 'b', null),
      failures: fc.integer({ min: 1, max: 9 }),
      until: fc.integer({ min: 0, max: 20_000 }),
      probe: fc.constantFrom(null, null, 'g'),
      ...{ reason: fc.constant('x'), signal: fc.constant('launched' as const) },
    }),
    { maxLength: 4 },
  )
  .map((all) => Object.fromEntries(all.map((each, i) => [`b${i}`, each])) as Breakers);

const fleets = fc
  .record({
    desired: fc.option(fc.nat(20), { nil: null }),
    maxTasks: fc.option(fc.nat(15), { nil: null }),
    subnets: fc.constantFrom<(string[] | undefined)[]>(undefined, ['a'], ['a', 'b']),
    spot: fc.boolean(),
    revision: fc.constantFrom(...often('rev:1'), null),
    mismatch: fc.constantFrom(...often(null), 'too old'),
    unconfirmed: fc.constantFrom(...often(0), 2),
    unknownOutcomeAt: fc.constantFrom(...often(null), 5000, 9500),
    denials: fc.constantFrom(0, 2, 3),
    allowance: fc.constantFrom(0, 0.5, 1, 30, 30, 30),
    turnAllowance: fc.constantFrom(0, 1, 100, 100, 100),
    breakers: fc.oneof(fc.constant({}), breakersArbitrary),
    counts: fc.record({
      ...{
        pending: fc.nat(4),
        absent: fc.constant(0),
        denied: fc.constant(0),
        idle: fc.nat(3),
        busy: fc.nat(3),
      },
      // What drains is taken back before anything is launched.
      ...{ drainPending: fc.constant(0), cancelled: fc.constant(0), stopping: fc.nat(3) },
      unstoppedWorkers: fc.constantFrom(...often(0), 1, 3),
    }),
    workersAreAsked: fc.boolean(),
    observedGeneration: fc.constantFrom(...often(1), 0),
  })
  .map(
    ({
      maxTasks,
      subnets,
      spot,
      unconfirmed,
      counts,
      observedGeneration,
      workersAreAsked,
      ...given
    }): Fleet =>
      fleetOf({
        ...given,
        desiredWorkers: workersAreAsked ? given.desired : null,
        settings: { ...fleetSettings, maxTasks, spot, ...(subnets && { subnets }) },
        adoption: { ...fresh.adoption, unconfirmed },
        cohorts: { a: cohortOf(counts, { observedGeneration }) },
      }),
  );
const anyModes = fc.record({
  lifecycle: fc.constantFrom(...often('active'), ...modeNames.lifecycle),
  scheduler: fc.constantFrom(...often('present'), ...modeNames.scheduler),
  demand: fc.constantFrom(...modeNames.demand),
  inventory: fc.constantFrom(...modeNames.inventory),
  monitor: fc.constantFrom(...modeNames.monitor),
  hold: fc.constantFrom(...often('running'), ...modeNames.hold),
  money: fc.constantFrom(...modeNames.money),
});

it('launches what is missing if and only if nothing blocks it', () => {
  let launched = 0;
  fc.assert(
    fc.property(fleets, anyModes, (fleet, given) => {
      const blockers = launchBlockers(fleet, given);
      const permit = launchPermit(fleet, blockers);
      const counts = fleetCounts(fleet);
      const { admit } = plan(fleet.desired, counts, {
        ...{ maxTasks: fleet.settings.maxTasks, launches: permit.tasks },
        ...{ excessConfirmed: false, swapping: false },
      });
      expect(permit.tasks > 0).toBe(blockers.length === 0);
      if (missingOf(fleet, counts) > 0) expect(admit > 0).toBe(blockers.length === 0);
      else expect(admit).toBe(0);
      if (admit > 0) launched++;
      for (const { identity, sentence, clears } of blockers)
        expect([identity, sentence, clears].every((text) => text.length > 2)).toBe(true);
    }),
    { numRuns: 3000 },
  );
  expect(launched).toBeGreaterThan(100);
});

/** Whether such a blocker alone can prevent a launch. Without a command nothing is missing; at the end nothing is compared. */
const decides: Record<BlockerKind, boolean> = {
  ...{ noCommand: false, stopping: false },
  ...{ schedulerSilent: true, workersIncompatible: true, inventoryPending: true, held: true },
  ...{ orphansUnconfirmed: true, inventoryStale: true, notPrepared: true, breaker: true },
  ...{ quota: true, cap: true, stopFails: true, moneyLimit: true, rateAllowance: true },
  ...{ turnBudget: true, reportPending: true, decisionStale: true },
};

it('the running manager launches if and only if something is missing and nothing blocks it, and reports exactly what does', async () => {
  let launches = 0;
  const decisive = new Set<BlockerKind>();
  await fc.assert(
    fc.asyncProperty(
      settingsArbitrary,
      fc.constantFrom(true, true, true, true, false),
      fc.array(stepArbitrary, { maxLength: 80, size: 'max' }),
      async (settings, isReady, steps) => {
        const manager = watchedManager(settings);
        const { comparisons, reportings, reports, orders, sight } = manager;
        if (isReady) await manager.ready();
        orders();
        comparisons.splice(0);
        reportings.splice(0);
        reports.splice(0);
        let noted = JSON.stringify(sight().fleet.notedBlockers);
        for (const { isTick, run } of steps) {
          await run(manager);
          const due = comparisons.filter(isLaunchDue).length;
          const admitted = orders().filter(({ type }) => type === 'cohort.admit');
          expect(admitted).toHaveLength(due);
          // Nothing else makes up for a launch that a tick has left out.
          if (isTick) expect(isLaunchDue(sight())).toBe(false);
          const expected = reportings.splice(0).flatMap((seen) => {
            const blockers = blockersToReport(seen);
            const identities = JSON.stringify(blockers?.map(({ identity }) => identity));
            if (blockers === null || identities === noted) return [];
            noted = identities;
            return [{ missing: missingOf(seen.fleet, fleetCounts(seen.fleet)), blockers }];
          });
          expect(reports.splice(0)).toEqual(expected);
          launches += due;
          for (const seen of comparisons.splice(0)) {
            const kind = decisiveKind(seen);
            if (kind) decisive.add(kind);
          }
        }
      },
    ),
    // The same sequences each time, so that what they meet is sure.
    { numRuns: 60, seed: 1 },
  );
  expect(launches).toBeGreaterThan(60);
  const inTheWay = Object.entries(decides).flatMap(([kind, does]) => (does ? [kind] : []));
  expect([...decisive].sort()).toEqual(inTheWay.sort());
});

describe('the report of blockers', () => {
  it('is made once per change, while something is desired and not launched', async () => {
    const { actor, at, command, blockers, answered } = liveManager();
    at(5000);
    expect(blockers).toEqual([]);
    command(4);
    expect(blockers.splice(0)).toEqual([
      { missing: 2, kinds: ['notPrepared', 'inventoryPending'] },
    ]);
    at(6000);
    at(7000);
    expect(blockers).toEqual([]);
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    at(8000);
    expect(blockers.splice(0)).toEqual([{ missing: 2, kinds: ['inventoryPending'] }]);
    command(0);
    expect(blockers.splice(0)).toEqual([{ missing: 0, kinds: [] }]);
    answered();
  });

  it('names a hold and its end, after which launching goes on', async () => {
    const { actor, at, command, blockers, orders } = await readyManager();
    actor.send({ type: 'fleet.hold', at: 10_500, reason: 'upgrade' });
    at(11_000);
    command(2);
    at(12_000);
    expect(orders()).toEqual([]);
    expect(blockers.splice(0)).toEqual([{ missing: 1, kinds: ['held'] }]);
    actor.send({ type: 'fleet.resume', at: 12_500 });
    expect(orders()).toMatchObject([{ type: 'cohort.admit' }]);
  });

  it('leaves out what is gone within a second', async () => {
    const { at, command, blockers, answered } = await readyManager({}, { launchBurst: 3 });
    at(11_000);
    command(40);
    answered();
    at(11_100);
    expect(blockers).toEqual([]);
    const [pace] = launchBlockers(fleetOf({ allowance: 0 }), modes);
    expect(pace && isTransient(pace)).toBe(true);
  });
});
