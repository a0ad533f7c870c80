import { missingUnlistedMs } from '../shared/timing.ts';
import type { GroupRecord } from './groupRecords.ts';
import type { Timeouts } from './timeouts.ts';

/**
 * A complete list that began at `at`, by our clock, shows these tasks as wanted running. Two calls of ECS contradict each
 * other about one that DescribeTasks denies, so the time after which it is given up counts from the list on.
 */
export function recordListed(
  groups: Record<string, GroupRecord>,
  taskArns: readonly string[],
  at: number,
): Record<string, GroupRecord> {
  const listed = new Set(taskArns);
  return Object.fromEntries(
    Object.entries(groups).map(([groupId, record]) => {
      const { missingSince, taskArn } = record;
      if (missingSince === null || !listed.has(taskArn ?? '')) return [groupId, record];
      return [groupId, { ...record, missingSince: Math.max(missingSince, at) }];
    }),
  );
}

/**
 * A task that DescribeTasks denies is given up when a complete list leaves it out as well. Where no list is to be had, and
 * for one that was to stop, the time alone decides. `listedAt`: when the last complete list began; null: none is to be had.
 */
export function isGivenUp(
  { missingSince, stopAccepted }: GroupRecord,
  at: number,
  listedAt: number | null,
  timeouts: Timeouts,
): boolean {
  const since = missingSince ?? at;
  if (at - since <= timeouts.missingGraceMs) return false;
  if (stopAccepted || listedAt === null || at - since > missingUnlistedMs) return true;
  return listedAt > since;
}
