import type { GroupEnd } from '../group/workerGroup.ts';
import type { GroupRecord } from './groupRecords.ts';
import { type CohortEvent, probeInconclusive } from './messages.ts';

/** What the end of a group shows: that something keeps tasks from starting or from lasting, or nothing. */
function launchVerdict(cohortId: string, record: GroupRecord, end: GroupEnd): CohortEvent[] {
  const { groupId, taskArn, cause, registered } = end;
  const about = { cohortId, groupId, market: null, reason: end.detail ?? cause };
  if (!registered && taskArn !== null && cause !== 'drained') {
    const subnets = record.subnet === null ? undefined : [record.subnet];
    const kind = record.failureReason ?? 'startFailed';
    return [{ type: 'cohort.launchFailed', ...about, kind, signal: 'registered', subnets }];
  }
  if (registered && cause === 'exited' && !record.stable) {
    const crash = { kind: 'exited', signal: 'stable', launchedAt: record.deadlinesFrom } as const;
    return [{ type: 'cohort.launchFailed', ...about, ...crash }];
  }
  return record.stable ? [] : [probeInconclusive(cohortId, groupId)];
}

/** What the fleet manager gets when a group has ended. `at`: of the last poll, or of the group's beginning. */
export function groupOutcome(
  cohortId: string,
  record: GroupRecord,
  end: GroupEnd,
  at: number,
): CohortEvent[] {
  const { taskArn, lastStatus } = record;
  // A task that is only missing, or that DescribeTasks may not show, may live.
  const dead: CohortEvent[] =
    lastStatus === 'stopped' && taskArn !== null ? [{ type: 'task.dead', at, taskArn }] : [];
  return [...dead, ...launchVerdict(cohortId, record, end)];
}
