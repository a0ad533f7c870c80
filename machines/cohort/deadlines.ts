import { backoff } from '../shared/backoff.ts';
import { never, stopBackoff, unshownWorkMs } from '../shared/timing.ts';
import {
  type CohortRecords,
  type GroupRecord,
  holdsStop,
  type Outbox,
  stopEvent,
  stopping,
  type Transition,
  waitsIdle,
} from './groupRecords.ts';
import { hasRested, withRenewedDeadline } from './minimumIdle.ts';

/** It may wait for as long as it is at work, and nothing shows any more whether it is. */
const isUnshown = ({ drainDeadline, unshownSince }: GroupRecord, at: number): boolean =>
  drainDeadline === never && unshownSince !== null && at - unshownSince >= unshownWorkMs;

const stopHasFailed = (record: GroupRecord, at: number): boolean =>
  record.phase === 'stopping' &&
  !record.stopAccepted &&
  record.stopFailures > 0 &&
  at - (record.stopRequestedAt ?? 0) >= backoff(record.stopFailures, stopBackoff);

/**
 * Groups whose time is up: to wait for an idle moment, to be seen by DescribeTasks, or for a cancellation to end;
 * those that wait and are idle; and those whose StopTask has failed. `isCurrent`: their work is known, and not of old.
 */
export function expired(
  records: CohortRecords,
  at: number,
  isCurrent = true,
  minIdleMs = 0,
): Transition {
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  for (const [groupId, record] of Object.entries(groups)) {
    const until = Math.max(record.drainDeadline ?? 0, record.observeUntil ?? 0);
    const isRested = hasRested(record, at, minIdleMs);
    // The deadline is for a group at work. One that is idle leaves once it has been so for long enough; if it gets
    // work before that, its deadline is renewed (`withRenewedDeadline`).
    const isLate = at >= until && isRested;
    const waited = record.taskArn !== null && until > 0 && (isLate || isUnshown(record, at));
    const isIdle = isCurrent && waitsIdle(record) && isRested;
    const isReleased = record.phase === 'held' && !holdsStop(record, at);
    if (!waited && !isIdle && !isReleased && !stopHasFailed(record, at)) continue;
    groups[groupId] = { ...record, ...stopping(withRenewedDeadline(record, at, minIdleMs), at) };
    outbox.push([groupId, stopEvent(record, at)]);
  }
  return { ...records, groups, outbox };
}
