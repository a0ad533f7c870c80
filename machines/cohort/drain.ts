import type { GroupEvent } from '../group/workerGroup.ts';
import { backoff } from '../shared/backoff.ts';
import { never, stopBackoff, stopHoldMs, unshownWorkMs } from '../shared/timing.ts';
import {
  awaitsStop,
  type CohortRecords,
  categoryOf,
  type GroupRecord,
  hasWorkers,
  isToldToStop,
  type Outbox,
  type Transition,
  withoutWork,
} from './groupRecords.ts';
import { isResting, withDrainMs, withRenewedDeadline } from './minimumIdle.ts';
import { recallOrder, type Share, scaleDownCandidates } from './scaleDown.ts';

/*
 * The drain of a group, from the command to its end. This file decides; `group/workerGroup.ts` is the chart.
 *
 * 1. The group is chosen: by the fleet manager's number (`drained`), or by an operator or the scheduler itself
 *    (`orderedDrains.ts`). Of pending, idle and busy groups as many leave as the number says: of each kind first those for
 *    which nothing runs, then those that would lose the least, then the youngest (`scaleDown.ts`). While its launch has no
 *    answer its drain is only noted: it begins with the answer, or the launch is withdrawn if all its groups are to leave.
 * 2. It waits for an idle moment (`withDrain`; chart: waiting), unless it has nothing to do, or the monitor stream has
 *    never shown anything, so that no idle moment could be seen. Idle means: a load shows no task, and workers, or that its
 *    workers have not come yet. The wait ends with such a load (`stoppedByLoad`, called by `recordLoads`), at a poll
 *    (`stoppedAtPoll`, called by `enforceDeadlines`; above the limit it is not for ever: `overdue.ts`), or with what ECS
 *    shows (`eventFor` in `observe.ts`).
 * 3. Its StopTask is held back while a worker of it cancels a task (`holdsStop`; chart: held).
 * 4. AWS's limits let StopTask pass. It is asked for once more whether the group is still to stop (`answeredStop`, called by
 *    `onStopTurn`). If it was told to stop because it was idle and is at work by now, it waits again.
 * 5. Until then the group can stay after all (`undrained`, `takenBack`). Not so if an operator or the scheduler has ordered
 *    its drain, or its task fails, is being stopped or is gone, or, unless it waits again, if StopTask has failed
 *    (`awaitsStop`).
 * 6. `observe.ts` asks for StopTask again where ECS shows no effect of it after a while, and tells the end.
 */

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
 * group at work, and for one that may be, because nothing was shown of it, or nothing for long. The answer to a launch can
 * come so late that its workers are at work before we know its tasks: the next poll shows it. It may wait until `until`;
 * by default that is never.
 */
export function withDrain(
  before: GroupRecord,
  { at, until, monitorEverConnected, isOld = false, minIdleMs = 0 }: Wait,
): [GroupRecord, GroupEvent] {
  const record = { ...before, ...withDrainMs(until - at, minIdleMs) };
  const mayWork =
    record.load === null
      ? monitorEverConnected && record.lastStatus !== 'starting'
      : record.load.tasks > 0 || (isOld && hasWorkers(record)) || isResting(record, at, minIdleMs);
  if (mayWork && until > at)
    return [
      {
        ...{ ...record, drainRequested: true, drainDeadline: until, stopRequestedAt: null },
        unshownSince: record.load === null ? at : null,
      },
      { type: 'group.drain' },
    ];
  // Should it be at work when StopTask may be sent, it may wait after all, until `until`.
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
  const due = stoppedAtPoll({ ...records, groups }, at);
  return { ...due, outbox: [...outbox, ...due.outbox] };
}

/** It waits for an idle moment, and that is now. */
const waitsIdle = (record: GroupRecord): boolean =>
  record.drainDeadline !== null && record.observeUntil === null && withoutWork(record);

/** The time of a group that waited is up: its record, and the event for it. */
function toldToStop(record: GroupRecord, at: number, minIdleMs: number): [GroupRecord, GroupEvent] {
  const next = { ...record, ...stopping(withRenewedDeadline(record, at, minIdleMs), at) };
  return [next, stopEvent(record, at)];
}

/** What held its stop back is over. */
const isReleased = (record: GroupRecord, at: number): boolean =>
  record.phase === 'held' && !holdsStop(record, at);

