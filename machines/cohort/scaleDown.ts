import type { Counts } from '../fleet/plan.ts';
import type { GroupEvent, GroupPhase } from '../group/workerGroup.ts';
import type { WorkerLoad } from '../scheduler/messages.ts';
import { wouldLose } from '../scheduler/runningTasks.ts';
import { taskIdOf } from '../shared/ids.ts';
import { expired } from './deadlines.ts';
import {
  absent,
  awaitsStop,
  type CohortRecords,
  categoryOf,
  countRecords,
  type GroupRecord,
  hasWorkers,
  holdsStop,
  leavesForGood,
  type Outbox,
  stopEvent,
  stopping,
  type Transition,
  withoutWork,
} from './groupRecords.ts';
import { hasRested, withDrainMs } from './minimumIdle.ts';

/** How many groups of each kind are to leave. */
export type Share = Pick<Counts, 'pending' | 'idle' | 'busy'> & {
  /** Of the degraded idle ones, beside those; left out: none. */
  degraded?: number;
};

/**
 * Some groups may have ended since the fleet manager decided, such as those of a launch that was refused, whose ends come
 * one by one. As many stay as were to stay.
 */
export function shareNow(
  share: Share,
  of: Share,
  groups: Record<string, GroupRecord>,
  workersPerTask: number,
): Share {
  const present = countRecords(groups, workersPerTask);
  const left = (kind: 'pending' | 'idle' | 'busy') =>
    Math.max(0, share[kind] - Math.max(0, of[kind] - present[kind]));
  return { ...share, pending: left('pending'), idle: left('idle'), busy: left('busy') };
}

/** A group that has come least far leaves first. */
const progress: Record<GroupPhase, number> = {
  requested: 0,
  provisioning: 1,
  running: 2,
  waiting: 3,
  held: 3,
  stopping: 3,
};

/** An idle group is shown by the monitor stream. */
const workersOfIdle = ({ load }: GroupRecord): number => (load as WorkerLoad).workers;

/**
 * So many of each kind: those for which nothing runs, then the least far, those without workers, those that would lose
 * the least of what they have computed, those with the fewest tasks, those with some workers gone or too old, the
 * youngest.
 */
export function scaleDownCandidates(
  groups: Record<string, GroupRecord>,
  share: Share,
  at: number,
): string[] {
  const sorted = Object.entries(groups).sort(
    ([, a], [, b]) =>
      Number(absent(b)) - Number(absent(a)) ||
      progress[a.phase] - progress[b.phase] ||
      Number(b.workersLostSince !== null) - Number(a.workersLostSince !== null) ||
      wouldLose(a.load?.running, at) - wouldLose(b.load?.running, at) ||
      (a.load?.tasks ?? 0) - (b.load?.tasks ?? 0) ||
      Number(b.degraded || b.aged) - Number(a.degraded || a.aged) ||
      b.deadlinesFrom - a.deadlinesFrom,
  );
  const degraded = sorted
    .filter(([, record]) => (record.degraded || record.aged) && categoryOf(record) === 'idle')
    .sort(([, a], [, b]) => workersOfIdle(a) - workersOfIdle(b))
    .slice(0, share.degraded ?? 0)
    .map(([groupId]) => groupId);
  if (degraded.length > 0) return degraded;
  return (['pending', 'idle', 'busy'] as const).flatMap((kind) =>
    sorted
      .filter(([, record]) => categoryOf(record) === kind)
      .slice(0, share[kind])
      .map(([groupId]) => groupId),
  );
}

export interface Wait {
  at: number;
  /** Until when a group may wait for an idle moment, milliseconds since the epoch. */
  until: number;
  monitorEverConnected: boolean;
  /** What is known of the work of the groups is of old; left out: not so. */
  isOld?: boolean;
  /** How long a group must have been idle before it is stopped for that, ms; left out: no time. */
  minIdleMs?: number;
}

/**
 * To wait for an idle moment makes sense only where the monitor stream can show it, or could a while ago: for a
 * group at work, and for one that may be, because nothing was shown of it, or nothing for long. The answer to a launch can come so late
 * that its workers are at work before we know its tasks: the next poll shows it. It may wait until
 * `until`; by default that is never.
 */
function withDrain(
  before: GroupRecord,
  { at, until, monitorEverConnected, isOld = false, minIdleMs = 0 }: Wait,
): [GroupRecord, GroupEvent] {
  const record = { ...before, ...withDrainMs(until - at, minIdleMs) };
  const mayWork =
    record.load === null
      ? monitorEverConnected && record.lastStatus !== 'starting'
      : record.load.tasks > 0 || (isOld && hasWorkers(record)) || !hasRested(record, at, minIdleMs);
  if (mayWork && until > at)
    return [
      {
        ...{ ...record, drainRequested: true, drainDeadline: until, stopRequestedAt: null },
        unshownSince: record.load === null ? at : null,
      },
      { type: 'group.drain' },
    ];
  // Should it be at work when StopTask may be sent, it may wait after all, until then.
  const { phase, ...stop } = stopping({ ...record, drainDeadline: until }, at);
  return [
    // Without its ARN it cannot be stopped yet.
    {
      ...record,
      drainRequested: true,
      ...stop,
      ...(record.taskArn !== null && phase && { phase }),
    },
    stopEvent(record, at),
  ];
}

