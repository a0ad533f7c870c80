import { reportSlackMs, shortestRhythmMs } from '../shared/timing.ts';

/** How often a scheduler reports all its workers: once a second, or as seldom as it is told. It does not say it. */

/** So many gaps between reports are kept: one that is late does not look like another rhythm. */
const gapsKept = 3;

/** The gaps between reports, the newest first. Reports that came together say nothing of how often they come. */
export function withGap(
  { listedAt, gapsMs }: { listedAt: number | null; gapsMs: number[] },
  at: number,
): number[] {
  return listedAt === null || at <= listedAt
    ? gapsMs
    : [at - listedAt, ...gapsMs].slice(0, gapsKept);
}

/** The middle one of the gaps, of two the longer one; null: not known yet. */
export function rhythmOf(gapsMs: readonly number[]): number | null {
  const longestFirst = [...gapsMs].sort((a, b) => b - a);
  return longestFirst[Math.floor((gapsMs.length - 1) / 2)] ?? null;
}

/**
 * How long a worker that a report shows without work counts as idle, ms: until the next report is due. As long as it is
 * not known when that is, it may be soon.
 */
export function idleBelievedMs(everyMs: number | null): number {
  return everyMs === null
    ? shortestRhythmMs + reportSlackMs
    : everyMs + Math.max(reportSlackMs, everyMs / 10);
}
