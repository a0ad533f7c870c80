import { excessDrainMs, excessNoticeMs } from '../shared/timing.ts';
import { type Counts, kept } from './plan.ts';
import { type Fleet, fleetCounts } from './state.ts';

/** Groups that wait for an idle moment and may be at work for long, those that an operator drains included. */
const waitingAtWork = ({ drainPending, resting, waiting }: Counts): number =>
  drainPending - resting + waiting;

/** More than the limit allows, with those that wait for an idle moment and without: since now, or since it was first so. */
export function nextExcess(fleet: Fleet, now: number): Pick<Fleet, 'aboveSince' | 'crowdedSince'> {
  const { maxTasks } = fleet.settings;
  const counts = fleetCounts(fleet);
  const sinceOf = (count: number, before: number | null): number | null =>
    maxTasks === null || count <= maxTasks ? null : (before ?? now);
  return {
    aboveSince: sinceOf(kept(counts), fleet.aboveSince),
    crowdedSince: sinceOf(kept(counts) + waitingAtWork(counts), fleet.crowdedSince),
  };
}

export const excessConfirmed = ({ aboveSince, now }: Fleet): boolean =>
  aboveSince !== null && now - aboveSince >= excessNoticeMs;

/** So many groups above the limit have waited at work for too long: they are stopped, though they are at work. */
export function overdueGroups(fleet: Fleet): number {
  const { crowdedSince, now, settings } = fleet;
  const isOverdue = crowdedSince !== null && now - crowdedSince >= excessNoticeMs + excessDrainMs;
  if (!isOverdue || settings.maxTasks === null) return 0;
  const counts = fleetCounts(fleet);
  const waiting = waitingAtWork(counts);
  return Math.max(0, Math.min(waiting, kept(counts) + waiting - settings.maxTasks));
}
