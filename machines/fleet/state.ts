import type { LaunchPlan, Share, Timeouts } from '../cohort/groupRecords.ts';
import { cohortSize } from '../cohort/groupRecords.ts';
import type { Capability, OwnedGroup } from '../shared/domain.ts';
import type { Breakers, CrashLoop } from './circuitBreaker.ts';
import { addCounts, type Counts, noCounts, serving, total } from './plan.ts';

/** What the manager knows of one cohort: its last report, corrected by the orders not yet in it. */
export interface CohortStatus {
  counts: Counts;
  launches: number;
  /** The last order sent, until a report includes it: any other is out of date. */
  generation: number | null;
  lastPolledAt: number;
}

export interface FleetSettings {
  /** The most Fargate tasks at one time; null: no limit. */
  maxTasks: number | null;
  workersPerTask: number;
  capabilities: Capability[];
  timeouts: Timeouts;
  /** No launch when the last echo is older than this, ms. */
  echoLimitMs: number;
  /** How long nothing but empty request lists must come before they mean zero, ms. */
  emptyGraceMs: number;
  /** How long a scheduler may be gone before its fleet is drained, ms. */
  schedulerGraceMs: number;
  /** How long a scheduler that was gone is given before its wish for less is obeyed, ms. */
  returnGraceMs: number;
  /** How much newer than the last launch the list of our tasks must be before any other launch, ms. */
  settleMs: number;
  /** How long a group at work may wait for an idle moment before it is stopped; at the end: all of them, ms. */
  drainTimeoutMs: number;
  stopDrainMs: number;
  /** Launch on Spot as long as it has capacity. */
  spot: boolean;
  /** Where tasks may run. Left out: nobody has said, and there is nowhere else to go. */
  subnets?: string[] | undefined;
  /** Between two looks at one cohort, ms; and how many cohorts a tick may look at. */
  pollEveryMs: number;
  pollsPerTick: number;
  /** Between two complete lists of our tasks, ms. */
  inventoryEveryMs: number;
  /** What Fargate allows: tasks at once, then tasks per second. */
  launchBurst: number;
  launchesPerSecond: number;
}

export interface FleetInput {
  settings: FleetSettings;
  /** Random per start: makes labels and tokens of this run unlike those of any other. */
  epoch: string;
  startedAt: number;
  /** From the journal: tasks of ours, and launches to send again under their own tokens. */
  owned: OwnedGroup[];
  resend: LaunchPlan[];
  /** Launches of the journal that are not sent again, whatever they may have bought. */
  abandonedLaunches: number;
  /** When the journal's last launch was sent; with no journal, when we started: we cannot know better. */
  lastLaunchAt: number;
}

export interface Fleet extends FleetInput {
  now: number;
  revision: string | null;
  lastEchoAt: number | null;
  /** Since when the scheduler has said nothing that we were there to hear. */
  quietSince: number;
  /** The line to the scheduler broke; since then nothing was heard. */
  schedulerLost: boolean;
  /** When a scheduler that was gone was heard again. */
  returnedAt: number | null;
  /** Fargate tasks; null: the scheduler has not said yet. */
  desired: number | null;
  /** What ends is replaced. Not so for a scheduler that asks for tasks one by one: it would ask for the same one again. */
  replacesEnded: boolean;
  /** Why no workers of ours could serve this scheduler. */
  mismatch: string | null;
  emptySince: number | null;
  cohorts: Record<string, CohortStatus>;
  opened: number;
  launched: number;
  /** Groups that may be launched before the event loop turns, so that a heartbeat can be sent. */
  turnAllowance: number;
  generation: number;
  allowance: number;
  /** Groups at work have been taken back, for idle ones to go in their place. */
  swapping: boolean;
  /** What keeps launches back, and where. */
  breakers: Breakers;
  crashLoop: CrashLoop;
  /** Since when more are counted than the limit allows. */
  aboveSince: number | null;
  /** Workers last advertised to the scheduler; null: all. */
  advertised: number | null;
  /** Since when everything must go. */
  stoppingSince: number | null;
  /** The monitor stream tells who serves; and it did so once. */
  monitorConnected: boolean;
  monitorEverConnected: boolean;
  inventoryAt: number | null;
  inventoryNotBefore: number;
  inventoryFailures: number;
  /** Tasks of ours in the last list that nobody owns yet: the next one is to tell, and soon. */
  unconfirmedOrphans: number;
  /** When a launch was given up that may have bought tasks; until a later list nobody knows. */
  unknownOutcomeAt: number | null;
  /** We may not list our tasks: nothing is known but what the journal says. */
  listDenied: boolean;
}

