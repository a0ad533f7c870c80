import { stableAfterMs } from '../shared/timing.ts';
import type { CohortRecords } from './groupRecords.ts';

/** At a poll: which groups serve by now, and which have done so for long. */
export function recordServing(
  records: CohortRecords,
  at: number,
): CohortRecords & { nowStable: string[] } {
  const groups = { ...records.groups };
  const nowStable: string[] = [];
  for (const [groupId, record] of Object.entries(records.groups)) {
    if (!record.registered || record.stable) continue;
    const servingSince = record.servingSince ?? at;
    const stable = at - servingSince >= stableAfterMs;
    if (stable) nowStable.push(groupId);
    groups[groupId] = { ...record, servingSince, stable };
  }
  return { ...records, groups, nowStable };
}
