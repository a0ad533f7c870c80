import { startedFrom } from './billing.ts';
import {
  awaitsStop,
  type CohortRecords,
  categoryOf,
  type GroupRecord,
  isToldToStop,
} from './groupRecords.ts';

/** Of an earlier run, and nothing has shown its workers to this one yet: they may be at work. */
const isUnshown = (record: GroupRecord): boolean =>
  record.presumedFrom !== null && record.load === null && categoryOf(record) === 'pending';

const serves = (record: GroupRecord): boolean =>
  (['idle', 'busy'].includes(categoryOf(record)) && record.load !== null) || isUnshown(record);

/** On its way out, and it can be had back: then it is to be replaced again. */
const mayReturn = (record: GroupRecord): boolean =>
  categoryOf(record) === 'drainPending' || awaitsStop(record);

/**
 * At a poll, and at a restart: the oldest group that is too old is the next to be replaced; one at a time. For each that is marked one
 * more is launched, so no other is marked before the last one has left for good. If that one has only lost its workers,
 * it is not marked any more, for they may return. One that has left stays marked: its workers are connected for a while.
 */
export function recordAged<Records extends CohortRecords>(
  records: Records,
  at: number,
  { maxLifetimeMs = Number.POSITIVE_INFINITY }: { maxLifetimeMs?: number | undefined },
): Records {
  const all = Object.entries(records.groups);
  if (all.some(([, record]) => record.aged && (serves(record) || mayReturn(record))))
    return records;
  const [oldest] = all
    .filter(([, record]) => serves(record) && at - startedFrom(record) >= maxLifetimeMs)
    .sort(([, a], [, b]) => startedFrom(a) - startedFrom(b));
  if (!oldest) return records;
  const groups = all.map(([groupId, record]) => {
    const aged = groupId === oldest[0] || (record.aged && isToldToStop(record));
    return [groupId, record.aged === aged ? record : { ...record, aged }] as const;
  });
  return { ...records, groups: Object.fromEntries(groups) };
}
