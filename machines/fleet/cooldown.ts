import { type Counts, type Limits, type Plan, plan, serving } from './plan.ts';

export interface Cooldown {
  /** Since when fewer groups are desired than there are, without a break; null: not so. */
  fewerSince: number | null;
  /** Since when a degraded group may leave as soon as it is idle; null or left out: none may. */
  spareSince?: number | null;
  now: number;
  /** How long fewer must be desired before any is drained, ms; 0: it is drained at once. */
  cooldownMs: number;
}

const drainsIn = ({ drainPendingGroups, drainServing }: Plan): number =>
  drainPendingGroups + drainServing;

/**
 * The plan, with fewer groups only once fewer have been desired for the whole cooldown: it counts from the first
 * command for fewer, and any command for as many as there are ends it. What is carried out is what is desired then.
 * What the limit forbids does not wait, and neither do groups without work that go in the place of others. A degraded
 * group that the others can do without waits as long, whatever work it has meanwhile.
 */
export function planWithCooldown(
  desired: number | null,
  counts: Counts,
  given: Limits,
  { fewerSince, spareSince = null, now, cooldownMs }: Cooldown,
): { plan: Plan; fewerSince: number | null } {
  const isOver = (since: number | null): boolean => since !== null && now - since >= cooldownMs;
  const limits = { ...given, degradedIsSpare: given.degradedIsSpare && isOver(spareSince) };
  const undelayed = plan(desired, counts, limits);
  if (limits.swapping) return { plan: undelayed, fewerSince: null };
  const there = counts.pending + serving(counts);
  const unchanged = plan(there, counts, { ...limits, degradedIsSpare: false });
  if (drainsIn(unchanged) >= drainsIn(undelayed)) return { plan: undelayed, fewerSince: null };
  const since = fewerSince ?? now;
  return { plan: isOver(since) ? undelayed : unchanged, fewerSince: since };
}
