import {
  awaitsStop,
  type CohortRecords,
  categoryOf,
  type GroupRecord,
  leavesForGood,
  type Transition,
} from './groupRecords.ts';
import { checkStop, takenBack } from './scaleDown.ts';

/** It is at work, has waited for an idle moment for as long as it may, and can be had back. */
const isStoppedAtWork = (record: GroupRecord): boolean =>
  record.load !== null && record.load.tasks > 0 && awaitsStop(record);

/**
 * The answer to a group whose StopTask may be sent now. A group at work stays while another one has nothing to do: the
 * fleet manager then drains that one. `isOld`: what is known of the work of the groups is of old.
 */
export function answeredStop(
  records: CohortRecords,
  groupId: string,
  at: number,
  isOld: boolean,
): Transition {
  const { groups } = records;
  const record = groups[groupId];
  // It has ended, or it was taken back since it asked: a hold would stop a group that stays.
  if (!record || !leavesForGood(record)) return { ...records, outbox: [] };
  const [next, answer] = checkStop(record, at, isOld);
  const isAnyIdle = Object.values(groups).some((each) => categoryOf(each) === 'idle');
  if (answer.type === 'group.send' && !isOld && isStoppedAtWork(record) && isAnyIdle)
    return takenBack(records, [groupId]);
  return { ...records, groups: { ...groups, [groupId]: next }, outbox: [[groupId, answer]] };
}
