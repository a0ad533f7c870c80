import { lastAnswerMs, lastLookMs } from '../shared/timing.ts';
import { type Fleet, hadNone, hasNoGroups, isEmpty, listDenied, neverHadAny } from './state.ts';
import { inventoryDue } from './whenToList.ts';

/**
 * Nothing of ours is known, and AWS could not be prepared, or does not answer: a list would be waited for in vain. Or
 * nothing but tasks with our tag, which are another manager's as far as the scheduler says: it does not answer us.
 */
export function endsWithoutLook(fleet: Fleet, now: number): boolean {
  const { adoption, drainAllUntil, revision, settings } = fleet;
  const stoppingSince = (drainAllUntil ?? Number.POSITIVE_INFINITY) - settings.stopDrainMs;
  const stoppingMs = now - stoppingSince;
  if (adoption.leftAlone) return stoppingMs >= lastAnswerMs && hadNone(fleet) && hasNoGroups(fleet);
  const isLate = stoppingMs >= lastLookMs;
  return isEmpty(fleet) && (revision === null || (isLate && neverHadAny(fleet)));
}

/** All that is known has gone, and AWS does not allow the list that would show what is not known: waiting shows no more. */
export const endsDenied = (fleet: Fleet, now: number): boolean =>
  listDenied(fleet) && hasNoGroups(fleet) && !inventoryDue(fleet, now, true);
