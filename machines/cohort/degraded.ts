import type { CohortRecords } from './groupRecords.ts';

/** A group that has lost some of its workers for good: Scaler does not start them again. */
export interface DegradedGroup {
  groupId: string;
  taskArn: string | null;
  workers: number;
  workersPerTask: number;
}

/** At a poll: which groups have had only some of their workers for longer than the grace. */
export function recordDegraded(
  records: CohortRecords,
  at: number,
  { workersPerTask, degradedGraceMs }: { workersPerTask: number; degradedGraceMs: number },
): CohortRecords & { newlyDegraded: DegradedGroup[] } {
  const newlyDegraded: DegradedGroup[] = [];
  let { groups } = records;
  for (const [groupId, record] of Object.entries(records.groups)) {
    const { registered, load, degradedSince: since, degraded: before, taskArn } = record;
    const workers = load?.workers ?? 0;
    const isShort = registered && workers > 0 && workers < workersPerTask;
    if (!isShort && since === null) continue;
    const degradedSince = isShort ? (since ?? at) : null;
    const degraded = degradedSince !== null && at - degradedSince >= degradedGraceMs;
    groups = { ...groups, [groupId]: { ...record, degradedSince, degraded } };
    if (degraded && !before) newlyDegraded.push({ groupId, taskArn, workers, workersPerTask });
  }
  return { ...records, groups, newlyDegraded };
}
