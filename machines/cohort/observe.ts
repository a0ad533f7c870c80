import type { GroupEvent } from '../group/workerGroup.ts';
import type { Cause, TaskObservation } from '../shared/domain.ts';
import {
  type CohortRecords,
  type GroupRecord,
  stopping,
  type Timeouts,
  type Transition,
} from './groupRecords.ts';

/** One look may miss a task; one so much later, ms, with none in between that saw it, hardly does. */
const missingAgainMs = 10_000;

/** StopTask is asked for again when ECS shows a draining task as alive for this long, ms. */
const stopRepeatMs = 15_000;

const failing = (cause: Cause, detail: string | null): GroupEvent => ({
  type: 'task.failing',
  cause,
  detail,
});

const seconds = (ms: number): number => Math.round(ms / 1000);

/** Running at ECS: do its workers serve? `monitorConnected`: the monitor stream would show them. */
const eventForRunning = (
  record: GroupRecord,
  at: number,
  { bootGraceMs, startDeadlineMs, workersLostMs }: Timeouts,
  monitorConnected: boolean,
): GroupEvent | null => {
  if (record.phase === 'provisioning') return { type: 'task.running' };
  const age = at - record.launchedAt;
  const running = at - (record.runningAt ?? at);
  if (!record.registered) {
    if (!monitorConnected) return running > bootGraceMs ? { type: 'task.registered' } : null;
    return age > startDeadlineMs && running > bootGraceMs
      ? failing('startFailed', `no worker at the scheduler ${seconds(age)} s after the launch`)
      : null;
  }
  const alone = at - (record.workersLostSince ?? at);
  return monitorConnected && alone > workersLostMs
    ? failing('lost', `no worker at the scheduler for ${seconds(alone)} s`)
    : null;
};

/** The event that a sighting means for a group, or null when it says nothing new. */
export const eventFor = (
  record: GroupRecord,
  { phase, cause, detail }: TaskObservation,
  at: number,
  timeouts: Timeouts,
  monitorConnected: boolean,
): GroupEvent | null => {
  const age = at - record.launchedAt;
  if (phase === 'stopped') return { type: 'task.stopped', cause: cause ?? 'exited', detail };
  if (phase === 'missing')
    return age > timeouts.missingGraceMs && at - (record.missingSince ?? at) >= missingAgainMs
      ? { type: 'task.stopped', cause: 'lost', detail: 'ECS does not know this task any more' }
      : null;
  if (record.phase === 'stopping')
    return phase !== 'stopping' && at - (record.stopRequestedAt ?? 0) > stopRepeatMs
      ? { type: 'group.stop' }
      : null;
  if (phase === 'stopping') return failing(cause ?? 'stoppedOutside', detail);
  if (phase === 'running') return eventForRunning(record, at, timeouts, monitorConnected);
  // Nobody can be at work there yet.
  if (record.drainDeadline !== null && !record.registered) return { type: 'group.stop' };
  return age > timeouts.startDeadlineMs
    ? failing('startFailed', `not running ${seconds(age)} s after its launch`)
    : null;
};

/** DescribeTasks has answered: only groups for whom something changed hear of it. */
export const reconcileObserved = (
  records: CohortRecords,
  observations: TaskObservation[],
  at: number,
  timeouts: Timeouts,
  monitorConnected: boolean,
): Transition => {
  const byArn = new Map(observations.map((observation) => [observation.taskArn, observation]));
  const groups = { ...records.groups };
  const outbox: Transition['outbox'] = [];
  for (const [groupId, record] of Object.entries(records.groups)) {
    const observation = record.taskArn === null ? undefined : byArn.get(record.taskArn);
    if (!observation) continue;
    const event = eventFor(record, observation, at, timeouts, monitorConnected);
    if (event) outbox.push([groupId, event]);
    else if (record.lastStatus === observation.phase) continue;
    groups[groupId] = {
      ...record,
      lastStatus: observation.phase,
      missingSince: observation.phase === 'missing' ? (record.missingSince ?? at) : null,
      subnet: observation.subnet ?? record.subnet,
      failureReason: observation.failureReason ?? record.failureReason,
      runningAt: record.runningAt ?? (observation.phase === 'running' ? at : null),
      ...((event?.type === 'group.stop' || event?.type === 'task.failing') && stopping(at)),
    };
  }
  return { ...records, groups, outbox };
};

/** We may not look: an accepted StopTask and time are the evidence there is. */
export const assumeUnobserved = (
  records: CohortRecords,
  at: number,
  timeouts: Timeouts,
  monitorConnected: boolean,
): Transition => {
  const groups = { ...records.groups };
  const outbox: Transition['outbox'] = [];
  for (const [groupId, record] of Object.entries(groups)) {
    const event =
      record.taskArn === null ? null : assumptionFor(record, at, timeouts, monitorConnected);
    if (event === null) continue;
    outbox.push([groupId, event]);
    if (event.type === 'group.stop' || event.type === 'task.failing')
      groups[groupId] = { ...record, ...stopping(at) };
  }
  return { ...records, groups, outbox };
};

const assumptionFor = (
  { phase, stopAccepted, stopRequestedAt, registered, launchedAt, workersLostSince }: GroupRecord,
  at: number,
  { unobservedStopMs, startDeadlineMs, workersLostMs }: Timeouts,
  monitorConnected: boolean,
): GroupEvent | null => {
  const asked = at - (stopRequestedAt ?? at);
  if (stopAccepted)
    return asked > unobservedStopMs
      ? { type: 'task.stopped', cause: 'drained', detail: 'StopTask was accepted; not looked at' }
      : null;
  if (phase === 'stopping') return asked > stopRepeatMs ? { type: 'group.stop' } : null;
  if (monitorConnected && at - (workersLostSince ?? at) > workersLostMs)
    return failing('lost', 'its workers are gone; not looked at');
  if (registered || at - launchedAt <= startDeadlineMs) return null;
  return monitorConnected
    ? failing('startFailed', 'its workers have never come; not looked at')
    : // Else nobody would ever count as serving, and so nobody be too many.
      { type: 'task.registered' };
};
