import { calmPollEveryMs } from '../shared/timing.ts';
import type { CohortStatus } from './cohortStatus.ts';
import type { Modes } from './modes.ts';
import { serving, total } from './plan.ts';
import type { Fleet } from './state.ts';

/**
 * ECS and the monitor stream both show that all of its groups serve. What ends there is mostly shown by the monitor
 * stream at once: then the cohort is not calm any more.
 */
const isCalm = ({ counts, launches }: CohortStatus): boolean =>
  launches === 0 && counts.missingWorkers === 0 && total(counts) === serving(counts);

/** Those that are late the most come first, by how often each is to be polled. */
export function dueForPoll(
  { cohorts, settings }: Fleet,
  { monitor }: Modes,
  at: number,
): [cohortId: string, status: CohortStatus][] {
  const { pollEveryMs, pollsPerTick, firstPollsPerTick } = settings;
  const everyMs = (status: CohortStatus) =>
    monitor === 'connected' && isCalm(status)
      ? Math.max(pollEveryMs, calmPollEveryMs)
      : pollEveryMs;
  const lateness = (status: CohortStatus) => (at - status.lastPolledAt) / everyMs(status);
  const due = Object.entries(cohorts)
    .filter(([, status]) => lateness(status) >= 1)
    .sort(([, a], [, b]) => lateness(b) - lateness(a));
  const never = due.filter(([, { lastPolledAt }]) => lastPolledAt === 0).length;
  return due.slice(0, Math.max(pollsPerTick, Math.min(never, firstPollsPerTick)));
}
