import fc from 'fast-check';
import { type ActionArgs, fleetSetup, modesIn } from '../../machines/fleet/fleetSetup.ts';
import {
  type Blocker,
  type BlockerKind,
  isTransient,
  launchBlockers,
} from '../../machines/fleet/launchGate.ts';
import { missingOf } from '../../machines/fleet/missing.ts';
import { type Modes, modesOf } from '../../machines/fleet/modes.ts';
import { kept, recallable } from '../../machines/fleet/plan.ts';
import { reconcile, reportBlockers } from '../../machines/fleet/reconcile.ts';
import {
  allObserved,
  type Fleet,
  type FleetSettings,
  fleetCounts,
} from '../../machines/fleet/state.ts';
import { billOf } from '../../machines/shared/bill.ts';
import type { FailureReason } from '../../machines/shared/domain.ts';
import { liveManager, orphan } from './liveManager.ts';

/** What an action of the manager sees. */
export interface Sight {
  fleet: Fleet;
  modes: Modes;
}

/** What drains is taken back before anything is launched: as long as there is any, nothing is to be launched yet. */
function isMissing(fleet: Fleet): boolean {
  const counts = fleetCounts(fleet);
  return missingOf(fleet, counts) > 0 && recallable(counts) === 0;
}

/** Blockers that are gone within a second are in the way, too. */
export function isLaunchDue({ fleet, modes }: Sight): boolean {
  return isMissing(fleet) && launchBlockers(fleet, modes).length === 0;
}

/** The kind of the one blocker without which a launch would be due; undefined: there is none. */
export function decisiveKind({ fleet, modes }: Sight): BlockerKind | undefined {
  const [first, ...others] = launchBlockers(fleet, modes);
  return isMissing(fleet) && others.length === 0 ? first?.kind : undefined;
}

/** What the manager is to report; null: nothing, because a cohort has not reported. */
export function blockersToReport({ fleet, modes }: Sight): Blocker[] | null {
  if (!allObserved(fleet)) return null;
  if ((fleet.desired ?? 0) <= kept(fleetCounts(fleet))) return [];
  return launchBlockers(fleet, modes).filter((each) => !isTransient(each));
}

type Watched = typeof reconcile | typeof reportBlockers;

/** The action, and before it what it is about to see. */
const watched = (action: Watched, sights: Sight[]) =>
  fleetSetup.enqueueActions(({ context, check, enqueue }: ActionArgs) => {
    sights.push({ fleet: context, modes: modesIn(check) });
    enqueue(action as never);
  });

/** A live manager that shows what each comparison of desired and actual, and each report of blockers, goes by. */
export const watchedManager = (revised: Partial<FleetSettings>) => {
  const comparisons: Sight[] = [];
  const reportings: Sight[] = [];
  const reports: { missing: number; blockers: Blocker[] }[] = [];
  const manager = liveManager({}, revised, {
    reconcile: watched(reconcile, comparisons) as never,
    reportBlockers: watched(reportBlockers, reportings) as never,
    noteBlockers: (_, report) => reports.push(report),
  });
  const sight = (): Sight => {
    const { value, context } = manager.actor.getSnapshot();
    return { fleet: context, modes: modesOf(value as Record<string, unknown>) };
  };
  return { ...manager, comparisons, reportings, reports, sight };
};

export type WatchedManager = ReturnType<typeof watchedManager>;

/** One thing that happens to the manager. `isTick`: it then compares desired and actual. */
export interface Step {
  isTick: boolean;
  run: (manager: WatchedManager) => void | Promise<void>;
  /** For the example that fast-check prints. */
  [fc.toStringMethod]: () => string;
}

const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };

export const settingsArbitrary: fc.Arbitrary<Partial<FleetSettings>> = fc
  .record({
    maxTasks: fc.constantFrom(null, null, 3, 15),
    launchBurst: fc.constantFrom(1, 3, 1000, 1000),
    subnets: fc.constantFrom<(string[] | undefined)[]>(undefined, ['a', 'b']),
    spot: fc.boolean(),
    perHour: fc.constantFrom(null, null, 12),
    scaleDownCooldownMs: fc.constantFrom(0, 20_000),
  })
  .map(({ perHour, subnets, ...settings }) => {
    const limits = { perHour, perDay: null, total: null };
    return {
      ...{ ...settings, inventoryEveryMs: 20_000, launchesPerSecond: 1 },
      ...(subnets && { subnets }),
      ...(perHour && { money: { prices, limits, onLimit: 'hold' as const } }),
    };
  });

const step =
  (name: string, run: (manager: WatchedManager, drawn: never) => void | Promise<void>) =>
  <T>(drawn: T): Step => ({
    isTick: name.endsWith('tick'),
    run: (manager) => run(manager, drawn as never),
    [fc.toStringMethod]: () => `${name} ${JSON.stringify(drawn)}`,
  });

const failures: FailureReason[] = ['quota', 'refused', 'capacity', 'addresses', 'exited'];