export const newFleet = (input: FleetInput): Fleet => ({
  ...input,
  now: input.startedAt,
  revision: null,
  lastEchoAt: null,
  quietSince: input.startedAt,
  schedulerLost: false,
  returnedAt: null,
  desired: null,
  replacesEnded: true,
  mismatch: null,
  emptySince: null,
  cohorts: {},
  opened: 0,
  launched: 0,
  // Less than a turn's: the code runs for the first time, which is slow.
  turnAllowance: cohortSize,
  generation: 0,
  allowance: input.settings.launchBurst,
  swapping: false,
  breakers: {},
  crashLoop: { inARow: 0, at: 0 },
  aboveSince: null,
  advertised: null,
  stoppingSince: null,
  monitorConnected: false,
  monitorEverConnected: false,
  inventoryAt: null,
  inventoryNotBefore: 0,
  inventoryFailures: 0,
  unconfirmedOrphans: 0,
  unknownOutcomeAt: null,
  listDenied: false,
});

const queued = ({ owned, resend }: Fleet): number =>
  owned.length + resend.reduce((sum, { groupIds }) => sum + groupIds.length, 0);

/** Groups that are to stay. */
export const kept = (counts: Counts): number => counts.pending + serving(counts);

/** All groups, those included that are still to be put into a cohort. */
export const fleetCounts = (fleet: Fleet): Counts => {
  const sum = Object.values(fleet.cohorts)
    .map(({ counts }) => counts)
    .reduce(addCounts, noCounts);
  return { ...sum, pending: sum.pending + queued(fleet) };
};

/** More than the limit allows: since now, or since when it was first so. */
export const nextAboveSince = (fleet: Fleet, now: number): number | null => {
  const { maxTasks } = fleet.settings;
  const counts = fleetCounts(fleet);
  if (maxTasks === null || counts.pending + serving(counts) <= maxTasks) return null;
  return fleet.aboveSince ?? now;
};

/** Some of those above the limit may be dead, and a look or two will show it. */
const noticeMs = 10_000;

export const excessConfirmed = ({ aboveSince, now }: Fleet): boolean =>
  aboveSince !== null && now - aboveSince >= noticeMs;

export const echoFresh = ({ now, lastEchoAt, schedulerLost: lost, settings }: Fleet): boolean =>
  !lost && lastEchoAt !== null && now - lastEchoAt <= settings.echoLimitMs;

/**
 * A scheduler that has just come back knows neither its clients nor its workers yet: its first wish
 * is zero, and workers that leave it while they register can end it.
 */
export const schedulerReturning = ({ now, returnedAt, settings }: Fleet): boolean =>
  returnedAt !== null && now - returnedAt < settings.returnGraceMs;

/** A list is wanted that is younger than what may have been bought. */
const inventoryStale = ({ unknownOutcomeAt, inventoryAt }: Fleet): boolean =>
  unknownOutcomeAt !== null && (inventoryAt === null || inventoryAt <= unknownOutcomeAt);

export const mayLaunch = (fleet: Fleet): boolean =>
  fleet.revision !== null &&
  fleet.mismatch === null &&
  echoFresh(fleet) &&
  (fleet.listDenied || (fleet.unconfirmedOrphans === 0 && !inventoryStale(fleet)));

/** No counts are a guess at what an order will do. Cohorts answer within the same turn of the event loop. */
export const allObserved = ({ cohorts }: Fleet): boolean =>
  Object.values(cohorts).every(({ generation }) => generation === null);

export const openLaunches = ({ cohorts, resend }: Fleet): number =>
  Object.values(cohorts).reduce((sum, { launches }) => sum + launches, resend.length);

/** What our last launch may have started would be in the last list. */
const listed = ({ inventoryAt, lastLaunchAt, settings }: Fleet): boolean =>
  inventoryAt !== null && inventoryAt >= lastLaunchAt + settings.settleMs;

/** Nothing of ours is left, and nothing of ours can be on its way. */
export const isEmpty = (fleet: Fleet): boolean =>
  Object.keys(fleet.cohorts).length === 0 &&
  queued(fleet) === 0 &&
  (fleet.listDenied || (listed(fleet) && fleet.unconfirmedOrphans === 0));

/** A task that nobody owns must be in two lists so far apart, ms, before it is taken over. */
export const confirmOrphanMs = 5000;

