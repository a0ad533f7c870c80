import { cohortSize, type LaunchPlan, type Share } from '../cohort/groupRecords.ts';
import type { CohortCommand } from '../cohort/messages.ts';
import { groupIdsOf } from '../shared/ids.ts';
import { tasksPerRunTask } from '../shared/limits.ts';
import {
  assignProbe,
  type Breakers,
  changesBetween,
  type LaunchPermit,
  permitFor,
} from './circuitBreaker.ts';
import { fleetSetup } from './fleetManagerSetup.ts';
import { noCounts, plan, serving, total } from './plan.ts';
import {
  allObserved,
  type CohortStatus,
  cohortWithRoom,
  drainingRow,
  drainsOf,
  excessConfirmed,
  type Fleet,
  fleetCounts,
  mayLaunch,
  schedulerReturning,
  undrainingRow,
  undrainsOf,
} from './state.ts';

/** Groups: some 15 ms of work once the code is warm. */
const launchesPerTurn = 2 * cohortSize;

export const resetTurnBudget = fleetSetup.assign({ turnAllowance: launchesPerTurn });

/** Puts up to one cohort's worth of what was restored or adopted into a cohort of its own. */
export const restoreNextCohort = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const launches = context.resend.slice(0, cohortSize / tasksPerRunTask);
  const groups = context.owned.slice(0, launches.length > 0 ? 0 : cohortSize);
  const cohortId = `cohort-${context.opened}`;
  const generation = context.generation + 1;
  enqueue.spawnChild('cohort', {
    id: cohortId,
    input: {
      cohortId,
      timeouts: context.settings.timeouts,
      monitorEverConnected: context.monitorEverConnected,
    },
  });
  enqueue.sendTo(
    cohortId,
    (launches.length > 0
      ? { type: 'cohort.admit', generation, launches, at: context.now }
      : { type: 'cohort.adopt', generation, groups }) satisfies CohortCommand,
  );
  const size = groups.length + launches.reduce((sum, { groupIds }) => sum + groupIds.length, 0);
  enqueue.assign({
    opened: context.opened + 1,
    generation,
    resend: context.resend.slice(launches.length),
    owned: context.owned.slice(groups.length),
    // Whatever a launch that is sent again may start, it starts from now on.
    lastLaunchAt: launches.length > 0 ? context.now : context.lastLaunchAt,
    cohorts: {
      ...context.cohorts,
      [cohortId]: {
        counts: { ...noCounts, pending: size },
        launches: launches.length,
        generation,
        lastPolledAt: 0,
      },
    },
  });
  enqueue.raise({ type: 'fleet.restoreNext' }, { delay: 0 });
});

const newLaunches = (
  fleet: Fleet,
  revision: string,
  groups: number,
  { market, subnets }: LaunchPermit,
): LaunchPlan[] =>
  Array.from({ length: Math.ceil(groups / tasksPerRunTask) }, (_, i) => {
    const label = `${fleet.epoch}-${fleet.launched + i + 1}`;
    const count = Math.min(tasksPerRunTask, groups - i * tasksPerRunTask);
    return {
      order: {
        ...{ label, clientToken: `se-${label}`, count, revision, market },
        ...(subnets && { subnets }),
      },
      groupIds: groupIdsOf(label, count),
      outcomeUnknown: false,
    };
  });

type Enqueue = Parameters<Parameters<typeof fleetSetup.enqueueActions>[0]>[0]['enqueue'];

/** Takes these in the place of those before, and says what that changes. */
export const updateBreakers = (before: Breakers, after: Breakers, enqueue: Enqueue): void => {
  if (after === before) return;
  enqueue.assign({ breakers: after });
  for (const change of changesBetween(before, after))
    enqueue({ type: 'noteBreaker', params: change });
};

const sendDrains = (
  fleet: Fleet,
  drains: [cohortId: string, share: Share][],
  until: number,
  enqueue: Enqueue,
): void => {
  if (drains.length === 0) return;
  const cohorts = { ...fleet.cohorts };
  const generation = fleet.generation + 1;
  for (const [cohortId, share] of drains) {
    cohorts[cohortId] = drainingRow(cohorts[cohortId] as CohortStatus, share, generation);
    const drain: CohortCommand = {
      type: 'cohort.drain',
      generation,
      ...share,
      at: fleet.now,
      until,
    };
    enqueue.sendTo(cohortId, drain);
  }
  enqueue.assign({ cohorts, generation });
};

