import type { Share } from '../cohort/scaleDown.ts';
import { parent } from '../shared/parent.ts';
import { costKnownMs } from '../shared/timing.ts';
import { type CohortStatus, isObserved } from './cohortStatus.ts';
import { planWithCooldown } from './cooldown.ts';
import { degradedIsSpare, drainOneDegraded, spareSinceAt } from './degradedGroups.ts';
import { excessConfirmed } from './excess.ts';
import { type Enqueue, fleetSetup, modesIn } from './fleetSetup.ts';
import { isTransient, launchBlockers, launchPermit, type Permit } from './launchGate.ts';
import { launchGroups } from './launching.ts';
import { usefulPendingOf } from './launchTurn.ts';
import { missingOf } from './missing.ts';
import type { Modes } from './modes.ts';
import { tasksThatMayStay } from './money.ts';
import { type Counts, groupsToKeep, kept } from './plan.ts';
import { drainUntil, sendCommands } from './sendCommands.ts';
import { cohortsToRank, drainsOf, type Leaving, undrainsOf } from './shares.ts';
import { allObserved, type Fleet, fleetCounts, isEmpty, remainingOf } from './state.ts';

/** The lower of two limits; null: no limit. */
const lower = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/**
 * What a plan may go by. While the scheduler does not answer, what it desired last is not current: the fleet is left
 * alone, but for what the limit forbids.
 */
function desiredNow(fleet: Fleet, { scheduler }: Modes, counts: Counts): number | null {
  if (scheduler !== 'absent' || fleet.desired === null) return fleet.desired;
  return excessConfirmed(fleet) ? kept(counts) : null;
}

/** Why groups are drained, for ECS: fewer are desired, or a limit forbids them. */
function drainReason(
  { desiredWhy }: Fleet,
  desired: number | null,
  there: number,
  mayStay: number | null,
): string {
  if (desired !== null && there > desired) return `no longer desired: ${desiredWhy}`;
  return mayStay !== null && there > mayStay
    ? 'more than a money limit allows'
    : 'more than max_task_concurrency allows';
}

/**
 * A scheduler that asks for tasks one by one has not asked for fewer when a limit drains some: what is drained so is not
 * to be launched again when the next one ends.
 */
function desiredAfter(
  { desired }: Fleet,
  { demand }: Modes,
  drains: readonly (readonly [string, Share])[],
  there: number,
): number | null {
  if (demand !== 'byStarts' || desired === null) return desired;
  const drained = drains.reduce(
    (sum, [, { pending, idle, busy }]) => sum + pending + idle + busy,
    0,
  );
  return desired - Math.max(0, drained - Math.max(0, there - desired));
}

/** What a plan is made of. */
interface Situation {
  modes: Modes;
  counts: Counts;
  desired: number | null;
  /** How many tasks may stay by what they cost; null: all. */
  mayStay: number | null;
  /** Since when a degraded group may leave as soon as it is idle; null: none may. */
  spareSince: number | null;
  permit: Permit;
}

function situationOf(fleet: Fleet, modes: Modes): Situation {
  const counts = fleetCounts(fleet);
  const isCostKnown = modes.lifecycle === 'active' && fleet.now - fleet.startedAt >= costKnownMs;
  return {
    ...{ modes, counts, desired: desiredNow(fleet, modes, counts) },
    mayStay: isCostKnown ? tasksThatMayStay(fleet) : null,
    spareSince: spareSinceAt(fleet, counts),
    permit: launchPermit(fleet, launchBlockers(fleet, modes, counts), counts),
  };
}

const planFor = (
  fleet: Fleet,
  { counts, desired, mayStay, spareSince, permit }: Situation,
): ReturnType<typeof planWithCooldown> =>
  planWithCooldown(
    desired,
    counts,
    {
      ...{ launches: permit.tasks, swapping: fleet.swapping, mayNotSwap: fleet.loadsAreOld },
      maxTasks: lower(fleet.settings.maxTasks, mayStay),
      excessConfirmed: excessConfirmed(fleet) || mayStay !== null,
      keep: groupsToKeep(fleet.desiredWorkers, counts, fleet.settings.workersPerTask),
      usefulPending: usefulPendingOf(fleet, counts),
      degradedIsSpare: degradedIsSpare(fleet, counts),
    },
    {
      ...{ fewerSince: fleet.fewerSince, spareSince, now: fleet.now },
      cooldownMs: mayStay === null ? fleet.settings.scaleDownCooldownMs : 0,
    },
  );

/** Shares out among the cohorts what is to leave; a choice among groups at work waits until they are ranked. */
function drainGroups(
  fleet: Fleet,
  leaving: Leaving,
  { modes, counts, desired, mayStay }: Situation,
  enqueue: Enqueue,
): void {
  const unranked = modes.monitor === 'connected' ? cohortsToRank(fleet, leaving) : [];
  if (unranked.length > 0) {
    const ranks = unranked.map((cohortId) => [cohortId, { type: 'cohort.rank' }] as const);
    sendCommands(fleet, ranks, enqueue);
    return;
  }
  const drains = drainsOf(fleet, leaving);
  const until = drainUntil(fleet);
  const reason = drainReason(fleet, desired, kept(counts), mayStay);
  enqueue.assign({ desired: desiredAfter(fleet, modes, drains, kept(counts)) });
  sendCommands(
    fleet,
    drains.map(([cohortId, share]) => [
      cohortId,
      {
        ...{ type: 'cohort.drain', ...share, at: fleet.now, until, reason },
        of: shareOf(fleet.cohorts[cohortId] as CohortStatus),
      },
    ]),
    enqueue,
  );
}

