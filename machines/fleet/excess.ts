import { excessNoticeMs } from '../shared/timing.ts';
import { kept } from './plan.ts';
import { type Fleet, fleetCounts } from './state.ts';

/** More than the limit allows, with those that wait for an idle moment and without: since now, or since it was first so. */
export function nextExcess(fleet: Fleet, now: number): Pick<Fleet, 'aboveSince' | 'crowdedSince'> {
  const { maxTasks } = fleet.settings;
  const counts = fleetCounts(fleet);
  const sinceOf = (count: number, before: number | null): number | null =>
    maxTasks === null || count <= maxTasks ? null : (before ?? now);
  return {
    aboveSince: sinceOf(kept(counts), fleet.aboveSince),
    crowdedSince: sinceOf(kept(counts) + counts.drainPending, fleet.crowdedSince),
  };
}

const isConfirmed = (since: number | null, now: number): boolean =>
  since !== null && now - since >= excessNoticeMs;

export const excessConfirmed = ({ aboveSince, now }: Fleet): boolean =>
  isConfirmed(aboveSince, now);

/** So that one must go that may still be at work. */
export const isCrowded = ({ crowdedSince, now }: Fleet): boolean => isConfirmed(crowdedSince, now);
