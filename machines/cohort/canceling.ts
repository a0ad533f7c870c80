import { taskIdOf } from '../shared/ids.ts';
import type { GroupRecord } from './groupRecords.ts';

/**
 * Cancellations that the monitor stream shows before a list of workers has told the loads: a restart, or a connection
 * anew. What the list tells takes their place (`recordLoads`).
 */
export function recordCanceling(
  groups: Record<string, GroupRecord>,
  canceling: Record<string, number>,
): Record<string, GroupRecord> {
  const changed = Object.entries(groups).flatMap(([groupId, record]) => {
    const count = record.taskArn === null ? undefined : canceling[taskIdOf(record.taskArn)];
    return count === undefined ? [] : [[groupId, { ...record, canceling: count }] as const];
  });
  return changed.length > 0 ? { ...groups, ...Object.fromEntries(changed) } : groups;
}
