import type { GroupEnd } from '../group/workerGroup.ts';
import type { GroupRow } from './groupRecords.ts';
import { type CohortReport, unproved } from './messages.ts';

/** What the end of a group shows: that something keeps tasks from starting or from lasting, or nothing. */
const evidence = (cohortId: string, row: GroupRow, end: GroupEnd): CohortReport[] => {
  const { groupId, taskArn, cause, registered } = end;
  const about = { cohortId, groupId, market: null, reason: end.detail ?? cause };
  if (!registered && taskArn !== null && cause !== 'drained') {
    const subnets = row.subnet === null ? undefined : [row.subnet];
    const kind = row.blame ?? 'startFailed';
    return [{ type: 'cohort.setback', ...about, kind, proof: 'served', subnets }];
  }
  if (registered && cause === 'exited' && !row.lasted) {
    const { launchedAt } = row;
    return [{ type: 'cohort.setback', ...about, kind: 'exited', proof: 'lasted', launchedAt }];
  }
  return row.lasted ? [] : [unproved(cohortId, groupId)];
};

/** What the manager hears when a group is over. */
export const obituary = (cohortId: string, row: GroupRow, end: GroupEnd): CohortReport[] => {
  const { taskArn, seen } = row;
  // A task that is only missing, or out of our sight, may live.
  const dead: CohortReport[] =
    seen === 'stopped' && taskArn !== null ? [{ type: 'cohort.dead', cohortId, taskArn }] : [];
  return [...dead, ...evidence(cohortId, row, end)];
};
