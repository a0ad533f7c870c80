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
  const isShown = ({ taskArn, missingSince }: GroupRecord): boolean =>
    missingSince !== null && missingSince < at && taskArn !== null && listed.has(taskArn);
  return Object.fromEntries(
    Object.entries(groups).map(([groupId, record]) => [
      groupId,
      isShown(record) ? { ...record, missingSince: at } : record,
    ]),
  );
}
