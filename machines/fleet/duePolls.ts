import { listCallsPerSecond } from '../shared/limits.ts';
import { calmPollEveryMs, pollWithinMs, tickMs } from '../shared/timing.ts';
import type { CohortStatus } from './cohortStatus.ts';
import type { Modes } from './modes.ts';
import { serving, total } from './plan.ts';
import type { Fleet } from './state.ts';

type Due = [cohortId: string, status: CohortStatus];

/**
 * ECS and the monitor stream both show that all of its groups serve. What ends there is mostly shown by the monitor
 * stream at once: then the cohort is not calm any more.
 */
const isCalm = ({ counts, launches }: CohortStatus): boolean =>
  launches === 0 && counts.missingWorkers === 0 && total(counts) === serving(counts);

/**
 * How many cohorts a tick may poll: so many that each of them is polled within `pollWithinMs`, and those at once for which
 * the next tick would be too late. AWS's limit of calls is shared with lists of our tasks, so some are left to these.
 */
function mostPolls(
  { pollsPerTick, readsPerSecond }: Fleet['settings'],
  cohorts: number,
  urgent: number,
): number {
  const inTurn = Math.ceil((cohorts * tickMs) / pollWithinMs);
  const allowed = Math.floor(((readsPerSecond - listCallsPerSecond) * tickMs) / 1000);
  return Math.max(pollsPerTick, Math.min(Math.max(inTurn, urgent), allowed));
}

/**
 * The cohorts that a tick is to poll. Those for which the next tick would be too late come first; then those that are late
 * the most, by how often each is to be polled.
 */
export function dueForPoll({ cohorts, settings }: Fleet, { monitor }: Modes, at: number): Due[] {
  const { pollEveryMs, firstPollsPerTick } = settings;
  const everyMs = (status: CohortStatus) =>
    monitor === 'connected' && isCalm(status)
      ? Math.max(pollEveryMs, calmPollEveryMs)
      : pollEveryMs;
  const waitedMs = ([, { lastPolledAt }]: Due) => at - lastPolledAt;
  const lateness = (each: Due) => waitedMs(each) / everyMs(each[1]);
  const isNew = ([, { lastPolledAt }]: Due) => lastPolledAt === 0;
  const isUrgent = (each: Due) => isNew(each) || waitedMs(each) + tickMs > pollWithinMs;
  const all = Object.entries(cohorts);
  const due = all.filter((each) => lateness(each) >= 1);
  const urgent = due.filter(isUrgent).sort((a, b) => waitedMs(b) - waitedMs(a));
  const others = due.filter((each) => !isUrgent(each)).sort((a, b) => lateness(b) - lateness(a));
  const fresh = urgent.filter(isNew).length;
  const most = mostPolls(settings, all.length, urgent.length - fresh);
  return [...urgent, ...others].slice(0, Math.max(most, Math.min(fresh, firstPollsPerTick)));
}
