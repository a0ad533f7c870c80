import type { GroupEvent } from '../group/workerGroup.ts';
import type { TaskObservation, TaskPhase } from '../shared/domain.ts';
import { stopRepeatMs } from '../shared/timing.ts';
import { aliveUntil, billedAs } from './billing.ts';
import { isGivenUp } from './deniedTasks.ts';
import { applied, stopEvent, stopping, withoutDrain } from './drain.ts';
import {
  absent,
  type CohortRecords,
  type GroupRecord,
  hasWorkers,
  isToldToStop,
  type Outbox,
  type Transition,
  withoutWork,
} from './groupRecords.ts';
import { eventForRunning, eventForStarted, eventForUnknown, failing, hasRun } from './started.ts';
import type { Timeouts } from './timeouts.ts';

/**
 * The event that an observation means for a group; null: nothing new. A stop may still be held back. `listedAt`: as in
 * `isGivenUp`.
 */
export function eventFor(
  record: GroupRecord,
  { phase, cause, detail, clusterGone, startedAt }: TaskObservation,
  at: number,
  timeouts: Timeouts,
  monitorConnected: boolean,
  listedAt: number | null = null,
): GroupEvent | null {
  const age = at - record.deadlinesFrom;
  if (phase === 'stopped') return { type: 'task.stopped', cause: cause ?? 'exited', detail };
  // What the scheduler shows connected is alive, whatever ECS denies.
  const denied = phase === 'missing' && !(monitorConnected && hasWorkers(record));
  // No task lives without its cluster: what was to stop has stopped.
  if (denied && clusterGone && record.stopAccepted)
    return { type: 'task.stopped', cause: 'lost', detail: 'its cluster does not exist any more' };
  if (denied)
    return isGivenUp(record, at, clusterGone ? null : listedAt, timeouts)
      ? { type: 'task.stopped', cause: 'lost', detail: 'ECS does not know this task any more' }
      : null;
  if (phase === 'unknown') {
    const known = { ...record, runningAt: record.runningAt ?? startedAt ?? null };
    return eventForUnknown(known, at, timeouts, monitorConnected);
  }
  if (record.phase === 'held') return null;
  if (record.phase === 'stopping')
    return phase !== 'stopping' && at - (record.stopRequestedAt ?? 0) > stopRepeatMs
      ? { type: 'group.stop' }
      : null;
  if (phase === 'missing') return null;
  if (phase === 'stopping') return failing(cause ?? 'stoppedOutside', detail);
  // It is seen to live, and no other group gave it its place: without work to finish it is stopped now.
  if (record.observeUntil !== null && (record.drainDeadline === null || withoutWork(record)))
    return { type: 'group.stop' };
  if (phase === 'running') return eventForRunning(record, at, timeouts, monitorConnected);
  if (hasRun(record)) return eventForStarted(record, at, timeouts, monitorConnected);
  // Assumed to serve, and one answer may be from before.
  if (record.registered && at - (record.startingSince ?? at) <= timeouts.bootGraceMs) return null;
  // Its workers cannot be at work yet.
  if (record.drainDeadline !== null && !record.registered) return { type: 'group.stop' };
  return age > timeouts.startDeadlineMs
    ? failing('startFailed', `not running ${Math.round(age / 1000)} s after its launch`)
    : null;
}

/** Whether a task has started is known even where its present status is not. */
const runsSince = ({ phase, startedAt }: TaskObservation, at: number): number | null =>
  phase === 'running' ? at : phase === 'unknown' ? (startedAt ?? null) : null;

const lives = (observation: TaskObservation | undefined): boolean =>
  observation?.phase === 'running' || observation?.phase === 'starting';

/** What ECS has shown of it, with this observation. */
function statusAfter(record: GroupRecord, { phase }: TaskObservation): TaskPhase | null {
  if (phase === 'unknown') return record.lastStatus;
  return phase === 'starting' && hasRun(record) ? 'running' : phase;
}

/** ECS shows that it has ended, or is about to. */
const ends = (observation: TaskObservation | undefined): boolean =>
  observation?.phase === 'stopped' || observation?.phase === 'stopping';

/**
 * Each group that is to stay and for which no task lives gives its place to one that is to leave, was not told
 * to stop yet, and lives. A group that serves keeps its place when one poll does not show its task.
 */
