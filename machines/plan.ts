/** Groups by what they mean to a plan. Together they are what costs money. */
export interface Counts {
  /** Asked for or started, but no worker of theirs is known to the scheduler yet. */
  booting: number;
  /** Their workers serve the scheduler. */
  serving: number;
  /** On their way out. */
  draining: number;
}

export interface Limits {
  /** The most Fargate tasks at one time, those on their way out included; null: no limit. */
  maxTasks: number | null;
  /** How many may be launched right now. */
  launches: number;
}

export interface Plan {
  admit: number;
  drainBooting: number;
  drainServing: number;
}

export const noCounts: Counts = { booting: 0, serving: 0, draining: 0 };
const nothing: Plan = { admit: 0, drainBooting: 0, drainServing: 0 };

export const total = ({ booting, serving, draining }: Counts): number =>
  booting + serving + draining;

export const addCounts = (a: Counts, b: Counts): Counts => ({
  booting: a.booting + b.booting,
  serving: a.serving + b.serving,
  draining: a.draining + b.draining,
});

/**
 * From what is wanted and what is to what must be done; `wanted` null: nobody has said yet.
 *
 * The scheduler counts connected workers only, so while a group boots it asks for fewer than are on
 * their way. Booting groups are therefore held as long as what is wanted still covers those that
 * serve; once it falls below them, or to zero, booting groups are the first to go.
 */
export const plan = (wanted: number | null, counts: Counts, limits: Limits): Plan => {
  if (wanted === null) return nothing;
  const goal = limits.maxTasks === null ? wanted : Math.min(wanted, limits.maxTasks);
  const alive = counts.booting + counts.serving;
  if (goal > alive) {
    const room = limits.maxTasks === null ? goal : limits.maxTasks - total(counts);
    return { ...nothing, admit: Math.max(0, Math.min(goal - alive, room, limits.launches)) };
  }
  if (goal > 0 && goal >= counts.serving) return nothing;
  return {
    admit: 0,
    drainBooting: counts.booting,
    drainServing: Math.max(0, counts.serving - goal),
  };
};