/**
 * Compares what is desired with what there is, once every cohort has reported what the last command did. One kind of
 * change at a time: what comes of it is reported before the next.
 */
export const reconcile = fleetSetup.enqueueActions(({ context, enqueue, check }) => {
  if (!allObserved(context)) return;
  const { revision } = context;
  const modes = modesIn(check);
  const situation = situationOf(context, modes);
  const { spareSince } = situation;
  const { plan, fewerSince } = planFor(context, situation);
  enqueue.assign({ fewerSince, spareSince });
  const { cancelDrains, swap, admit, drainPendingGroups, drainServing, drainDegraded } = plan;
  if (cancelDrains > 0) {
    // What is still missing is launched once they have reported.
    const taken = undrainsOf(context, cancelDrains);
    sendCommands(
      context,
      taken.map(([cohortId, most]) => [cohortId, { type: 'cohort.cancelDrain', most }]),
      enqueue,
    );
    enqueue.assign({ swapping: swap });
    return;
  }
  const drainsHeld = modes.scheduler === 'returning';
  if (!drainsHeld) enqueue.assign({ swapping: false });
  if (admit > 0 && revision !== null) {
    const { permit } = situation;
    return launchGroups(context, { admit, permit, revision }, modes, enqueue);
  }
  if (drainsHeld) return;
  if (drainDegraded) return drainOneDegraded(context, enqueue);
  // A fleet at work reports up to a hundred times in a tenth of a second: each report must not look at all cohorts.
  if (drainPendingGroups + drainServing === 0) return;
  drainGroups(context, { pending: drainPendingGroups, serving: drainServing }, situation, enqueue);
});

const shareOf = ({ counts: { pending, idle, busy } }: CohortStatus): Share => ({
  ...{ pending, idle, busy },
});

/** Drains all groups of these cohorts at their next idle moment, and until then at the latest. */
function drainCohorts(
  fleet: Fleet,
  cohorts: readonly (readonly [cohortId: string, status: CohortStatus])[],
  until: number,
  enqueue: Enqueue,
): void {
  const rest = { at: fleet.now, until, reason: 'the daemon stops' };
  sendCommands(
    fleet,
    cohorts.map(([cohortId, status]) => [
      cohortId,
      { type: 'cohort.drain', ...shareOf(status), ...rest },
    ]),
    enqueue,
  );
}

/** Every cohort gets the deadline: groups that wait for an idle moment already have less time. */
function beginDrainAll(fleet: Fleet, until: number, enqueue: Enqueue): void {
  enqueue.assign({ drainAllUntil: until });
  drainCohorts(fleet, Object.entries(fleet.cohorts), until, enqueue);
}

/** Drains every group at its next idle moment, and soon. */
export const drainAll = fleetSetup.enqueueActions(({ context, enqueue }) => {
  beginDrainAll(context, context.now + context.settings.stopDrainMs, enqueue);
});

/** No group waits for an idle moment any longer. */
export const drainAllNow = fleetSetup.enqueueActions(({ context, enqueue }) => {
  beginDrainAll(context, context.now, enqueue);
});

/**
 * What was put into a cohort since, or is taken back there, is drained like all others: in the cohort that reports, and at
 * each tick in all of them.
 */
export const drainRest = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  const { drainAllUntil, cohorts, now } = context;
  const concerned = event.type === 'cohort.changed' ? [event.cohortId] : Object.keys(cohorts);
  const rest = concerned.flatMap((cohortId) => {
    const status = cohorts[cohortId];
    return status && isObserved(status) && kept(status.counts) > 0
      ? [[cohortId, status] as const]
      : [];
  });
  drainCohorts(context, rest, drainAllUntil ?? now, enqueue);
});

/** Reports why nothing is launched, once per change, while something is desired and not launched. */
export const reportBlockers = fleetSetup.enqueueActions(({ context, enqueue, check }) => {
  if (!allObserved(context)) return;
  const { desired, notedBlockers } = context;
  const counts = fleetCounts(context);
  const isWanted = (desired ?? 0) > kept(counts);
  const missing = missingOf(context, counts);
  const blockers = isWanted
    ? launchBlockers(context, modesIn(check), counts).filter((blocker) => !isTransient(blocker))
    : [];
  const identities = blockers.map(({ identity }) => identity);
  const same =
    identities.length === notedBlockers.length &&
    identities.every((identity, i) => identity === notedBlockers[i]);
  if (same) return;
  enqueue.assign({ notedBlockers: identities });
  enqueue({ type: 'noteBlockers', params: { missing, blockers } });
});

/** Reports what still belongs to this manager, at each change. */
export const reportRemaining = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const remaining = remainingOf(context);
  const { remaining: before } = context;
  if (
    before?.tasks === remaining.tasks &&
    before.launches === remaining.launches &&
    before.looked === remaining.looked
  )
    return;
  enqueue.assign({ remaining });
  enqueue.sendTo(parent, { type: 'fleet.remaining', ...remaining });
});

/** `isKnown`: nothing is left, or there was never anything to look for; else there may be what no list could show. */
export const reportStopped = fleetSetup.sendTo(parent, ({ context }) => ({
  type: 'fleet.stopped' as const,
  isKnown: isEmpty(context),
}));
