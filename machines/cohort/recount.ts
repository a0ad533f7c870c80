import { replaceCounts } from '../fleet/counts.ts';
import { type Counts, noCounts } from '../fleet/plan.ts';
import { countRecords, type GroupRecord } from './groupRecords.ts';

/** Records, and what they have been counted as. */
export interface Counted {
  groups: Record<string, GroupRecord>;
  counts: Counts;
}

const countOf = (record: GroupRecord | null | undefined, workersPerTask: number): Counts =>
  record ? countRecords({ group: record }, workersPerTask) : noCounts;

/** Counts these records, if they are others than those that were counted last. */
export const countedNow = (
  counted: Counted,
  groups: Record<string, GroupRecord>,
  workersPerTask: number,
): Counted =>
  groups === counted.groups ? counted : { groups, counts: countRecords(groups, workersPerTask) };

/**
 * The records with another one of this group, or without it (null). Their counts follow from that record alone: an event
 * of one group counts no hundred records.
 */
export function withRecord(
  before: { groups: Record<string, GroupRecord>; counted: Counted; workersPerTask: number },
  groupId: string,
  record: GroupRecord | null,
): { groups: Record<string, GroupRecord>; counted: Counted } {
  const { counted, workersPerTask } = before;
  const groups = { ...before.groups };
  if (record) groups[groupId] = record;
  else delete groups[groupId];
  if (counted.groups !== before.groups) return { groups, counted };
  const parts = () => Object.values(groups).map((each) => countOf(each, workersPerTask));
  const [was, is] = [
    countOf(before.groups[groupId], workersPerTask),
    countOf(record, workersPerTask),
  ];
  return { groups, counted: { groups, counts: replaceCounts(counted.counts, was, is, parts) } };
}