/** A load has shown that a group that waits is idle, or that a cancellation that held its stop is over; null: neither. */
export function stoppedByLoad(
  record: GroupRecord,
  at: number,
  minIdleMs: number,
): [GroupRecord, GroupEvent] | null {
  const isIdle = waitsIdle(record) && !isResting(record, at, minIdleMs);
  return isReleased(record, at) || isIdle ? toldToStop(record, at, minIdleMs) : null;
}

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
export function stoppedAtPoll(
  records: CohortRecords,
  at: number,
  isCurrent = true,
  minIdleMs = 0,
): Transition {
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  for (const [groupId, record] of Object.entries(groups)) {
    const until = Math.max(record.drainDeadline ?? 0, record.observeUntil ?? 0);
    const rests = isResting(record, at, minIdleMs);
    // The deadline is for a group at work. One that is idle leaves once it has been so for long enough; if it gets
    // work before that, its deadline is renewed (`withRenewedDeadline`).
    const isLate = at >= until && !rests;
    const waited = record.taskArn !== null && until > 0 && (isLate || isUnshown(record, at));
    const isIdle = isCurrent && waitsIdle(record) && !rests;
    if (!waited && !isIdle && !isReleased(record, at) && !stopHasFailed(record, at)) continue;
    const [next, event] = toldToStop(record, at, minIdleMs);
    groups[groupId] = next;
    outbox.push([groupId, event]);
  }
  return { ...records, groups, outbox };
}

/** One release's scheduler ends itself when a worker leaves it that cancels a task. */
const holdsStop = ({ load, canceling = 0, stopHeldSince }: GroupRecord, at: number): boolean =>
  (load?.canceling ?? canceling) > 0 && at - (stopHeldSince ?? at) < stopHoldMs;

/** In the record of a group that is to stop now: StopTask is requested, or held back. */
export function stopping(record: GroupRecord, at: number): Partial<GroupRecord> {
  const held = holdsStop(record, at);
  const until = record.drainDeadline ?? record.stopUnlessBusyUntil;
  return {
    phase: held ? 'held' : 'stopping',
    drainDeadline: null,
    stopUnlessBusyUntil: (until ?? 0) > at ? until : null,
    observeUntil: null,
    stopRequestedAt: held ? record.stopRequestedAt : at,
    ...(held && { stopHeldSince: record.stopHeldSince ?? at }),
  };
}

/** The event for a group that is to stop now. */
export const stopEvent = (record: GroupRecord, at: number): GroupEvent => ({
  type: holdsStop(record, at) ? 'group.hold' : 'group.stop',
});

/** The record, and the event as the group gets it: a stop is held back while a worker cancels a task. */
export function applied(
  record: GroupRecord,
  event: GroupEvent,
  at: number,
): [GroupRecord, GroupEvent] {
  if (event.type !== 'group.stop' && event.type !== 'task.failing') return [record, event];
  const stop = stopEvent(record, at);
  if (event.type === 'group.stop') return [{ ...record, ...stopping(record, at) }, stop];
  // Its workers do not serve: it waits for no idle moment.
  const next = {
    ...record,
    ...stopping({ ...record, drainDeadline: null }, at),
    stopsForGood: true,
  };
  return [next, stop.type === 'group.hold' ? { ...event, hold: true } : event];
}

/**
 * For the record of a group that was told to stop and stays or waits again: a later stop may be held back for its whole
 * time. What is known of a StopTask that has failed stays: it may still be carried out.
 */
const notStopping = {
  ...{ stopRequestedAt: null, stopHeldSince: null, stoppingSince: null },
  ...{ slowStopReported: false, stopOverdue: false },
};

/**
 * StopTask of this group may be sent now, and it may have been decided on long ago. A group that was told to stop
 * because it was idle waits again if it is at work by now, or if what is known of its work is old. Where nothing is known
 * of it any more, StopTask is sent: it was idle when that was known last.
 */
export function checkStop(
  record: GroupRecord,
  at: number,
  isOld: boolean,
): [GroupRecord, GroupEvent] {
  const { phase, load, stopAccepted, lastStatus, stopUnlessBusyUntil: until } = record;
  const sent: [GroupRecord, GroupEvent] = [
    // One that an operator has ordered to leave is never taken back anyway.
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

/** It is at work, and it can be had back. */
const isStoppedAtWork = (record: GroupRecord): boolean =>
  record.load !== null && record.load.tasks > 0 && awaitsStop(record);

/**
 * The answer to a group whose StopTask may be sent now. A group at work stays while another one of this cohort has nothing to do: the
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
  if (!record || !isToldToStop(record)) return { ...records, outbox: [] };
  const [next, answer] = checkStop(record, at, isOld);
  const isAnyIdle = () => Object.values(groups).some((each) => categoryOf(each) === 'idle');
  if (answer.type === 'group.send' && !isOld && isStoppedAtWork(record) && isAnyIdle())
    return takenBack(records, [groupId]);
  return { ...records, groups: { ...groups, [groupId]: next }, outbox: [[groupId, answer]] };
}

/** So many groups that were to leave stay after all. */
export function undrained(records: CohortRecords, most: number): Transition {
  return takenBack(records, recallOrder(records.groups).slice(0, most));
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
