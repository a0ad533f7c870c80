/** Groups by what they mean to a plan. Together they are what costs money. */
export interface Counts {
  /** Asked for or started, but no worker of theirs is known to the scheduler: not yet, or not any more. */
  booting: number;
  /** Known to the scheduler, and certainly without work. */
  idle: number;
  /** Known to the scheduler, and at work for all we know. */
  busy: number;
  /** To leave, but still at work and not told to stop yet: they can be had back. */
  waiting: number;
  /** To leave, not known to serve, and not told to stop yet: they can be had back, and then boot. */
  revoked: number;
  /** On their way out for good. */
  draining: number;
}

export interface Limits {
  /** The most Fargate tasks at one time, those on their way out included; null: no limit. */
  maxTasks: number | null;
  /** How many may be launched right now. */
  launches: number;
  /** More than the limit have been counted for longer than it takes to notice that some are dead. */
  overdue: boolean;
  /** Some at work have just been taken back, for idle ones to go in their place. */
  swapping: boolean;
}

export interface Plan {
  /** Take back so many of those that were to leave, first of those at work. */
  reprieve: number;
  /** Once they are surely back, idle ones are to go in their place. */
  swap: boolean;
  admit: number;
  drainBooting: number;
  drainServing: number;
}

export const noCounts: Counts = {
  ...{ booting: 0, idle: 0, busy: 0 },
  ...{ waiting: 0, revoked: 0, draining: 0 },
};
const nothing: Plan = {
  ...{ reprieve: 0, swap: false },
  ...{ admit: 0, drainBooting: 0, drainServing: 0 },
};

export const serving = ({ idle, busy }: Counts): number => idle + busy;

export const total = (counts: Counts): number =>
  counts.booting + serving(counts) + counts.waiting + counts.revoked + counts.draining;

export const addCounts = (a: Counts, b: Counts): Counts => ({
  booting: a.booting + b.booting,
  idle: a.idle + b.idle,
  busy: a.busy + b.busy,
  waiting: a.waiting + b.waiting,
  revoked: a.revoked + b.revoked,
  draining: a.draining + b.draining,
});

/**
 * From what is wanted and what is to what must be done; `wanted` null: nobody has said yet.
 *
 * The scheduler counts connected workers only, so while a group boots it asks for fewer than are on
 * their way. Booting groups are therefore held as long as what is wanted still covers those that
 * serve; once it falls below them, or to zero, booting groups are the first to go.
 */
export const plan = (asked: number | null, counts: Counts, limits: Limits): Plan => {
  // The limit holds also before the scheduler has said anything.
  const wanted = asked ?? (limits.overdue ? limits.maxTasks : null);
  if (wanted === null) return nothing;
  const goal = limits.maxTasks === null ? wanted : Math.min(wanted, limits.maxTasks);
  const missing = goal - counts.booting - serving(counts);
  if (missing > 0) {
    const reprieve = Math.min(missing, counts.waiting + counts.revoked);
    const room = limits.maxTasks === null ? missing : limits.maxTasks - total(counts);
    const admit = Math.max(0, Math.min(missing - reprieve, room, limits.launches));
    return { ...nothing, reprieve, admit };
  }
  const tooMany = Math.max(0, serving(counts) - goal);
  if (limits.swapping) return { ...nothing, drainServing: Math.min(tooMany, counts.idle) };
  // Who would stay without work goes in the place of who waits for the end of its own.
  const swapped = tooMany > 0 ? 0 : Math.min(counts.waiting, counts.idle);
  if (swapped > 0) return { ...nothing, reprieve: swapped, swap: true };
  if (goal > 0 && goal >= serving(counts)) {
    const { maxTasks, overdue } = limits;
    // More than is allowed, ECS having started what it had refused: nobody can want that.
    const excess = overdue && maxTasks !== null ? counts.booting + serving(counts) - maxTasks : 0;
    return { ...nothing, drainBooting: Math.min(counts.booting, Math.max(0, excess)) };
  }
  return {
    ...nothing,
    drainBooting: counts.booting,
    drainServing: tooMany,
  };
};