/** From what is wanted and what is to orders: at most one cohort's worth of launches at a time. */
export const reconcile = fleetSetup.enqueueActions(({ context, enqueue }) => {
  if (!allObserved(context)) return;
  const { settings, revision } = context;
  const way = permitFor(context.breakers, { subnets: [], ...settings }, context.now);
  const launches = mayLaunch(context)
    ? Math.min(way.maxTasks, Math.floor(context.allowance), context.turnAllowance)
    : 0;
  const { cancelDrains, swap, admit, drainPendingGroups, drainServing } = plan(
    context.desired,
    fleetCounts(context),
    {
      ...{ maxTasks: settings.maxTasks, launches, excessConfirmed: excessConfirmed(context) },
      swapping: context.swapping,
    },
  );
  if (cancelDrains > 0) {
    const generation = context.generation + 1;
    const cohorts = { ...context.cohorts };
    for (const [cohortId, taken] of undrainsOf(context, cancelDrains)) {
      cohorts[cohortId] = undrainingRow(cohorts[cohortId] as CohortStatus, taken, generation);
      const most = taken.drainPending + taken.cancelled;
      enqueue.sendTo(cohortId, {
        type: 'cohort.cancelDrain',
        generation,
        most,
      } satisfies CohortCommand);
    }
    enqueue.assign({ cohorts, generation, swapping: swap });
    // Who is still missing is launched once they have answered.
    return;
  }
  if (admit > 0 && revision !== null) {
    const some = Math.min(admit, cohortSize);
    const roomy = cohortWithRoom(context, Math.min(some, tasksPerRunTask));
    const cohortId = roomy ?? `cohort-${context.opened}`;
    const record = context.cohorts[cohortId] ?? {
      counts: noCounts,
      launches: 0,
      generation: null,
      lastPolledAt: context.now,
    };
    const size = Math.min(some, cohortSize - total(record.counts));
    const launches = newLaunches(context, revision, size, way);
    const generation = context.generation + 1;
    if (roomy === undefined)
      enqueue.spawnChild('cohort', {
        id: cohortId,
        input: {
          cohortId,
          timeouts: settings.timeouts,
          monitorEverConnected: context.monitorEverConnected,
        },
      });
    enqueue.sendTo(cohortId, {
      type: 'cohort.admit',
      generation,
      launches,
      at: context.now,
    } satisfies CohortCommand);
    enqueue.assign({
      opened: context.opened + (roomy === undefined ? 1 : 0),
      generation,
      launched: context.launched + launches.length,
      turnAllowance: context.turnAllowance - size,
      lastLaunchAt: context.now,
      allowance: context.allowance - size,
      cohorts: {
        ...context.cohorts,
        [cohortId]: {
          ...record,
          counts: { ...record.counts, pending: record.counts.pending + size },
          launches: record.launches + launches.length,
          generation,
        },
      },
    });
    const [probe = ''] = launches[0]?.groupIds ?? [];
    updateBreakers(context.breakers, assignProbe(context.breakers, way.probes, probe), enqueue);
    // The cohort's report makes us plan again within this turn, and this in the next.
    if (context.turnAllowance === size) enqueue.raise({ type: 'fleet.nextTurn' }, { delay: 0 });
  }
  if (schedulerReturning(context)) return;
  if (context.swapping) enqueue.assign({ swapping: false });
  const drains = drainsOf(context, { pending: drainPendingGroups, serving: drainServing });
  sendDrains(context, drains, context.now + settings.drainTimeoutMs, enqueue);
});

/** Everything must go: at its next idle moment, and soon. What is still to be unpacked follows. */
export const drainAll = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const { stoppingSince, now, settings } = context;
  const since = stoppingSince ?? now;
  enqueue.assign({ stoppingSince: since });
  const all = fleetCounts(context);
  const drains = new Map(drainsOf(context, { pending: all.pending, serving: serving(all) }));
  // Those that wait already hear that they have less time.
  if (stoppingSince === null)
    for (const cohortId of Object.keys(context.cohorts))
      if (!drains.has(cohortId)) drains.set(cohortId, { pending: 0, idle: 0, busy: 0 });
  sendDrains(context, [...drains], since + settings.stopDrainMs, enqueue);
});
