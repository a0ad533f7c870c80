import { never } from '../shared/timing.ts';
import { type CohortRecords, withoutWork } from './groupRecords.ts';

/**
 * So many of the groups that wait for an idle moment are above the limit. Where fewer have a deadline, it is now for the
 * least busy of the others. One that is idle already leaves without it.
 */
export function withOverdue<T extends CohortRecords>(records: T, count: number, at: number): T {
  const waiting = Object.entries(records.groups).filter(
    ([, record]) => record.phase === 'waiting' && !withoutWork(record),
  );
  const endless = waiting
    .filter(([, { drainDeadline }]) => drainDeadline === never)
    .sort(([, a], [, b]) => (a.load?.tasks ?? 0) - (b.load?.tasks ?? 0));
  const missing = count - (waiting.length - endless.length);
  const overdue = endless.slice(0, Math.max(0, missing));
  if (overdue.length === 0) return records;
  const told = overdue.map(([groupId, record]) => [groupId, { ...record, drainDeadline: at }]);
  return { ...records, groups: { ...records.groups, ...Object.fromEntries(told) } };
}
