import type { LaunchPlan, Patience } from './books.ts';
import { cohortSize } from './books.ts';
import type { Capability, FailureKind, OwnedGroup } from './facts.ts';
import { addCounts, type Counts, noCounts, total } from './plan.ts';

/** What the manager knows of one cohort: its last report, corrected by the orders not yet in it. */
export interface CohortRow {
  counts: Counts;
  launches: number;
  /** The last order sent; reports that do not include it are out of date. */
  order: number;
  lookedAt: number;
}

/** Launching is held back until then, because it went wrong so many times in a row. */
export interface Hold {
  until: number;
  failures: number;
  kind: FailureKind | 'startFailed';
  reason: string;
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
  /** How much newer than the last launch the list of our tasks must be before any other launch, ms. */
  settleMs: number;
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
  /** When the journal's last launch was sent; with no journal, when we started: we cannot know better. */
  lastLaunchAt: number;
}

export interface Fleet extends ManagerInput {
  now: number;
  revision: string | null;
  lastEchoAt: number | null;
  /** Fargate tasks; null: the scheduler has not said yet. */
  wanted: number | null;
  emptySince: number | null;
  cohorts: Record<string, CohortRow>;
  opened: number;
  launched: number;
  ordered: number;
  allowance: number;
  hold: Hold | null;
  surveyedAt: number | null;
  surveyAfter: number;
  surveyFailures: number;
  /** We may not list our tasks: nothing is known but what the journal says. */
  blind: boolean;
}

export const newFleet = (input: ManagerInput): Fleet => ({
  ...input,
  now: input.startedAt,
  revision: null,
  lastEchoAt: null,
  wanted: null,
  emptySince: null,
  cohorts: {},
  opened: 0,
  launched: 0,
  ordered: 0,
  allowance: input.settings.launchBurst,
  hold: null,
  surveyedAt: null,
  surveyAfter: 0,
  surveyFailures: 0,
  blind: false,
});

const queued = ({ owned, resend }: Fleet): number =>
  owned.length + resend.reduce((sum, { groupIds }) => sum + groupIds.length, 0);

/** All groups, those included that are still to be put into a cohort. */
export const fleetCounts = (fleet: Fleet): Counts => {
  const sum = Object.values(fleet.cohorts)
    .map(({ counts }) => counts)
    .reduce(addCounts, noCounts);
  return { ...sum, booting: sum.booting + queued(fleet) };
};

export const echoFresh = ({ now, lastEchoAt, settings }: Fleet): boolean =>
  lastEchoAt !== null && now - lastEchoAt <= settings.echoLimitMs;

export const mayLaunch = (fleet: Fleet): boolean =>
  fleet.revision !== null &&
  echoFresh(fleet) &&
  (fleet.hold === null || fleet.now >= fleet.hold.until);

export const openLaunches = ({ cohorts, resend }: Fleet): number =>
  Object.values(cohorts).reduce((sum, { launches }) => sum + launches, resend.length);

/** Nothing of ours is left, and nothing of ours can be on its way. */
export const isEmpty = (fleet: Fleet): boolean =>
  Object.keys(fleet.cohorts).length === 0 &&
  queued(fleet) === 0 &&
  (fleet.surveyedAt !== null || fleet.surveyFailures > 0);

/** A complete list is worth asking for: nothing can be on its way that it would not show. */
export const surveyDue = (fleet: Fleet, now: number): boolean => {
  if (now < fleet.surveyAfter) return false;
  if (fleet.surveyedAt !== null) return now - fleet.surveyedAt >= fleet.settings.sweepEveryMs;
  return openLaunches(fleet) === 0 && now >= fleet.lastLaunchAt + fleet.settings.settleMs;
};

/** The first cohort with room for `size` groups. */
export const cohortWithRoom = ({ cohorts }: Fleet, size: number): string | undefined =>
  Object.entries(cohorts).find(([, { counts }]) => total(counts) + size <= cohortSize)?.[0];

const firstHoldMs: Record<Hold['kind'], number> = {
  throttled: 1000,
  unreachable: 1000,
  startFailed: 2000,
  refused: 15_000,
  journal: 15_000,
  denied: 30_000,
  invalid: 30_000,
  bug: 30_000,
};

/** Doubles with every setback up to five minutes; setbacks that come while we hold are the same one. */
export const nextHold = (
  hold: Hold | null,
  now: number,
  kind: Hold['kind'],
  reason: string,
): Hold => {
  if (hold && now < hold.until) return hold;
  const failures = (hold?.failures ?? 0) + 1;
  const pause = Math.min(300_000, firstHoldMs[kind] * 2 ** (failures - 1));
  return { until: now + pause, failures, kind, reason };
};

/** Which cohort is to drain how many; the youngest cohorts first. */
export const drainsOf = (
  { cohorts }: Fleet,
  want: { booting: number; serving: number },
): [cohortId: string, share: { booting: number; serving: number }][] => {
  let { booting, serving } = want;
  return Object.entries(cohorts)
    .reverse()
    .flatMap(([cohortId, { counts }]) => {
      const share = {
        booting: Math.min(booting, counts.booting),
        serving: Math.min(serving, counts.serving),
      };
      booting -= share.booting;
      serving -= share.serving;
      return share.booting + share.serving > 0 ? [[cohortId, share]] : [];
    });
};

/** The row of a cohort that has just been told to drain its share. */
export const draining = (
  row: CohortRow,
  { booting, serving }: { booting: number; serving: number },
  order: number,
): CohortRow => ({
  ...row,
  order,
  counts: {
    booting: row.counts.booting - booting,
    serving: row.counts.serving - serving,
    draining: row.counts.draining + booting + serving,
  },
});
