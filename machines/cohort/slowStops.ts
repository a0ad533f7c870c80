import { slowStopMs, stopOverdueMs } from '../shared/timing.ts';
import { awaitsStop, type CohortRecords } from './groupRecords.ts';

export interface SlowStop {
  groupId: string;
  taskArn: string | null;
  /** Milliseconds since the epoch. */
  since: number;
}

/** At a poll: which stops take long by now. */
export function recordStops(
  records: CohortRecords,
  at: number,
): CohortRecords & { slowStops: SlowStop[] } {
  const groups = { ...records.groups };
  const slowStops: SlowStop[] = [];
  for (const [groupId, record] of Object.entries(records.groups)) {
    if (record.phase !== 'stopping' || record.stopOverdue || awaitsStop(record)) continue;
    const since = record.stoppingSince ?? at;
    const isSlow = at - since >= slowStopMs;
    if (isSlow && !record.slowStopReported)
      slowStops.push({ groupId, taskArn: record.taskArn, since });
    groups[groupId] = {
      ...record,
      stoppingSince: since,
      slowStopReported: isSlow,
      stopOverdue: at - since >= stopOverdueMs,
    };
  }
  return { ...records, groups, slowStops };
}
