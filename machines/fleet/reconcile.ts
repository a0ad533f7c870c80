import type { Share } from '../cohort/scaleDown.ts';
import { parent } from '../shared/parent.ts';
import type { CohortStatus } from './cohortStatus.ts';
import { drainUntil, sendCommands } from './commands.ts';
import { planWithCooldown } from './cooldown.ts';
import { degradedIsSpare, drainOneDegraded } from './degradedGroups.ts';
import { fleetSetup, modesIn } from './fleetSetup.ts';
import { isTransient, launchBlockers, launchPermit, missingOf } from './launchGate.ts';
import { launchGroups } from './launching.ts';
import { usefulPendingOf } from './launchTurn.ts';
import type { Modes } from './modes.ts';
import { tasksThatMayStay } from './money.ts';
import { type Counts, groupsToKeep, serving } from './plan.ts';
import { cohortsToRank, drainsOf, undrainsOf } from './shares.ts';
import {
  allObserved,
  excessConfirmed,
  type Fleet,
  fleetCounts,
  kept,
  remainingOf,
  returnedLately,
} from './state.ts';
import { mayNotSwap } from './swap.ts';

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
  if (desired !== null && there > desired) return `no longer wanted: ${desiredWhy}`;
  return mayStay !== null && there > mayStay
    ? 'more than a money limit allows'
    : 'more than max_task_concurrency allows';
}

/**
 * A scheduler that asks for tasks one by one has not asked for fewer when a limit drains some: what is drained so is not
 * to be launched again when the next one ends.
 */
function desiredAfter(
  { desired, replacesEnded }: Fleet,
  drains: readonly (readonly [string, Share])[],
  there: number,
): number | null {
  if (replacesEnded || desired === null) return desired;
  const drained = drains.reduce(
    (sum, [, { pending, idle, busy }]) => sum + pending + idle + busy,
    0,
  );
  return desired - Math.max(0, drained - Math.max(0, there - desired));
}

/**
 * Groups of an earlier run were all described so long after the start, ms: until then their market and age are those of
 * the journal, by a clock that may have been set since. Nothing is drained for such a cost.
 */
const costKnownMs = 30_000;

/**
 * Compares what is desired with what there is, once every cohort has reported what the last command did. One kind of
 * change at a time: what comes of it is reported before the next.
 */
export const reconcile = fleetSetup.enqueueActions(({ context, enqueue, check }) => {
  if (!allObserved(context)) return;
  const { settings, revision, now, swapping } = context;
  const modes = modesIn(check);
  const counts = fleetCounts(context);
  const desired = desiredNow(context, modes, counts);
  const isCostKnown = modes.lifecycle === 'active' && now - context.startedAt >= costKnownMs;
  const mayStay = isCostKnown ? tasksThatMayStay(context) : null;
  const permit = launchPermit(context, launchBlockers(context, modes, counts));
  const { plan, fewerSince } = planWithCooldown(
    desired,
    counts,
    {
      ...{ launches: permit.tasks, swapping, mayNotSwap: mayNotSwap(context) },
      maxTasks: lower(settings.maxTasks, mayStay),
      excessConfirmed: excessConfirmed(context) || mayStay !== null,
      keep: groupsToKeep(context.desiredWorkers, counts, settings.workersPerTask),
      usefulPending: usefulPendingOf(context, counts),
      degradedIsSpare: degradedIsSpare(context, counts),
    },
    {
      ...{ fewerSince: context.fewerSince, now },
      cooldownMs: mayStay === null ? settings.scaleDownCooldownMs : 0,
    },
  );
  enqueue.assign({ fewerSince });
  const { cancelDrains, swap, admit, drainPendingGroups, drainServing, drainDegraded } = plan;
  if (cancelDrains > 0) {
    // What is still missing is launched once they have reported.
    const taken = undrainsOf(context, cancelDrains);
    sendCommands(
      context,
      taken.map(([cohortId, most]) => [cohortId, { type: 'cohort.cancelDrain', most }]),
      enqueue,
    );
    enqueue.assign({ swapping: swap, ...(swap && { swappedAt: now }) });
    return;
  }
  const drainsHeld = returnedLately(context, now);
  if (!drainsHeld) enqueue.assign({ swapping: false });
  if (admit > 0 && revision !== null)
    return launchGroups(context, { admit, permit, revision }, modes, enqueue);
  if (drainsHeld) return;
  if (drainDegraded) return drainOneDegraded(context, enqueue);
  const leaving = { pending: drainPendingGroups, serving: drainServing };
  const unranked = modes.monitor === 'connected' ? cohortsToRank(context, leaving) : [];
  if (unranked.length > 0) {
    const ranks = unranked.map((cohortId) => [cohortId, { type: 'cohort.rank' }] as const);
    return sendCommands(context, ranks, enqueue);
  }
  const drains = drainsOf(context, leaving);
  const until = drainUntil(context);
  const reason = drainReason(context, desired, kept(counts), mayStay);
  enqueue.assign({ desired: desiredAfter(context, drains, kept(counts)) });
  sendCommands(
    context,
    drains.map(([cohortId, share]) => [
      cohortId,
      {
        ...{ type: 'cohort.drain', ...share, at: now, until, reason },
        of: shareOf(context.cohorts[cohortId] as CohortStatus),
      },
    ]),
    enqueue,
  );
});

const shareOf = ({ counts: { pending, idle, busy } }: CohortStatus): Share => ({
  ...{ pending, idle, busy },
});

/** Drains every group at its next idle moment, and soon; what is still to be put into a cohort follows. */
export const drainAll = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const { drainAllUntil, now, settings } = context;
  const until = drainAllUntil ?? now + settings.stopDrainMs;
  enqueue.assign({ drainAllUntil: until });
  // At first every cohort: groups that wait for an idle moment already have less time.
  const concerned = Object.entries(context.cohorts).filter(
    ([, { counts, generation, observedGeneration }]) =>
      drainAllUntil === null ||
      (generation === observedGeneration && counts.pending + serving(counts) > 0),
  );
  sendCommands(
    context,
    concerned.map(([cohortId, status]) => [
      cohortId,
      { type: 'cohort.drain', ...shareOf(status), at: now, until, reason: 'the daemon stops' },
    ]),
    enqueue,
  );
});

/** No group waits for an idle moment any longer. */
export const drainAllNow = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const { now } = context;
  enqueue.assign({ drainAllUntil: now });
  sendCommands(
    context,
    Object.entries(context.cohorts).map(([cohortId, status]) => [
      cohortId,
      { type: 'cohort.drain', ...shareOf(status), at: now, until: now, reason: 'the daemon stops' },
    ]),
    enqueue,
  );
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