/** A complete list is worth asking for: nothing can be on its way that it would not show. */
export const inventoryDue = (fleet: Fleet, now: number): boolean => {
  if (now < fleet.inventoryNotBefore) return false;
  if (fleet.inventoryAt !== null)
    return (
      inventoryStale(fleet) ||
      (fleet.unconfirmedOrphans > 0 && now - fleet.inventoryAt >= confirmOrphanMs) ||
      now - fleet.inventoryAt >= fleet.settings.inventoryEveryMs ||
      (fleet.stoppingSince !== null &&
        !listed(fleet) &&
        now >= fleet.lastLaunchAt + fleet.settings.settleMs)
    );
  return openLaunches(fleet) === 0 && now >= fleet.lastLaunchAt + fleet.settings.settleMs;
};

/** The first cohort with room for `size` groups. */
export const cohortWithRoom = ({ cohorts }: Fleet, size: number): string | undefined =>
  Object.entries(cohorts).find(([, { counts }]) => total(counts) + size <= cohortSize)?.[0];

/**
 * What to offer the scheduler, in workers; null: all there is. While the account's quota holds us back
 * that is what runs, and one task more when it is time to try one: nobody else would ask for it.
 */
export const capacityToAdvertise = (fleet: Fleet): number | null => {
  const quota = fleet.breakers.quota;
  if (!quota) return null;
  const more = quota.probe === null && fleet.now >= quota.until ? 1 : 0;
  return Math.max(1, kept(fleetCounts(fleet)) + more) * fleet.settings.workersPerTask;
};

/**
 * Which cohort is to drain how many: pending groups, then idle ones, then the rest; the youngest cohorts first.
 * Groups for which nothing is known to run come before all others that boot, in whatever cohort: a
 * task that was just taken over is the youngest in our cohorts, and runs.
 */
export const drainsOf = (
  { cohorts }: Fleet,
  want: { pending: number; serving: number },
): [cohortId: string, share: Share][] => {
  const left = { pending: want.pending, serving: want.serving };
  const shares = new Map<string, Share>();
  const youngest = Object.entries(cohorts).reverse();
  for (const count of ['absent', 'pending', 'idle', 'busy'] as const) {
    const kind = count === 'absent' ? 'pending' : count;
    const purse = kind === 'pending' ? 'pending' : 'serving';
    for (const [cohortId, { counts }] of youngest) {
      const share = shares.get(cohortId) ?? { pending: 0, idle: 0, busy: 0 };
      const taken = Math.min(left[purse], counts[count] - share[kind]);
      if (taken <= 0) continue;
      left[purse] -= taken;
      shares.set(cohortId, { ...share, [kind]: share[kind] + taken });
    }
  }
  return [...shares];
};

/** The row of a cohort that has just been told to drain its share. */
export const drainingRow = (
  record: CohortStatus,
  { pending, idle, busy }: Share,
  generation: number,
): CohortStatus => ({
  ...record,
  generation,
  counts: {
    pending: record.counts.pending - pending,
    absent: Math.max(0, row.counts.absent - pending),
    idle: record.counts.idle - idle,
    busy: record.counts.busy - busy,
    // Not counted as waiting or cancelled before the cohort says so: nobody is to be had back twice.
    drainPending: record.counts.drainPending,
    cancelled: record.counts.cancelled,
    stopping: record.counts.stopping + pending + idle + busy,
  },
});

/** Which cohort is to take back how many of whom: who is at work, then who has no task yet. */
export const undrainsOf = (
  { cohorts }: Fleet,
  most: number,
): [cohortId: string, taken: Pick<Counts, 'drainPending' | 'cancelled'>][] => {
  let left = most;
  const taken = new Map<string, Pick<Counts, 'drainPending' | 'cancelled'>>();
  for (const kind of ['drainPending', 'cancelled'] as const)
    for (const [cohortId, { counts }] of Object.entries(cohorts)) {
      const some = Math.min(left, counts[kind]);
      if (some === 0) continue;
      left -= some;
      taken.set(cohortId, { drainPending: 0, cancelled: 0, ...taken.get(cohortId), [kind]: some });
    }
  return [...taken];
};

/** The row of a cohort that has just been told to take them back. */
export const undrainingRow = (
  record: CohortStatus,
  { drainPending, cancelled }: Pick<Counts, 'drainPending' | 'cancelled'>,
  generation: number,
): CohortStatus => ({
  ...record,
  generation,
  counts: {
    ...record.counts,
    pending: record.counts.pending + cancelled,
    busy: record.counts.busy + drainPending,
    drainPending: record.counts.drainPending - drainPending,
    cancelled: record.counts.cancelled - cancelled,
  },
});
