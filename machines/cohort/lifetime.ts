import { type CohortRecords, categoryOf, type GroupRecord } from './groupRecords.ts';

const bornAt = ({ billedFrom, createdAt, deadlinesFrom }: GroupRecord): number =>
  billedFrom ?? createdAt ?? deadlinesFrom;

const serves = (record: GroupRecord): boolean =>
  ['idle', 'busy'].includes(categoryOf(record)) && record.load !== null;

/** At a poll: the oldest group that is too old is the next to be replaced; one at a time. */
export function recordAged<Records extends CohortRecords>(
  records: Records,
  at: number,
  { maxLifetimeMs = Number.POSITIVE_INFINITY }: { maxLifetimeMs?: number | undefined },
): Records {
  const all = Object.entries(records.groups);
  if (all.some(([, record]) => record.aged && serves(record))) return records;
  const [oldest] = all
    .filter(([, record]) => serves(record) && at - bornAt(record) >= maxLifetimeMs)
    .sort(([, a], [, b]) => bornAt(a) - bornAt(b));
  if (!oldest) return records;
  const [groupId, record] = oldest;
  return { ...records, groups: { ...records.groups, [groupId]: { ...record, aged: true } } };
}
