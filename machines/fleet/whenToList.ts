import { backoff } from '../shared/backoff.ts';
import { tasksPerPage } from '../shared/limits.ts';
import { confirmOrphanMs, inventoryBackoff, listPageMs } from '../shared/timing.ts';
import {
  type Fleet,
  inventoryStale,
  listDenied,
  listed,
  neverHadAny,
  openLaunches,
  settledFrom,
} from './state.ts';

/** After a list that was of no use. */
export function withNextList(
  fleet: Fleet,
): Pick<Fleet, 'inventoryFailures' | 'inventoryNotBefore' | 'listAwaitsAnswer'> {
  const inventoryFailures = fleet.inventoryFailures + 1;
  return {
    inventoryFailures,
    inventoryNotBefore: fleet.now + backoff(inventoryFailures, inventoryBackoff),
    listAwaitsAnswer: false,
  };
}

/**
 * The first inventory waits for the answers of all launches of earlier runs. Where RunTask does not answer for long, a
 * list may show what they have started: those tasks are taken over, and watched, as soon as that.
 */
export function searchDue(fleet: Fleet, now: number): boolean {
  const { inventoryAt, searchNotBefore, lastLaunchAt, settings } = fleet;
  return (
    inventoryAt === null &&
    !listDenied(fleet) &&
    openLaunches(fleet) > 0 &&
    now >= Math.max(searchNotBefore, lastLaunchAt + settings.settleMs)
  );
}

/** Lists of our tasks take one part in so many of the time, at most. */
const listsShare = 4;

/**
 * From the start of a complete list to that of the next one where nothing waits for it, ms. It follows from how many tasks
 * there are, not from how long the last list took: one answer that came late says nothing of the next list.
 */
export function calmListEveryMs({
  settings,
  taskIndex,
  owned,
}: Pick<Fleet, 'settings' | 'taskIndex' | 'owned'>): number {
  const pages = Math.ceil((taskIndex.size + owned.length) / tasksPerPage);
  return Math.max(settings.inventoryEveryMs, listsShare * pages * listPageMs);
}

/** A list may settle a launch without an answer, and keep tasks that DescribeTasks denies from counting as lost. */
const listIsAwaited = ({ totals: { counts } }: Fleet): boolean =>
  counts.unanswered > 0 || counts.denied > 0;

/**
 * A complete list is worth its calls: nothing can be on its way that it would not show. `isEnding`: everything is to end.
 */
export function inventoryDue(fleet: Fleet, now: number, isEnding: boolean): boolean {
  const { inventoryAt, inventoryNotBefore, adoption, settings } = fleet;
  const { unknownOutcomeAt, lastLaunchAt } = fleet;
  if (now < inventoryNotBefore) return false;
  // At the end, also where nothing is known: the state directory may have been lost as a whole.
  const isLast = isEnding && neverHadAny(fleet);
  if (inventoryAt === null)
    return openLaunches(fleet) === 0 && (isLast || now >= lastLaunchAt + settings.settleMs);
  // What launches without an answer have started.
  const showsMore = openLaunches(fleet) > 0 && now - inventoryAt >= settings.settleMs;
  return (
    (inventoryStale(fleet) && now >= (unknownOutcomeAt ?? 0) + settings.settleMs) ||
    (adoption.unconfirmed > 0 && now - inventoryAt >= confirmOrphanMs) ||
    now - inventoryAt >=
      (listIsAwaited(fleet) ? settings.inventoryEveryMs : calmListEveryMs(fleet)) ||
    (isEnding && (showsMore || (!listed(fleet) && now >= settledFrom(fleet))))
  );
}
