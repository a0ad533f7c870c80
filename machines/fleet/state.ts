import type { LaunchPlan, Patience, Share } from '../cohort/groupRecords.ts';
import { cohortSize } from '../cohort/groupRecords.ts';
import type { Capability, OwnedGroup } from '../shared/domain.ts';
import type { Breakers, EarlyDeaths } from './circuitBreaker.ts';
import { addCounts, type Counts, noCounts, serving, total } from './plan.ts';

/** What the manager knows of one cohort: its last report, corrected by the orders not yet in it. */
export interface CohortRow {
  counts: Counts;
  launches: number;
  /** The last order sent, until a report includes it: any other is out of date. */
  order: number | null;
  lookedAt: number;
}

export interface ManagerSettings {
  /** The most Fargate tasks at one time; null: no limit. */
  maxTasks: number | null;
  workersPerTask: number;
  capabilities: Capability[];
  patience: Patience;
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
  lookEveryMs: number;
  looksPerTick: number;
  /** Between two complete lists of our tasks, ms. */
  sweepEveryMs: number;
  /** What Fargate allows: tasks at once, then tasks per second. */
  launchBurst: number;
  launchesPerSecond: number;
}

export interface ManagerInput {
  settings: ManagerSettings;
  /** Random per start: makes labels and tokens of this run unlike those of any other. */
  epoch: string;
  startedAt: number;
  /** From the journal: tasks of ours, and launches to send again under their own tokens. */
  owned: OwnedGroup[];
  resend: LaunchPlan[];
  /** Launches of the journal that are not sent again, whatever they may have bought. */
  abandoned: number;
  /** When the journal's last launch was sent; with no journal, when we started: we cannot know better. */
  lastLaunchAt: number;
}

export interface Fleet extends ManagerInput {
  now: number;
  revision: string | null;
  lastEchoAt: number | null;
  /** Since when the scheduler has said nothing that we were there to hear. */
  quietSince: number;
  /** The line to the scheduler broke; since then nothing was heard. */
  lost: boolean;
  /** When a scheduler that was gone was heard again. */
  returnedAt: number | null;
  /** Fargate tasks; null: the scheduler has not said yet. */
  wanted: number | null;
  /** What ends is replaced. Not so for a scheduler that asks for tasks one by one: it would ask for the same one again. */
  replaces: boolean;
  /** Why no workers of ours could serve this scheduler. */
  mismatch: string | null;
  emptySince: number | null;
  cohorts: Record<string, CohortRow>;
  opened: number;
  launched: number;
  /** Groups that may be launched before the event loop turns, so that a heartbeat can be sent. */
  turnAllowance: number;
  ordered: number;
  allowance: number;
  /** Groups at work have been taken back, for idle ones to go in their place. */
  swapping: boolean;
  /** What keeps launches back, and where. */
  breakers: Breakers;
  earlyDeaths: EarlyDeaths;
  /** Since when more are counted than the limit allows. */
  aboveSince: number | null;
  /** Workers last advertised to the scheduler; null: all. */
  advertised: number | null;
  /** Since when everything must go. */
  stoppingSince: number | null;
  /** The monitor stream tells who serves; and it did so once. */
  monitored: boolean;
  watched: boolean;
  surveyedAt: number | null;
  surveyAfter: number;
  surveyFailures: number;
  /** Tasks of ours in the last list that nobody owns yet: the next one is to tell, and soon. */
  suspects: number;
  /** When a launch was given up that may have bought tasks; until a later list nobody knows. */
  doubtedAt: number | null;
  /** We may not list our tasks: nothing is known but what the journal says. */
  blind: boolean;
  /** Recovered tasks that were told as not yet placed. */
  recoveredTold: number;
}

export const newFleet = (input: ManagerInput): Fleet => ({
  ...input,
  now: input.startedAt,
  revision: null,
  lastEchoAt: null,
  quietSince: input.startedAt,
  lost: false,
  returnedAt: null,
  wanted: null,
  replaces: true,
  mismatch: null,
  emptySince: null,
  cohorts: {},
  opened: 0,
  launched: 0,
  // Less than a turn's: the code runs for the first time, which is slow.
  turnAllowance: cohortSize,
  ordered: 0,
  allowance: input.settings.launchBurst,
  swapping: false,
  breakers: {},
  earlyDeaths: { inARow: 0, at: 0 },
  aboveSince: null,
  advertised: null,
  stoppingSince: null,
  monitored: false,
  watched: false,
  surveyedAt: null,
  surveyAfter: 0,
  surveyFailures: 0,
  suspects: 0,
  doubtedAt: null,
  blind: false,
  recoveredTold: 0,
});

const queued = ({ owned, resend }: Fleet): number =>
  owned.length + resend.reduce((sum, { groupIds }) => sum + groupIds.length, 0);

/** Groups that are to stay. */
export const staying = (counts: Counts): number => counts.booting + serving(counts);

/** All groups, those included that are still to be put into a cohort. */
export const fleetCounts = (fleet: Fleet): Counts => {
  const sum = Object.values(fleet.cohorts)
    .map(({ counts }) => counts)
    .reduce(addCounts, noCounts);
  return { ...sum, booting: sum.booting + queued(fleet) };
};

/** More than the limit allows: since now, or since when it was first so. */
export const nextAboveSince = (fleet: Fleet, now: number): number | null => {
  const { maxTasks } = fleet.settings;
  const counts = fleetCounts(fleet);
  if (maxTasks === null || counts.booting + serving(counts) <= maxTasks) return null;
  return fleet.aboveSince ?? now;
};

/** Some of those above the limit may be dead, and a look or two will show it. */
const noticeMs = 10_000;

