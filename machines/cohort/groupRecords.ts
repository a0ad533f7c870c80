import { type Counts, noCounts } from '../fleet/plan.ts';
import type { LaunchEnd } from '../group/launch.ts';
import type { GroupEvent, GroupPhase } from '../group/workerGroup.ts';
import type { WorkerLoad } from '../scheduler/monitor.ts';
import type { FailureReason, LaunchOrder, OwnedGroup, TaskPhase } from '../shared/domain.ts';
import { taskIdOf } from '../shared/ids.ts';
import { tasksPerPage } from '../shared/limits.ts';

/** One DescribeTasks page. More children than this under one parent make every spawn slow. */
export const cohortSize = tasksPerPage;

/** What a cohort knows of one group: reported by the group, or last seen at ECS. */
export interface GroupRecord {
  taskArn: string | null;
  phase: GroupPhase;
  registered: boolean;
  drainRequested: boolean;
  stopAccepted: boolean;
  launchedAt: number;
  runningAt: number | null;
  /** When StopTask was last asked for; it is repeated while ECS shows no effect. */
  stopRequestedAt: number | null;
  /** Until when it may wait for an idle moment. */
  drainDeadline: number | null;
  lastStatus: TaskPhase | null;
  /** Since when ECS has denied it, look after look. */
  missingSince: number | null;
  subnet: string | null;
  failureReason: FailureReason | null;
  /** As the scheduler's monitor stream told last; null when nothing is told, or nothing yet. */
  load: WorkerLoad | null;
  /** Since when the monitor has shown none of its workers, though it had shown some. */
  workersLostSince: number | null;
  /** Since when it serves, as the looks have noticed; and whether it has done so for long enough to show that it can. */
  servingSince: number | null;
  stable: boolean;
}

export interface CohortRecords {
  groups: Record<string, GroupRecord>;
  /** Open launches: the groups that wait for each. */
  launches: Record<string, string[]>;
}

/** A launch to be made, with the names of its groups; also one that an earlier run left open. */
export interface LaunchPlan {
  order: LaunchOrder;
  groupIds: string[];
  /** An earlier run may have sent it. */
  outcomeUnknown: boolean;
}

export interface Timeouts {
  /** How long DescribeTasks may deny a new task before it can count as lost, ms. */
  missingGraceMs: number;
  /** From RUNNING to workers that surely know the scheduler, when nothing else tells, ms. */
  bootGraceMs: number;
  /** From the launch to workers that the scheduler knows; who takes longer is stopped and replaced, ms. */
  startDeadlineMs: number;
  /** How long the workers of a running task may be unknown to the scheduler, ms. */
  workersLostMs: number;
  /** After an accepted StopTask, when we may not look, ms. */
  unobservedStopMs: number;
  /** The same when everything is to end, and nobody waits for the room. */
  unobservedExitMs: number;
}

/** New books, and what to tell whom. */
export interface Transition extends CohortRecords {
  outbox: [groupId: string, event: GroupEvent][];
}

const newRecord = (launchedAt: number): GroupRecord => ({
  taskArn: null,
  phase: 'requested',
  registered: false,
  drainRequested: false,
  stopAccepted: false,
  launchedAt,
  runningAt: null,
  stopRequestedAt: null,
  drainDeadline: null,
  lastStatus: null,
  missingSince: null,
  subnet: null,
  failureReason: null,
  load: null,
  workersLostSince: null,
  servingSince: null,
  stable: false,
});

/** Within that time, ms, the monitor stream has told of every task of ours. */
const fullReportMs = 15_000;

/** In the books of a group that is told to stop: nobody takes it back any more. */
export const stopping = (at: number) =>
  ({ phase: 'stopping', drainDeadline: null, stopRequestedAt: at }) as const;

/** What a group counts as. */
export const categoryOf = (record: GroupRecord): keyof Counts => {
  const { phase, drainRequested, registered, load, workersLostSince, lastStatus } = record;
  if (phase === 'stopping') return 'stopping';
  if (drainRequested) return registered ? 'drainPending' : 'cancelled';
  // Nobody is let go because of those who may be dead.
  if (!registered || workersLostSince !== null || (lastStatus === 'missing' && load === null))
    return 'pending';
  return load?.tasks === 0 ? 'idle' : 'busy';
};

export const countRecords = (groups: Record<string, GroupRecord>): Counts => {
  const counts = { ...noCounts };
  for (const record of Object.values(groups)) counts[categoryOf(record)]++;
  return counts;
};