const countsArbitrary = fc.record({
  ...{ pending: fc.nat(3), idle: fc.nat(3), busy: fc.nat(3), stopping: fc.nat(3) },
  drainPending: fc.constantFrom(0, 0, 0, 1),
  unstoppedWorkers: fc.constantFrom(0, 0, 0, 2, 40),
});

const passes = fc.constantFrom(100, 1000, 3000, 9000);
const maybe = (value: string) => fc.constantFrom(value, null, null, null);

/** What can happen, each so many times more often than the rarest. */
export const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 16,
    arbitrary: passes.map(
      step('echo and tick', ({ at, fleet }, ms: number) => at(fleet().now + ms)),
    ),
  },
  {
    weight: 2,
    arbitrary: passes.map(step('tick', ({ tick, fleet }, ms: number) => tick(fleet().now + ms))),
  },
  {
    weight: 14,
    arbitrary: fc
      .constantFrom(0, 2, 4, 8, 20, 400, 400)
      .map(step('command', ({ command }, workers: number) => command(workers))),
  },
  { weight: 14, arbitrary: fc.constant(null).map(step('answers', ({ answered }) => answered())) },
  {
    weight: 6,
    arbitrary: countsArbitrary.map(
      step('report', ({ report, reportOf, fleet }, counts: object) => {
        const others = Object.keys(fleet().cohorts).slice(0, -1);
        if (Object.keys(fleet().cohorts).length > 0) report(counts);
        for (const cohortId of others) reportOf(cohortId, { busy: 1 }, 0, 0);
      }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.constant(null).map(step('turn', ({ clock }) => void clock.increment(1))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constant(null)
      .map(
        step('lost', ({ actor, fleet }) => actor.send({ type: 'scheduler.lost', at: fleet().now })),
      ),
  },
  {
    weight: 1,
    arbitrary: maybe('too old').map(
      step('mismatch', ({ actor, fleet }, reason: string | null) =>
        actor.send({ type: 'scheduler.mismatch', at: fleet().now, reason }),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: maybe('upgrade').map(
      step('hold', ({ actor, fleet }, reason: string | null) => {
        const at = fleet().now;
        actor.send(
          reason === null ? { type: 'fleet.resume', at } : { type: 'fleet.hold', at, reason },
        );
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constant(null)
      .map(
        step('prepared', ({ actor }) => actor.send({ type: 'fleet.prepared', revision: 'rev:1' })),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        kind: fc.constantFrom(...failures),
        market: fc.constantFrom('spot', 'onDemand', null),
        subnets: fc.constantFrom(undefined, ['a']),
        mayHaveStarted: fc.constantFrom(undefined, undefined, 1),
      })
      .map(
        step('failure', ({ actor }, failure: { kind: FailureReason; market: 'spot' | null }) =>
          actor.send({
            ...{ type: 'cohort.launchFailed', cohortId: 'cohort.0', reason: 'AWS refuses' },
            ...failure,
          }),
        ),
      ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom('launched', 'registered', 'stable').map(
      step('recovery', ({ actor, fleet }, signal: 'stable') => {
        const probe = Object.values(fleet().breakers)[0]?.probe ?? 'e-1-0';
        actor.send({
          ...{ type: 'cohort.recovered', cohortId: 'cohort.0', groupId: probe },
          ...{ signal, subnet: null },
        });
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .constant(null)
      .map(step('retry', ({ actor }) => actor.send({ type: 'fleet.retryNow' }))),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom('empty', 'empty', 'orphan', 'failed').map(
      step('inventory', ({ inventoried, fleet }, shown: string) => {
        if (shown === 'failed')
          return inventoried(Object.assign(new Error('it failed'), { kind: 'unreachable' }));
        const tasks = shown === 'orphan' ? [orphan(`arn:${fleet().now}`)] : [];
        return inventoried({ tasks });
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(0, 60_000, 60_000).map(
      step('launch turn', ({ actor, fleet }, ms: number) =>
        actor.send({
          ...{ type: 'cohort.launchTurn', cohortId: 'cohort.0', label: 'e-1' },
          at: fleet().now + ms,
        }),
      ),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(0, 1, 4, 4).map(
      step('bill', ({ actor, fleet }, running: number) => {
        const tasks = Array.from({ length: running }, () => ({
          ...{ market: 'onDemand' as const, from: 0 },
        }));
        const bill = billOf(tasks, 0, prices, fleet().now);
        actor.send({ type: 'cohort.billed', cohortId: 'cohort.0', bill });
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('start', 'shutdown', 'stop').map(
      step('other', ({ actor, fleet }, what: string) => {
        const at = fleet().now;
        if (what === 'start') actor.send({ type: 'scheduler.startRequested', at });
        else if (what === 'shutdown')
          actor.send({ type: 'scheduler.shutdownRequested', at, taskIds: [] });
        else if (at > 200_000) actor.send({ type: 'fleet.stop' });
      }),
    ),
  },
);
