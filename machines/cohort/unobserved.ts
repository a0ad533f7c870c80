import type { GroupEvent } from '../group/workerGroup.ts';
import { stopRepeatMs } from '../shared/timing.ts';
import { applied } from './drain.ts';
import type { CohortRecords, GroupRecord, Outbox, Transition } from './groupRecords.ts';
import { failing } from './started.ts';
import type { Timeouts } from './timeouts.ts';

/** DescribeTasks is denied: an accepted StopTask and time are the evidence there is. */
export function assumeUnobserved(
  records: CohortRecords,
  at: number,
  timeouts: Timeouts,
  monitorConnected: boolean,
): Transition {
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  for (const [groupId, record] of Object.entries(groups)) {
    const event =
      record.taskArn === null ? null : assumptionFor(record, at, timeouts, monitorConnected);
    if (event === null) continue;
    const [next, sent] = applied(record, event, at);
    groups[groupId] = event.type === 'task.registered' ? { ...next, assumed: true } : next;
    outbox.push([groupId, sent]);
  }
  return { ...records, groups, outbox };
}

const assumptionFor = (
  {
    phase,
    stopAccepted,
    stopRequestedAt,
    registered,
    deadlinesFrom,
    workersLostSince,
  }: GroupRecord,
  at: number,
  { unobservedStopMs, startDeadlineMs, workersLostMs }: Timeouts,
  monitorConnected: boolean,
): GroupEvent | null => {
  const asked = at - (stopRequestedAt ?? at);
  if (stopAccepted)
    return asked > unobservedStopMs
      ? { type: 'task.stopped', cause: 'drained', detail: 'StopTask was accepted; not looked at' }
      : null;
  if (phase === 'held') return null;
  if (phase === 'stopping') return asked > stopRepeatMs ? { type: 'group.stop' } : null;
  if (monitorConnected && at - (workersLostSince ?? at) > workersLostMs)
    return failing('lost', 'its workers are gone; not looked at');
  if (registered || at - deadlinesFrom <= startDeadlineMs) return null;
  return monitorConnected
    ? failing('startFailed', 'its workers have never come; not looked at')
    : // Else no group would ever count as serving, and so none would be too many.
      { type: 'task.registered' };
};