export const admitted = (
  records: CohortRecords,
  launches: LaunchPlan[],
  at: number,
): CohortRecords => ({
  groups: {
    ...records.groups,
    ...Object.fromEntries(
      launches.flatMap(({ groupIds }) => groupIds.map((groupId) => [groupId, newRecord(at)])),
    ),
  },
  launches: {
    ...records.launches,
    ...Object.fromEntries(launches.map(({ order, groupIds }) => [order.label, groupIds])),
  },
});

export const adopted = (records: CohortRecords, owned: OwnedGroup[]): Transition => ({
  ...records,
  groups: {
    ...records.groups,
    ...Object.fromEntries(
      owned.map(({ groupId, taskArn, launchedAt }) => [
        groupId,
        { ...newRecord(launchedAt), taskArn },
      ]),
    ),
  },
  outbox: owned.map(({ groupId, taskArn }) => [groupId, { type: 'group.launched', taskArn }]),
});

/** Who is to leave. */
export type Share = Pick<Counts, 'pending' | 'idle' | 'busy'>;

/** Who has come least far goes first. */
const progress: Record<GroupPhase, number> = {
  requested: 0,
  provisioning: 1,
  running: 2,
  waiting: 3,
  stopping: 3,
};

/** So many of each kind: the least far, then those without workers, the least at work, the youngest. */
export const scaleDownCandidates = (
  groups: Record<string, GroupRecord>,
  share: Share,
): string[] => {
  const sorted = Object.entries(groups).sort(
    ([, a], [, b]) =>
      progress[a.phase] - progress[b.phase] ||
      Number(b.workersLostSince !== null) - Number(a.workersLostSince !== null) ||
      (a.load?.tasks ?? 0) - (b.load?.tasks ?? 0) ||
      b.launchedAt - a.launchedAt,
  );
  return (['pending', 'idle', 'busy'] as const).flatMap((kind) =>
    sorted
      .filter(([, record]) => categoryOf(record) === kind)
      .slice(0, share[kind])
      .map(([groupId]) => groupId),
  );
};

/**
 * To wait for an idle moment makes sense only where the monitor stream can show it, or could a while ago: for
 * who is at work, and for who may be, because nothing was told of it. The answer to a launch can come so late
 * that its workers are at work before we know its tasks: the next look tells. A live worker keeps receiving
 * work, so the wait is bounded: `until`, milliseconds since the epoch.
 */
export const drained = (
  records: CohortRecords,
  share: Share,
  { at, until, monitorEverConnected }: { at: number; until: number; monitorEverConnected: boolean },
): Transition => {
  const groups = { ...records.groups };
  const outbox: Transition['outbox'] = scaleDownCandidates(groups, share).map((groupId) => {
    const record = groups[groupId] as GroupRecord;
    const mayWork =
      record.load === null
        ? monitorEverConnected && record.lastStatus !== 'starting'
        : record.load.tasks > 0;
    const wait = mayWork && until > at;
    groups[groupId] = {
      ...record,
      drainRequested: true,
      drainDeadline: wait ? until : null,
      stopRequestedAt: wait ? null : at,
      ...(!wait && record.taskArn !== null && { phase: 'stopping' }),
    };
    return [groupId, { type: wait ? 'group.drain' : 'group.stop' }];
  });
  for (const [groupId, record] of Object.entries(groups))
    if (record.drainDeadline !== null && record.drainDeadline > until)
      groups[groupId] = { ...record, drainDeadline: until };
  return { ...records, groups, outbox };
};

/** Exactly these must leave, and now: the scheduler itself has chosen them. */
export const released = (records: CohortRecords, taskIds: string[], at: number): Transition => {
  const named = new Set(taskIds);
  const groups = { ...records.groups };
  const outbox: Transition['outbox'] = [];
  for (const [groupId, record] of Object.entries(groups)) {
    if (
      record.taskArn === null ||
      !named.has(taskIdOf(record.taskArn)) ||
      categoryOf(record) === 'stopping'
    )
      continue;
    groups[groupId] = { ...record, drainRequested: true, ...stopping(at) };
    outbox.push([groupId, { type: 'group.stop' }]);
  }
  return { ...records, groups, outbox };
};

/** Those that were to leave and have not been told to stop yet: who serves, then the furthest. */
export const undrained = (records: CohortRecords, most: number): Transition => {
  const groups = { ...records.groups };
  const chosen = Object.entries(groups)
    .filter(([, record]) => ['drainPending', 'cancelled'].includes(categoryOf(record)))
    .sort(
      ([, a], [, b]) =>
        Number(b.registered) - Number(a.registered) || progress[b.phase] - progress[a.phase],
    )
    .slice(0, most)
    .map(([groupId]) => groupId);
  for (const groupId of chosen)
    groups[groupId] = {
      ...(groups[groupId] as GroupRecord),
      drainRequested: false,
      drainDeadline: null,
    };
  return {
    ...records,
    groups,
    outbox: chosen.map((groupId) => [groupId, { type: 'group.cancelDrain' }]),
  };
};

