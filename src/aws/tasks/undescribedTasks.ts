/** Since when each task has been listed by ListTasks and unknown to DescribeTasks, milliseconds since the epoch. */
export type UndescribedSince = ReadonlyMap<string, number>;

/** A task that is listed but unknown to DescribeTasks for this long counts as gone, ms. */
const goneAfterMs = 60_000;

/**
 * Takes in the tasks that the latest list could not describe. A task that was described in between starts anew.
 * `recent`: those that may still become visible.
 */
export function trackUndescribed(
  previous: UndescribedSince,
  undescribed: readonly string[],
  now: number,
): { since: UndescribedSince; recent: string[] } {
  const since = new Map(undescribed.map((arn) => [arn, previous.get(arn) ?? now]));
  const recent = [...since].filter(([, at]) => now - at < goneAfterMs);
  return { since, recent: recent.map(([arn]) => arn) };
}
