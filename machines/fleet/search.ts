import { type Fleet, openLaunches } from './state.ts';

/**
 * The first inventory waits for the answers of all launches of earlier runs. Where RunTask does not answer for long, a
 * list may show what they have started: those tasks are taken over, and watched, as soon as that.
 */
export function searchDue(fleet: Fleet, now: number): boolean {
  const { inventoryAt, listDenied, searchNotBefore, lastLaunchAt, settings } = fleet;
  return (
    inventoryAt === null &&
    !listDenied &&
    openLaunches(fleet) > 0 &&
    now >= Math.max(searchNotBefore, lastLaunchAt + settings.settleMs)
  );
}