function exchanged(
  records: CohortRecords,
  observationOf: (record: GroupRecord) => TaskObservation | undefined,
  at: number,
): Transition {
  const groups = { ...records.groups };
  const all = Object.entries(groups);
  const outbox: Outbox = [];
  const isAbsent = (record: GroupRecord): boolean =>
    !record.registered && absent({ ...record, lastStatus: shownBy(record) });
  function shownBy(record: GroupRecord): TaskPhase | null {
    const phase = observationOf(record)?.phase ?? 'unknown';
    return phase === 'unknown' ? record.lastStatus : phase;
  }
  const isRunning = (record: GroupRecord): boolean => observationOf(record)?.phase === 'running';
  const staying = all.filter(([, record]) => !record.drainRequested && !isToldToStop(record));
  const ended = staying.filter(([, record]) => ends(observationOf(record)));
  const places = [...ended, ...staying.filter(([, record]) => isAbsent(record))];
  const takers = all
    .filter(
      ([, record]) =>
        record.drainRequested &&
        !record.evicted &&
        record.phase === 'waiting' &&
        lives(observationOf(record)),
    )
    .sort(
      ([, a], [, b]) =>
        Number(b.registered) - Number(a.registered) || Number(isRunning(b)) - Number(isRunning(a)),
    )
    .slice(0, places.length);
  for (const [groupId, record] of takers) {
    groups[groupId] = withoutDrain(record);
    outbox.push([groupId, { type: 'group.cancelDrain' }]);
  }
  // A group that has ended needs no order to stop.
  for (const [groupId, record] of places.slice(ended.length, takers.length)) {
    const stop = record.taskArn === null ? { stopRequestedAt: at } : stopping(record, at);
    groups[groupId] = { ...record, drainRequested: true, ...stop };
    outbox.push([groupId, stopEvent(record, at)]);
  }
  return { ...records, groups, outbox };
}

/**
 * DescribeTasks has answered: only groups for which something changed get an event. `describedAt`: when it last did
 * before; null: never. `listedAt`: as in `isGivenUp`.
 */
export function reconcileObserved(
  records: CohortRecords,
  observations: TaskObservation[],
  at: number,
  timeouts: Timeouts,
  monitorConnected: boolean,
  describedAt: number | null = null,
  listedAt: number | null = null,
): Transition {
  const byArn = new Map(observations.map((observation) => [observation.taskArn, observation]));
  const observationOf = ({ taskArn }: GroupRecord) =>
    taskArn === null ? undefined : byArn.get(taskArn);
  const { groups, outbox } = exchanged(records, observationOf, at);
  for (const [groupId, record] of Object.entries(groups)) {
    const observation = observationOf(record);
    if (!observation) continue;
    const event = eventFor(record, observation, at, timeouts, monitorConnected, listedAt);
    const lastStatus = statusAfter(record, observation);
    const executionStopped = record.executionStopped || observation.executionStopped === true;
    const startingSince =
      observation.phase === 'starting' && record.assumed ? (record.startingSince ?? at) : null;
    const billed = billedAs(record, observation);
    const isNew =
      record.lastStatus !== lastStatus ||
      record.executionStopped !== executionStopped ||
      record.startingSince !== startingSince ||
      (record.runningAt === null && runsSince(observation, at) !== null) ||
      record.market !== billed.market ||
      record.billedFrom !== billed.billedFrom;
    if (!event && !isNew) continue;
    const observed: GroupRecord = {
      ...record,
      ...(lives(observation) && { observeUntil: null }),
      lastStatus,
      executionStopped,
      missingSince: observation.phase === 'missing' ? (record.missingSince ?? at) : null,
      startingSince,
      aliveUntil: aliveUntil(record, describedAt),
      createdAt: record.createdAt ?? observation.createdAt,
      subnet: observation.subnet ?? record.subnet,
      ...billed,
      failureReason: observation.failureReason ?? record.failureReason,
      runningAt: record.runningAt ?? runsSince(observation, at),
    };
    if (!event) {
      groups[groupId] = observed;
      continue;
    }
    const [next, sent] = applied(observed, event, at);
    groups[groupId] = next;
    outbox.push([groupId, sent]);
  }
  return { ...records, groups, outbox };
}

/**
 * StopTask has answered with the task as it was then. Where DescribeTasks is denied, that shows an end that would not be
 * seen otherwise, or that the task lived when it was told to stop: the answer may have waited to be read.
 */
export function observedByStop(
  records: CohortRecords,
  groupId: string,
  observation: TaskObservation,
  at: number,
  timeouts: Timeouts,
): Transition {
  const record = records.groups[groupId];
  if (record === undefined) return { ...records, outbox: [] };
  if (observation.phase === 'stopped')
    return reconcileObserved(records, [observation], at, timeouts, false);
  const livedAt = record.stopRequestedAt ?? at;
  const alive = {
    ...{ ...record, ...billedAs(record, observation) },
    aliveUntil: Math.max(livedAt, record.aliveUntil ?? livedAt),
  };
  return { ...records, groups: { ...records.groups, [groupId]: alive }, outbox: [] };
}
