import { cohortSize, type LaunchPlan, type Share } from '../cohort/groupRecords.ts';
import type { CohortOrder } from '../cohort/messages.ts';
import { groupIdsOf } from '../shared/ids.ts';
import { tasksPerRunTask } from '../shared/limits.ts';
import { type Breakers, changesBetween, type Gate, gate, trying } from './circuitBreaker.ts';
import { managerSetup } from './fleetManagerSetup.ts';
import { noCounts, plan, serving, total } from './plan.ts';
import {
  allAnswered,
  type CohortRow,
  cohortWithRoom,
  draining,
  drainsOf,
  type Fleet,
  fleetCounts,
  justBack,
  mayLaunch,
  overdue,
  reprievesOf,
  reprieving,
} from './state.ts';

/** Groups: some 15 ms of work once the code is warm. */
const launchesPerTurn = 2 * cohortSize;

export const beginTurn = managerSetup.assign({ turnAllowance: launchesPerTurn });

/** Puts up to one cohort's worth of what was restored or adopted into a cohort of its own. */
export const unpack = managerSetup.enqueueActions(({ context, enqueue }) => {
  const launches = context.resend.slice(0, cohortSize / tasksPerRunTask);
  const groups = context.owned.slice(0, launches.length > 0 ? 0 : cohortSize);
  const cohortId = `cohort-${context.opened}`;
  const order = context.ordered + 1;
  enqueue.spawnChild('cohort', {
    id: cohortId,
    input: { cohortId, patience: context.settings.patience, watched: context.watched },
  });
  enqueue.sendTo(
    cohortId,
    (launches.length > 0
      ? { type: 'cohort.admit', order, launches, at: context.now }
      : { type: 'cohort.adopt', order, groups }) satisfies CohortOrder,
  );
  const size = groups.length + launches.reduce((sum, { groupIds }) => sum + groupIds.length, 0);
  enqueue.assign({
    opened: context.opened + 1,
    ordered: order,
    resend: context.resend.slice(launches.length),
    owned: context.owned.slice(groups.length),
    // Whatever a launch that is sent again may start, it starts from now on.
    lastLaunchAt: launches.length > 0 ? context.now : context.lastLaunchAt,
    cohorts: {
      ...context.cohorts,
      [cohortId]: {
        counts: { ...noCounts, booting: size },
        launches: launches.length,
        order,
        lookedAt: 0,
      },
    },
  });
  enqueue.raise({ type: 'queue.next' }, { delay: 0 });
});

const newLaunches = (
  fleet: Fleet,
  revision: string,
  groups: number,
  { market, subnets }: Gate,
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
      doubted: false,
    };
  });

type Enqueue = Parameters<Parameters<typeof managerSetup.enqueueActions>[0]>[0]['enqueue'];

/** Takes these in the place of those before, and says what that changes. */
export const rebreak = (before: Breakers, after: Breakers, enqueue: Enqueue): void => {
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
  const order = fleet.ordered + 1;
  for (const [cohortId, share] of drains) {
    cohorts[cohortId] = draining(cohorts[cohortId] as CohortRow, share, order);
    const drain: CohortOrder = { type: 'cohort.drain', order, ...share, at: fleet.now, until };
    enqueue.sendTo(cohortId, drain);
  }
  enqueue.assign({ cohorts, ordered: order });
};

/** From what is wanted and what is to orders: at most one cohort's worth of launches at a time. */
export const steer = managerSetup.enqueueActions(({ context, enqueue }) => {
  if (!allAnswered(context)) return;
  const { settings, revision } = context;
  const way = gate(context.breakers, { subnets: [], ...settings }, context.now);
  const launches = mayLaunch(context)
    ? Math.min(way.most, Math.floor(context.allowance), context.turnAllowance)
    : 0;
  const { reprieve, swap, admit, drainBooting, drainServing } = plan(
    context.wanted,
    fleetCounts(context),
    {
      ...{ maxTasks: settings.maxTasks, launches, overdue: overdue(context) },
      swapping: context.swapping,
    },
  );
  if (reprieve > 0) {
    const order = context.ordered + 1;
    const cohorts = { ...context.cohorts };
    for (const [cohortId, taken] of reprievesOf(context, reprieve)) {
      cohorts[cohortId] = reprieving(cohorts[cohortId] as CohortRow, taken, order);
      const most = taken.waiting + taken.revoked;
      enqueue.sendTo(cohortId, { type: 'cohort.reprieve', order, most } satisfies CohortOrder);
    }
    enqueue.assign({ cohorts, ordered: order, swapping: swap });
    // Who is still missing is launched once they have answered.
    return;
  }
  if (admit > 0 && revision !== null) {
    const some = Math.min(admit, cohortSize);
    const roomy = cohortWithRoom(context, Math.min(some, tasksPerRunTask));
    const cohortId = roomy ?? `cohort-${context.opened}`;
    const row = context.cohorts[cohortId] ?? {
      counts: noCounts,
      launches: 0,
      order: null,
      lookedAt: context.now,
    };
    const size = Math.min(some, cohortSize - total(row.counts));
    const launches = newLaunches(context, revision, size, way);
    const order = context.ordered + 1;
    if (roomy === undefined)
      enqueue.spawnChild('cohort', {
        id: cohortId,
        input: { cohortId, patience: settings.patience, watched: context.watched },
      });
    enqueue.sendTo(cohortId, {
      type: 'cohort.admit',
      order,
      launches,
      at: context.now,
    } satisfies CohortOrder);
    enqueue.assign({
      opened: context.opened + (roomy === undefined ? 1 : 0),
      ordered: order,
      launched: context.launched + launches.length,
      turnAllowance: context.turnAllowance - size,
      lastLaunchAt: context.now,
      allowance: context.allowance - size,
      cohorts: {
        ...context.cohorts,
        [cohortId]: {
          ...row,
          counts: { ...row.counts, booting: row.counts.booting + size },
          launches: row.launches + launches.length,
          order,
        },
      },
    });
    const [probe = ''] = launches[0]?.groupIds ?? [];
    rebreak(context.breakers, trying(context.breakers, way.probes, probe), enqueue);
    // The cohort's report makes us plan again within this turn, and this in the next.
    if (context.turnAllowance === size) enqueue.raise({ type: 'plan.again' }, { delay: 0 });
  }
  if (justBack(context)) return;
  if (context.swapping) enqueue.assign({ swapping: false });
  const drains = drainsOf(context, { booting: drainBooting, serving: drainServing });
  sendDrains(context, drains, context.now + settings.drainTimeoutMs, enqueue);
});

/** Everything must go: at its next idle moment, and soon. What is still to be unpacked follows. */
export const evacuate = managerSetup.enqueueActions(({ context, enqueue }) => {
  const { stoppingSince, now, settings } = context;
  const since = stoppingSince ?? now;
  enqueue.assign({ stoppingSince: since });
  const all = fleetCounts(context);
  const drains = new Map(drainsOf(context, { booting: all.booting, serving: serving(all) }));
  // Those that wait already hear that they have less time.
  if (stoppingSince === null)
    for (const cohortId of Object.keys(context.cohorts))
      if (!drains.has(cohortId)) drains.set(cohortId, { booting: 0, idle: 0, busy: 0 });
  sendDrains(context, [...drains], since + settings.stopDrainMs, enqueue);
});