export const overdue = ({ aboveSince, now }: Fleet): boolean =>
  aboveSince !== null && now - aboveSince >= noticeMs;

export const echoFresh = ({ now, lastEchoAt, lost, settings }: Fleet): boolean =>
  !lost && lastEchoAt !== null && now - lastEchoAt <= settings.echoLimitMs;

/**
 * A scheduler that has just come back knows neither its clients nor its workers yet: its first wish
 * is zero, and workers that leave it while they register can end it.
 */
export const justBack = ({ now, returnedAt, settings }: Fleet): boolean =>
  returnedAt !== null && now - returnedAt < settings.returnGraceMs;

/** A list is wanted that is younger than what may have been bought. */
const inDoubt = ({ doubtedAt, surveyedAt }: Fleet): boolean =>
  doubtedAt !== null && (surveyedAt === null || surveyedAt <= doubtedAt);

export const mayLaunch = (fleet: Fleet): boolean =>
  fleet.revision !== null &&
  fleet.mismatch === null &&
  echoFresh(fleet) &&
  (fleet.blind || (fleet.suspects === 0 && !inDoubt(fleet)));

/** No counts are a guess at what an order will do. Cohorts answer within the same turn of the event loop. */
export const allAnswered = ({ cohorts }: Fleet): boolean =>
  Object.values(cohorts).every(({ order }) => order === null);

export const openLaunches = ({ cohorts, resend }: Fleet): number =>
  Object.values(cohorts).reduce((sum, { launches }) => sum + launches, resend.length);

/** What our last launch may have started would be in the last list. */
const listed = ({ surveyedAt, lastLaunchAt, settings }: Fleet): boolean =>
  surveyedAt !== null && surveyedAt >= lastLaunchAt + settings.settleMs;

/** Nothing of ours is left, and nothing of ours can be on its way. */
export const isEmpty = (fleet: Fleet): boolean =>
  Object.keys(fleet.cohorts).length === 0 &&
  queued(fleet) === 0 &&
  (fleet.blind || (listed(fleet) && fleet.suspects === 0));

/** A task that nobody owns must be in two lists so far apart, ms, before it is taken over. */
export const suspectMs = 5000;

/** A complete list is worth asking for: nothing can be on its way that it would not show. */
export const surveyDue = (fleet: Fleet, now: number): boolean => {
  if (now < fleet.surveyAfter) return false;
  if (fleet.surveyedAt !== null)
    return (
      inDoubt(fleet) ||
      (fleet.suspects > 0 && now - fleet.surveyedAt >= suspectMs) ||
      now - fleet.surveyedAt >= fleet.settings.sweepEveryMs ||
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
export const offer = (fleet: Fleet): number | null => {
  const quota = fleet.breakers.quota;
  if (!quota) return null;
  const more = quota.probe === null && fleet.now >= quota.until ? 1 : 0;
  return Math.max(1, staying(fleetCounts(fleet)) + more) * fleet.settings.workersPerTask;
};

/** Which cohort is to drain how many: who boots, then who is idle, then the rest; the youngest cohorts first. */
export const drainsOf = (
  { cohorts }: Fleet,
  want: { booting: number; serving: number },
): [cohortId: string, share: Share][] => {
  const left = { booting: want.booting, serving: want.serving };
  const shares = new Map<string, Share>();
  const youngest = Object.entries(cohorts).reverse();
  for (const kind of ['booting', 'idle', 'busy'] as const) {
    const purse = kind === 'booting' ? 'booting' : 'serving';
    for (const [cohortId, { counts }] of youngest) {
      const taken = Math.min(left[purse], counts[kind]);
      if (taken === 0) continue;
      left[purse] -= taken;
      const share = shares.get(cohortId) ?? { booting: 0, idle: 0, busy: 0 };
      shares.set(cohortId, { ...share, [kind]: taken });
    }
  }
  return [...shares];
};

/** The row of a cohort that has just been told to drain its share. */
export const draining = (
  row: CohortRow,
  { booting, idle, busy }: Share,
  order: number,
): CohortRow => ({
  ...row,
  order,
  counts: {
    booting: row.counts.booting - booting,
    idle: row.counts.idle - idle,
    busy: row.counts.busy - busy,
    // Not counted as waiting or revoked before the cohort says so: nobody is to be had back twice.
    waiting: row.counts.waiting,
    revoked: row.counts.revoked,
    draining: row.counts.draining + booting + idle + busy,
  },
});

/** Which cohort is to take back how many of whom: who is at work, then who has no task yet. */
export const reprievesOf = (
  { cohorts }: Fleet,
  most: number,
): [cohortId: string, taken: Pick<Counts, 'waiting' | 'revoked'>][] => {
  let left = most;
  const taken = new Map<string, Pick<Counts, 'waiting' | 'revoked'>>();
  for (const kind of ['waiting', 'revoked'] as const)
    for (const [cohortId, { counts }] of Object.entries(cohorts)) {
      const some = Math.min(left, counts[kind]);
      if (some === 0) continue;
      left -= some;
      taken.set(cohortId, { waiting: 0, revoked: 0, ...taken.get(cohortId), [kind]: some });
    }
  return [...taken];
};

/** The row of a cohort that has just been told to take them back. */
export const reprieving = (
  row: CohortRow,
  { waiting, revoked }: Pick<Counts, 'waiting' | 'revoked'>,
  order: number,
): CohortRow => ({
  ...row,
  order,
  counts: {
    ...row.counts,
    booting: row.counts.booting + revoked,
    busy: row.counts.busy + waiting,
    waiting: row.counts.waiting - waiting,
    revoked: row.counts.revoked - revoked,
  },
});
