import type { GroupEnd } from '../group/workerGroup.ts';
import type { GroupRecord } from './groupRecords.ts';
import { type CohortEvent, probeWithoutResult } from './messages.ts';

/** What the end of a group shows: that something keeps tasks from starting or from lasting, or nothing. */
const launchVerdict = (cohortId: string, record: GroupRecord, end: GroupEnd): CohortEvent[] => {
  const { groupId, taskArn, cause, registered } = end;
  const about = { cohortId, groupId, market: null, reason: end.detail ?? cause };
  if (!registered && taskArn !== null && cause !== 'drained') {
    const subnets = record.subnet === null ? undefined : [record.subnet];
    const kind = record.failureReason ?? 'startFailed';
    return [{ type: 'cohort.launchFailed', ...about, kind, signal: 'registered', subnets }];
  }
  if (registered && cause === 'exited' && !record.stable) {
    const { launchedAt } = record;
    return [
      { type: 'cohort.launchFailed', ...about, kind: 'exited', signal: 'stable', launchedAt },
    ];
  }
  return record.stable ? [] : [probeWithoutResult(cohortId, groupId)];
};

/** What the manager hears when a group is over. */
export const groupOutcome = (
  cohortId: string,
  record: GroupRecord,
  end: GroupEnd,
): CohortEvent[] => {
  const { taskArn, lastStatus } = record;
  // A task that is only missing, or out of our sight, may live.
  const dead: CohortEvent[] =
    lastStatus === 'stopped' && taskArn !== null ? [{ type: 'task.dead', cohortId, taskArn }] : [];
  return [...dead, ...launchVerdict(cohortId, record, end)];
};
