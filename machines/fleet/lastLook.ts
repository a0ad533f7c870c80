import { type Fleet, isEmpty, neverHadAny, queued } from './state.ts';
import { inventoryDue } from './whenToList.ts';

/** How long the end of a run that knows of nothing waits for a list where AWS was prepared, ms. */
const lastLookMs = 5000;

/** Nothing of ours is known, and AWS could not be prepared, or does not answer: a list would be waited for in vain. */
export function endsWithoutLook(fleet: Fleet, now: number): boolean {
  const { drainAllUntil, revision, settings } = fleet;
  const stoppingSince = (drainAllUntil ?? now) - settings.stopDrainMs;
  const isLate = neverHadAny(fleet) && drainAllUntil !== null && now - stoppingSince >= lastLookMs;
  return isEmpty(fleet) && (revision === null || isLate);
}

/** All that is known has gone, and AWS does not allow the list that would show what is not known: waiting shows no more. */
export const endsDenied = (fleet: Fleet, now: number): boolean =>
  fleet.listDenied &&
  Object.keys(fleet.cohorts).length + queued(fleet) === 0 &&
  !inventoryDue(fleet, now);
