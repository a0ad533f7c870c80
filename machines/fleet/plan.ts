import { groupsToSwap } from './swap.ts';

/** Groups by what they mean to a plan. Together they are what costs money. */
export interface Counts {
  /** Asked for or started, but no worker of theirs is known to the scheduler: not yet, or not any more. */
  pending: number;
  /** Of `pending`: those for which nothing is known to run. Their launch has no answer yet, or ECS denies the task. */
  absent: number;
  /** Of all: those whose task DescribeTasks does not know now. */
  denied: number;
  /** Of all: those whose launch has got no answer to an attempt, and that may have started their task. */
  unanswered: number;
  /** Known to the scheduler, and certainly without work. */
  idle: number;
  /** Known to the scheduler, and at work for all we know. */
  busy: number;
  /** To leave at an idle moment, and not told to stop yet: they can be had back. */
  drainPending: number;
  /** Of `drainPending`: those without work. They leave once they have been so for long enough, whatever their deadline. */
  resting: number;
  /** To leave, not known to serve, and not told to stop yet: they can be had back, and then boot. */
  cancelled: number;
  /** Told to stop, or ordered to leave for good. */
  stopping: number;
  /** Of `stopping`: those that use no slot under the limit. Their stop is accepted, and their container has ended or should have long ago. */
  freed: number;
  /** Of `stopping`: those whose StopTask is not sent yet, because it waits for its turn or is held back: they can be had back. */
  unsent: number;
  /** How many workers those of `stopping` have that StopTask fails to stop. */
  unstoppedWorkers: number;
  /** Of `stopping`: those that an operator drains, and that still wait for an idle moment. */
  waiting: number;
  /** How many workers the idle and the busy groups should have and the monitor does not show. */
  missingWorkers: number;
  /** How many they have beyond that: they were launched with another number of workers in each. */
  surplusWorkers: number;
  /** Of the idle and the busy groups: those that have had only some of their workers for long; and how many they miss. */
  degraded: number;
  degradedMissing: number;
  /** How many workers the one among these has that has the fewest; 0: there is none. */
  degradedWorkers: number;
  /** The same of the idle ones among them. */
  degradedIdleWorkers: number;
  /** Those that are too old and still have workers for all we know, on their way out or not. */
  aged: number;
}

/** What a group counts as. */
export type Category = 'pending' | 'idle' | 'busy' | 'drainPending' | 'cancelled' | 'stopping';

export interface Limits {
  /** The most Fargate tasks at one time, those on their way out included; null: no limit. */
  maxTasks: number | null;
  /** How many may be launched right now. */
  launches: number;
  /** More than the limit have been counted for longer than it takes to notice that some are dead. */
  excessConfirmed: boolean;
  /** Some at work have just been taken back, for idle ones to go in their place. */
  swapping: boolean;
  /** Of what was last shown as idle, some may be at work by now: none takes the place of one at work; left out: it may. */
  mayNotSwap?: boolean | undefined;
  /** No drain leaves fewer groups at work than this. */
  keep?: number | undefined;
  /** So many pending groups at most could get a task of the scheduler; left out: not known. */
  usefulPending?: number | undefined;
  /** The workers of the others suffice without those of one degraded idle group. */
  degradedIsSpare?: boolean | undefined;
}

export interface Plan {
  /** Take back so many of those that were to leave, first of those at work. */
  cancelDrains: number;
  /** Once they are surely back, idle ones are to go in their place. */
  swap: boolean;
  /** Launch so many. */
  admit: number;
  /** Drain so many of those that are `pending`; not those that are `drainPending`. */
  drainPendingGroups: number;
  /** Drain so many idle or busy ones, the idle ones first. */
  drainServing: number;
  /** A degraded idle group leaves, because the others have all the workers that are desired. */
  drainDegraded: boolean;
}

export const noCounts: Counts = {
  ...{ pending: 0, absent: 0, denied: 0, unanswered: 0, idle: 0, busy: 0 },
  ...{ drainPending: 0, resting: 0, cancelled: 0, stopping: 0, freed: 0, unsent: 0, waiting: 0 },
  ...{
    unstoppedWorkers: 0,
    missingWorkers: 0,
    surplusWorkers: 0,
    degraded: 0,
    degradedMissing: 0,
    degradedWorkers: 0,
    degradedIdleWorkers: 0,
    aged: 0,
  },
};
const nothing: Plan = {
  ...{ cancelDrains: 0, swap: false },
  ...{ admit: 0, drainPendingGroups: 0, drainServing: 0, drainDegraded: false },
};