/** Who serves for so long, ms, does not end because of how it was launched. */
const stableAfterMs = 120_000;

/** At a look: who serves by now, and who has done so for long. */
export const recordServing = (
  records: CohortRecords,
  at: number,
): CohortRecords & { nowStable: string[] } => {
  const groups = { ...records.groups };
  const nowStable: string[] = [];
  for (const [groupId, record] of Object.entries(records.groups)) {
    if (!record.registered || record.stable) continue;
    const servingSince = record.servingSince ?? at;
    const stable = at - servingSince >= stableAfterMs;
    if (stable) nowStable.push(groupId);
    groups[groupId] = { ...record, servingSince, stable };
  }
  return { ...records, groups, nowStable };
};

/** Whose wait for an idle moment is over. */
export const expired = (records: CohortRecords, at: number): Transition => {
  const groups = { ...records.groups };
  const outbox: Transition['outbox'] = [];
  for (const [groupId, record] of Object.entries(groups)) {
    if (record.taskArn === null || record.drainDeadline === null || at < record.drainDeadline)
      continue;
    groups[groupId] = { ...record, ...stopping(at) };
    outbox.push([groupId, { type: 'group.stop' }]);
  }
  return { ...records, groups, outbox };
};

/** What the monitor stream said of tasks whose workers changed; null: it says nothing any more. */
export const recordLoads = (
  records: CohortRecords,
  loads: Record<string, WorkerLoad> | null,
  at: number,
): Transition => {
  const groups = { ...records.groups };
  const outbox: Transition['outbox'] = [];
  for (const [groupId, record] of Object.entries(groups)) {
    if (record.taskArn === null) continue;
    const load = loads === null ? null : loads[taskIdOf(record.taskArn)];
    if (load === undefined) continue;
    const present = load !== null && load.workers > 0;
    const next = {
      ...record,
      load,
      workersLostSince:
        present || load === null || !record.registered ? null : (record.workersLostSince ?? at),
    };
    if (present && !record.registered) outbox.push([groupId, { type: 'task.registered' }]);
    if (load?.tasks === 0 && (present || !record.registered) && record.drainDeadline !== null) {
      outbox.push([groupId, { type: 'group.stop' }]);
      Object.assign(next, stopping(at));
    }
    groups[groupId] = next;
  }
  return { ...records, groups, outbox };
};

/** Launches whose every group is to leave. */
export const unwantedLaunches = ({ groups, launches }: CohortRecords): string[] =>
  Object.entries(launches)
    .filter(([, groupIds]) => groupIds.every((groupId) => groups[groupId]?.drainRequested ?? true))
    .map(([label]) => label);

/**
 * A launch has ended: its groups learn their ARN or their refusal. Its tasks may be a moment old by now.
 * Where ECS refused some, who was to leave and got a task takes the place of who was to stay and got none.
 */
export const settled = (records: CohortRecords, end: LaunchEnd, at: number): Transition => {
  const { [end.label]: drainPending = [], ...launches } = records.launches;
  const groups = { ...records.groups };
  const arns = new Map(end.groups.map(({ groupId, taskArn }) => [groupId, taskArn]));
  const reason = end.refusals[0]?.reason ?? 'RunTask answered with fewer tasks than were asked for';
  const outbox: Transition['outbox'] = [];
  let places = drainPending.filter(
    (id) => groups[id]?.drainRequested === false && !arns.has(id),
  ).length;
  for (const groupId of drainPending) {
    const record = groups[groupId];
    if (!record) continue;
    const taskArn = arns.get(groupId);
    if (taskArn === undefined) {
      outbox.push([groupId, { type: 'group.refused', reason }]);
      continue;
    }
    const stays = record.drainRequested && places > 0;
    if (stays) {
      places--;
      outbox.push([groupId, { type: 'group.cancelDrain' }]);
    }
    groups[groupId] = {
      ...record,
      taskArn,
      launchedAt: Math.max(record.launchedAt, at),
      drainRequested: record.drainRequested && !stays,
      drainDeadline: stays
        ? null
        : record.drainDeadline && Math.max(record.drainDeadline, at + fullReportMs),
    };
    outbox.push([groupId, { type: 'group.launched', taskArn }]);
  }
  return { groups, launches, outbox };
};