/** So many groups of each kind leave; all that wait already wait no longer than `until`. */
export function drained(records: CohortRecords, share: Share, wait: Wait): Transition {
  const { at, until } = wait;
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  for (const groupId of scaleDownCandidates(groups, share, at)) {
    const [record, event] = withDrain(groups[groupId] as GroupRecord, wait);
    groups[groupId] = record;
    outbox.push([groupId, event]);
  }
  const sooner = (time: number | null) => time && Math.min(time, until);
  for (const [groupId, record] of Object.entries(groups))
    if (
      Math.max(
        record.drainDeadline ?? 0,
        record.observeUntil ?? 0,
        record.stopUnlessBusyUntil ?? 0,
      ) > until
    )
      groups[groupId] = {
        ...{ ...record, ...withDrainMs(until - at, wait.minIdleMs ?? 0) },
        drainDeadline: sooner(record.drainDeadline),
        stopUnlessBusyUntil: sooner(record.stopUnlessBusyUntil),
        observeUntil: sooner(record.observeUntil),
      };
  if (until > at) return { ...records, groups, outbox };
  const due = expired({ ...records, groups }, at);
  return { ...due, outbox: [...outbox, ...due.outbox] };
}

/** A person wants these groups to leave, whatever the scheduler desires: at an idle moment, and for good. */
export function evicted(records: CohortRecords, groupIds: string[], wait: Wait): Transition {
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  for (const groupId of groupIds) {
    const record = groups[groupId];
    if (!record || record.evicted) continue;
    if (leavesForGood(record) && !awaitsStop(record)) continue;
    if (record.drainRequested) {
      groups[groupId] = { ...record, evicted: true };
      continue;
    }
    const [next, event] = withDrain(record, wait);
    groups[groupId] = { ...next, evicted: true };
    outbox.push([groupId, event]);
  }
  return { ...records, groups, outbox };
}

/** Exactly these must leave, and now: the scheduler itself has chosen them. */
export function released(records: CohortRecords, taskIds: string[], at: number): Transition {
  const named = new Set(taskIds);
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  for (const [groupId, record] of Object.entries(groups)) {
    const { taskArn } = record;
    if (taskArn === null || !named.has(taskIdOf(taskArn))) continue;
    if (leavesForGood(record)) {
      groups[groupId] = { ...record, stopsForGood: true };
      continue;
    }
    const stop = stopping({ ...record, drainDeadline: null }, at);
    groups[groupId] = { ...record, drainRequested: true, ...stop, stopsForGood: true };
    outbox.push([groupId, stopEvent(record, at)]);
  }
  return { ...records, groups, outbox };
}

/** In the record of a group that was told to stop and is not stopped: another stop is held for its whole time again. */
const notStopping = {
  ...{ stopRequestedAt: null, stopHeldSince: null, stoppingSince: null },
  ...{ slowStopReported: false, stopOverdue: false },
};

/** The group stays after all. */
export const withoutDrain = (record: GroupRecord): GroupRecord => ({
  ...record,
  drainRequested: false,
  drainDeadline: null,
  stopUnlessBusyUntil: null,
  unshownSince: null,
  observeUntil: null,
  ...notStopping,
});

/**
 * StopTask of this group may be sent now, and it may have been decided on long ago. A group that was told to stop
 * because it was idle waits again if it is at work by now, or if what is known of its work is old.
 */
export function checkStop(
  record: GroupRecord,
  at: number,
  isOld: boolean,
): [GroupRecord, GroupEvent] {
  const { phase, load, stopAccepted, lastStatus, stopUnlessBusyUntil: until } = record;
  const sent: [GroupRecord, GroupEvent] = [
    phase === 'stopping' && !record.evicted ? { ...record, stopsForGood: true } : record,
    { type: 'group.send' },
  ];
  if (stopAccepted || lastStatus === 'stopping') return sent;
  if (holdsStop(record, at))
    return [{ ...record, ...stopping(record, at) }, { type: 'group.hold' }];
  const mayWork = load !== null && (load.tasks > 0 || (isOld && load.workers > 0));
  if (!mayWork || (until ?? 0) <= at) return sent;
  return [
    {
      ...record,
      ...{ phase: 'waiting', drainDeadline: until, stopUnlessBusyUntil: null },
      ...notStopping,
    },
    { type: 'group.drain' },
  ];
}

/**
 * Takes back groups that were to leave and whose StopTask is not sent yet, in this order:
 * 1. those whose workers are registered;
 * 2. those that are at work for all we know: the others leave as soon as they have been idle for long enough;
 * 3. those for which something is known to run;
 * 4. those that are not told to stop yet;
 * 5. those that have come furthest.
 */
export function undrained(records: CohortRecords, most: number): Transition {
  const chosen = Object.entries(records.groups)
    .filter(
      ([, record]) =>
        ['drainPending', 'cancelled'].includes(categoryOf(record)) || awaitsStop(record),
    )
    .sort(
      ([, a], [, b]) =>
        Number(b.registered) - Number(a.registered) ||
        Number(withoutWork(a)) - Number(withoutWork(b)) ||
        Number(absent(a)) - Number(absent(b)) ||
        Number(awaitsStop(a)) - Number(awaitsStop(b)) ||
        progress[b.phase] - progress[a.phase],
    )
    .slice(0, most)
    .map(([groupId]) => groupId);
  return takenBack(records, chosen);
}

/** These groups stay after all. The StopTask of none is sent yet. */
export function takenBack(records: CohortRecords, groupIds: string[]): Transition {
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  for (const groupId of groupIds) {
    const record = groups[groupId] as GroupRecord;
    outbox.push([groupId, { type: 'group.cancelDrain' }]);
    groups[groupId] = withoutDrain(record);
    if (!awaitsStop(record)) continue;
    // The group reports that, too; until then its record would count as one that is told to stop.
    groups[groupId] = { ...withoutDrain(record), phase: 'running' };
    // Told to stop, it took in nothing of its workers.
    if (!record.registered && hasWorkers(record))
      outbox.push([groupId, { type: 'task.registered' }]);
  }
  return { ...records, groups, outbox };
}
