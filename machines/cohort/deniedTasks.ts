import type { GroupRecord } from './groupRecords.ts';

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