export const serving = ({ idle, busy }: Counts): number => idle + busy;

/** Groups that are to stay. */
export const kept = (counts: Counts): number => counts.pending + serving(counts);

export const total = (counts: Counts): number =>
  counts.pending + serving(counts) + counts.drainPending + counts.cancelled + counts.stopping;

/** What counts under the limit. */
export const slots = (counts: Counts): number => total(counts) - counts.freed;

/** What can be had back of what is to leave. */
export const recallable = ({ drainPending, unsent, cancelled }: Counts): number =>
  drainPending + unsent + cancelled;

/**
 * Groups to keep so that so many workers stay connected. Groups count for the workers they have, and which of them a
 * drain will choose is not known here: each may be a whole one.
 */
export const groupsToKeep = (
  workers: number | null,
  { missingWorkers }: Counts,
  workersPerTask: number,
): number => (workers ? Math.ceil((workers + missingWorkers) / workersPerTask) : 0);

/** The fewer of two; 0 means that there are none. */
export const fewestWorkers = (a: number, b: number): number =>
  a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b);

/** So many workers are connected for all we know. */
export const connectedWorkers = (counts: Counts, workersPerTask: number): number =>
  serving(counts) * workersPerTask - counts.missingWorkers;

/** No more workers than these can be connected: those of groups that serve, and of groups on their way out. */
export const livingWorkers = (counts: Counts, workersPerTask: number): number =>
  connectedWorkers(counts, workersPerTask) +
  (counts.drainPending + counts.stopping) * workersPerTask;

/**
 * From what is desired and what there is to what must be done; `desired` null: not said yet.
 *
 * The scheduler counts connected workers only, so while a group boots it asks for fewer than are on
 * their way. Booting groups are therefore held as long as what is desired still covers those that
 * serve, and as long as there may be work for them; once it falls below those that serve, or to zero, pending groups
 * are the first to go.
 */
export const plan = (desired: number | null, counts: Counts, limits: Limits): Plan => {
  const { maxTasks, excessConfirmed } = limits;
  // The limit holds also before the scheduler has said anything.
  const named = desired ?? (excessConfirmed ? maxTasks : null);
  if (named === null) return nothing;
  const goal = maxTasks === null ? named : Math.min(named, maxTasks);
  const missing = goal - counts.pending - serving(counts);
  if (missing > 0) {
    const cancelDrains = Math.min(missing, recallable(counts));
    const room = maxTasks === null ? missing : maxTasks - slots(counts);
    const admit = Math.max(0, Math.min(missing - cancelDrains, room, limits.launches));
    return { ...nothing, cancelDrains, admit };
  }
  const keep = Math.max(goal, Math.min(limits.keep ?? 0, maxTasks ?? Number.POSITIVE_INFINITY));
  const tooMany = Math.max(0, serving(counts) - keep);
  if (limits.swapping) return { ...nothing, drainServing: Math.min(tooMany, counts.idle) };
  // Prefer stopping an idle group over a busy group that is already draining.
  const isSwap = tooMany === 0 && limits.mayNotSwap !== true;
  const swapped = isSwap ? groupsToSwap(counts) : 0;
  if (swapped > 0) return { ...nothing, cancelDrains: swapped, swap: true };
  if (keep > 0 && keep >= serving(counts)) {
    // More than is allowed, because ECS started what it had refused: the excess is drained.
    const excess =
      excessConfirmed && maxTasks !== null ? counts.pending + serving(counts) - maxTasks : 0;
    const useful = Math.max(limits.usefulPending ?? counts.pending, goal - serving(counts), 0);
    const drainPendingGroups = Math.min(
      counts.pending,
      Math.max(excess, counts.pending - useful, 0),
    );
    const drainDegraded = drainPendingGroups === 0 && limits.degradedIsSpare === true;
    return { ...nothing, drainPendingGroups, drainDegraded };
  }
  return {
    ...nothing,
    drainPendingGroups: counts.pending,
    drainServing: tooMany,
  };
};
