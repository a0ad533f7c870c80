import type { LaunchEnd } from '../group/launch.ts';
import { fullReportMs, observeMs } from '../shared/timing.ts';
import {
  absent,
  type CohortRecords,
  type GroupRecord,
  hasWorkers,
  isToldToStop,
  type Outbox,
  type Transition,
} from './groupRecords.ts';
import { phaseOnceLaunched } from './launchedPhase.ts';

/** Launches whose every group is to leave. */
export const unwantedLaunches = ({ groups, launches }: CohortRecords): string[] =>
  Object.entries(launches)
    .filter(([, groupIds]) => groupIds.every((groupId) => groups[groupId]?.drainRequested ?? true))
    .map(([label]) => label);

/** It is to stay, and nothing has shown yet that its task lives. */
const unproven = (record: GroupRecord): boolean =>
  !record.drainRequested &&
  !isToldToStop(record) &&
  (absent(record) || (record.lastStatus === null && !hasWorkers(record)));

/**
 * A launch has ended: its groups learn their ARN or their refusal. Its tasks may be a moment old by now.
 * Where ECS refused some, a group that was to leave and got a task takes the place of one that was to stay and got
 * none. The answer can be so late that some of its tasks are dead. As long as that may be so of a group that is to
 * stay, no group that is to leave is told to stop: the next poll shows which tasks live, and lets those stay.
 */
export function settled(records: CohortRecords, end: LaunchEnd, at: number): Transition {
  const { [end.label]: waiting = [], ...launches } = records.launches;
  const groups = { ...records.groups };
  const claims = new Map(end.groups.map((claim) => [claim.groupId, claim]));
  const reason = end.withdrawn
    ? 'withdrawn before it was launched: no longer desired, or nothing may be launched'
    : (end.refusals[0]?.reason ?? 'its launch brought it no task');
  const outbox: Outbox = [];
  const choice = Object.values(groups).some(unproven);
  let places = waiting.filter(
    (id) => groups[id]?.drainRequested === false && !claims.has(id),
  ).length;
  for (const groupId of waiting) {
    const record = groups[groupId];
    if (!record) continue;
    const claim = claims.get(groupId);
    if (claim === undefined) {
      outbox.push([groupId, { type: 'group.refused', reason }]);
      continue;
    }
    const stays = record.drainRequested && !record.evicted && places > 0;
    if (stays) {
      places--;
      outbox.push([groupId, { type: 'group.cancelDrain' }]);
    }
    const waits = record.drainRequested && !stays && choice;
    // It was told to stop as soon as it has a task: with that event it waits for the next poll instead.
    if (waits && record.drainDeadline === null) outbox.push([groupId, { type: 'group.drain' }]);
    const { taskArn, createdAt = null } = claim;
    groups[groupId] = {
      ...record,
      phase: phaseOnceLaunched(record),
      taskArn,
      createdAt,
      deadlinesFrom: Math.max(record.deadlinesFrom, at),
      drainRequested: record.drainRequested && !stays,
      drainDeadline: stays
        ? null
        : record.drainDeadline && Math.max(record.drainDeadline, at + fullReportMs),
      observeUntil: waits ? at + observeMs : null,
    };
    outbox.push([groupId, { type: 'group.launched', taskArn }]);
  }
  return { groups, launches, outbox };
}
