/** Of the counts of a fleet. */
interface Waiting {
  drainPending: number;
  resting: number;
  idle: number;
}

/**
 * Of the groups that wait at work for an idle moment, so many are taken back, because idle ones go in their place. One
 * that has only to rest before it leaves has nothing to lose: two of those would take turns for ever.
 */
export function groupsToSwap({ drainPending, resting, idle }: Waiting): number {
  return Math.min(drainPending - resting, idle);
}
