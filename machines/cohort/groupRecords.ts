import { type Category, type Counts, noCounts } from '../fleet/plan.ts';
import type { GroupEvent, GroupPhase } from '../group/workerGroup.ts';
import type { WorkerLoad } from '../scheduler/messages.ts';
import { sameLoad } from '../scheduler/runningTasks.ts';
import type {
  FailureReason,
  LaunchOrder,
  Market,
  OwnedGroup,
  TaskPhase,
} from '../shared/domain.ts';
import { taskIdOf } from '../shared/ids.ts';
import { tasksPerPage } from '../shared/limits.ts';
import { stopHoldMs } from '../shared/timing.ts';
import { addWorkers } from './degradedCounts.ts';
import { hasRested, withIdleSince, withRenewedDeadline } from './minimumIdle.ts';

/** One DescribeTasks page. More children than this under one parent make every spawn slow. */
export const cohortSize = tasksPerPage;

/** What a cohort knows of one group: reported by the group, or last seen at ECS. Times are milliseconds since the epoch. */
export interface GroupRecord {
  taskArn: string | null;
  phase: GroupPhase;
  registered: boolean;
  /** It counts as registered for its age alone: DescribeTasks was denied, and nothing has shown that its task runs. */
  assumed: boolean;
  drainRequested: boolean;
  /** A person has ordered the drain: the group is never taken back. */
  evicted: boolean;
  stopAccepted: boolean;
  /** StopTask may have been sent, or the group has failed, or the scheduler has chosen it to stop: it is not taken back. */
  stopsForGood: boolean;
  /** How many of our StopTask calls have failed. */
  stopFailures: number;
  /** When ECS created the task, by our clock; null: not known yet. */
  createdAt: number | null;
  /** The moment the deadlines of the group count from: its launch, or when this run came to own it. */
  deadlinesFrom: number;
  runningAt: number | null;
  /** An earlier run has seen it run; left out: not so. */
  ranBefore?: boolean | undefined;
  /** When StopTask was last requested; it is repeated while ECS shows no effect. */
  stopRequestedAt: number | null;
  /** Since when StopTask is held back because a worker of the group cancels a task. */
  stopHeldSince: number | null;
  /** Since when it is being stopped, as the polls have noticed. */
  stoppingSince: number | null;
  /** The stop takes long, and that was reported. */
  slowStopReported: boolean;
  /** The stop takes so long that the group uses no slot any more. */
  stopOverdue: boolean;
  /** ECS shows that its container has ended. */
  executionStopped: boolean;
  /** Until when it may wait for an idle moment. */
  drainDeadline: number | null;
  /** Told to stop because it was idle: should it be at work when StopTask may be sent, it may wait again, until then. */
  stopUnlessBusyUntil: number | null;
  /** To leave, but not told to stop before DescribeTasks has shown its task; until then at the latest. */
  observeUntil: number | null;
  lastStatus: TaskPhase | null;
  /** Since when ECS has denied it, poll after poll and list after list; and since when it has shown one that is assumed to run as starting. */
  missingSince: number | null;
  startingSince: number | null;
  subnet: string | null;
  /** Where it is bought: as its launch asked for it, then as ECS shows it. */
  market: Market;
  /** The moment from which its task is billed, as last shown by ECS; null: not shown yet. */
  billedFrom: number | null;
  /** The same until ECS shows it, of a task of an earlier run (`OwnedGroup`); null: of this run, or not known. */
  presumedFrom: number | null;
  /** When its task was last known to live, where no later answer of DescribeTasks shows it; null: not known. */
  aliveUntil: number | null;
  /** How long its task lived, ms; null: it lives, or ECS did not say. */
  livedMs: number | null;
  failureReason: FailureReason | null;
  /** What the scheduler's monitor stream showed last; null when nothing is shown, or nothing yet. */
  load: WorkerLoad | null;
  /** How many tasks of it are being cancelled, where `load` is not known; left out: none is shown. */
  canceling?: number;
  /** How many workers it had when the stream last showed any, or by its launch; left out: neither is known. */
  shownWorkers?: number;
  /** It waits for an idle moment, and since when nothing shows what it has to do; null: it does not, or that is shown. */
  unshownSince: number | null;
  /** Since when the monitor has shown none of its workers, though it had shown some. */
  workersLostSince: number | null;
  /** Since when it serves, as the polls have noticed; and whether it has done so for long enough to show that it can. */
  servingSince: number | null;
  stable: boolean;
  /** Since when it has had only some of its workers, as the polls have noticed; and whether that is for good. */
  degradedSince: number | null;
  degraded: boolean;
  /** Since when it has had no task; left out: not so, or no time is asked for. */
  idleSince?: number | null;
  /** How long it may wait for an idle moment once it is to leave, ms; left out: `drainDeadline` is never renewed. */
  drainMs?: number;
  /** It is older than max_lifetime, and the next to be replaced. */
  aged: boolean;
}

export interface CohortRecords {
  groups: Record<string, GroupRecord>;
  /** Open launches: the groups that wait for each. */
  launches: Record<string, string[]>;
}

/** A launch to be made, with the ids of its groups; also one that an earlier run left open. */
export interface LaunchPlan {
  order: LaunchOrder;
  groupIds: string[];
  /** An earlier run may have sent it. */
  outcomeUnknown: boolean;
}

export type Outbox = [groupId: string, event: GroupEvent][];

/** New records, and the events for the groups. */
export interface Transition extends CohortRecords {
  outbox: Outbox;
}

const newRecord = (deadlinesFrom: number, market: Market = 'onDemand'): GroupRecord => ({
  taskArn: null,
  phase: 'requested',
  registered: false,
  assumed: false,
  drainRequested: false,
  evicted: false,
  stopAccepted: false,
  stopsForGood: false,
  stopFailures: 0,
  createdAt: null,
  deadlinesFrom,
  runningAt: null,
  stopRequestedAt: null,
  stopHeldSince: null,
  stoppingSince: null,
  slowStopReported: false,
  stopOverdue: false,
  executionStopped: false,
  drainDeadline: null,
  stopUnlessBusyUntil: null,
  observeUntil: null,
  lastStatus: null,
  missingSince: null,
  startingSince: null,
  subnet: null,
  market,
  billedFrom: null,
  presumedFrom: null,
  aliveUntil: null,
  livedMs: null,
  failureReason: null,
  load: null,
  unshownSince: null,
  workersLostSince: null,
  servingSince: null,
  stable: false,
  degradedSince: null,
  degraded: false,
  aged: false,
});

/** Told to stop, or to be told as soon as no worker of it cancels a task. */
export const leavesForGood = ({ phase }: Pick<GroupRecord, 'phase'>): boolean =>
  phase === 'stopping' || phase === 'held';

/**
 * Told to stop, and StopTask waits until AWS's limits let it pass, or until no worker of the group cancels a task. The
 * group can be had back until then, if it lives.
 */
export const awaitsStop = (record: GroupRecord): boolean =>
  leavesForGood(record) &&
  !record.stopsForGood &&
  !record.evicted &&
  record.stopFailures === 0 &&
  record.lastStatus !== 'stopping' &&
  record.workersLostSince === null &&
  !absent(record);

/** One release's scheduler ends itself when a worker leaves it that cancels a task. */
export const holdsStop = (
  { load, canceling = 0, stopHeldSince }: GroupRecord,
  at: number,
): boolean => (load?.canceling ?? canceling) > 0 && at - (stopHeldSince ?? at) < stopHoldMs;

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

/** What a group counts as. */
export function categoryOf(record: GroupRecord): Category {
  const { drainRequested, registered, load, workersLostSince, lastStatus } = record;
  if (leavesForGood(record) || record.evicted) return 'stopping';
  if (drainRequested) return registered ? 'drainPending' : 'cancelled';
  // Groups that may be dead do not count as serving, so they never cause a scale-down.
  if (!registered || workersLostSince !== null || (lastStatus === 'missing' && load === null))
    return 'pending';
  return load?.tasks === 0 ? 'idle' : 'busy';
}

export const hasWorkers = ({ load }: Pick<GroupRecord, 'load'>): boolean =>
  load !== null && load.workers > 0;

/** The monitor stream shows that it has nothing to do. Without workers that is only so of one that never had any. */
export const withoutWork = (record: Pick<GroupRecord, 'load' | 'registered'>): boolean =>
  record.load?.tasks === 0 && (hasWorkers(record) || !record.registered);

/** It waits for an idle moment, and that is now. */
export const waitsIdle = (record: GroupRecord): boolean =>
  record.drainDeadline !== null && record.observeUntil === null && withoutWork(record);

/** Neither ECS nor the monitor stream shows anything that runs for it: not yet, or not any more. */
export const absent = (record: GroupRecord): boolean =>
  record.taskArn === null || (record.lastStatus === 'missing' && !hasWorkers(record));

/** On its way out, and it uses no slot any more; it is watched to its end. */
const freed = ({ phase, stopAccepted, executionStopped, stopOverdue }: GroupRecord): boolean =>
  phase === 'stopping' && stopAccepted && (executionStopped || stopOverdue);

/** StopTask fails for it: until it stops, its workers do what those of another group would do. */
const stopFails = (record: GroupRecord): boolean =>
  record.phase === 'stopping' &&
  record.stopFailures > 0 &&
  !record.stopAccepted &&
  record.lastStatus !== 'stopping';

export function countRecords(groups: Record<string, GroupRecord>, workersPerTask = 1): Counts {
  const counts = { ...noCounts };
  for (const record of Object.values(groups)) {
    const category = categoryOf(record);
    counts[category]++;
    if (category === 'pending' && absent(record)) counts.absent++;
    if (record.missingSince !== null) counts.denied++;
    if (freed(record)) counts.freed++;
    if (awaitsStop(record)) counts.unsent++;
    if (stopFails(record)) counts.unstoppedWorkers += record.load?.workers ?? 0;
    if (category === 'stopping' && record.phase === 'waiting') counts.waiting++;
    if (category === 'drainPending' && withoutWork(record)) counts.resting++;
    if (record.aged && record.load?.workers !== 0) counts.aged++;
    addWorkers(counts, record, category, workersPerTask);
  }
  return counts;
}

export function admitted(
  records: CohortRecords,
  launches: LaunchPlan[],
  at: number,
): CohortRecords {
  const groups = { ...records.groups };
  const open = { ...records.launches };
  for (const { order, groupIds } of launches) {
    open[order.label] = groupIds;
    for (const groupId of groupIds) groups[groupId] = newRecord(at, order.market);
  }
  return { groups, launches: open };
}

export function adopted(records: CohortRecords, owned: OwnedGroup[]): Transition {
  const groups = { ...records.groups };
  for (const { groupId, market, hasRun, workers, presumedFrom = null, ...task } of owned) {
    const known = { ...task, presumedFrom, aliveUntil: task.deadlinesFrom };
    const runs = { phase: 'provisioning' as const, ...(hasRun && { ranBefore: true }) };
    const size = workers !== undefined && { shownWorkers: workers };
    groups[groupId] = { ...newRecord(task.deadlinesFrom, market), ...known, ...runs, ...size };
  }
  return {
    ...records,
    groups,
    outbox: owned.map(({ groupId, taskArn }) => [groupId, { type: 'group.launched', taskArn }]),
  };
}

/** Phases in which a group takes in that its workers have registered. */
const canRegister = ({ phase }: GroupRecord): boolean =>
  phase === 'provisioning' || phase === 'running' || phase === 'waiting';

/** The record of a group whose workers have just come to be known. Its own report of that changes nothing more. */
const registeredRecord = (record: GroupRecord): GroupRecord => ({
  ...record,
  registered: true,
  phase: record.phase === 'provisioning' ? 'running' : record.phase,
});

const withoutCanceling = ({ canceling: _, ...record }: GroupRecord): GroupRecord => record;

/**
 * What the monitor stream showed of tasks whose workers changed; null: it shows nothing any more. `nowRegistered`: the
 * groups whose workers have come to be known.
 */
export function recordLoads(
  records: CohortRecords,
  loads: Record<string, WorkerLoad> | null,
  at: number,
  minIdleMs = 0,
): Transition & { nowRegistered: string[] } {
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  const nowRegistered: string[] = [];
  for (const [groupId, before] of Object.entries(records.groups)) {
    if (before.taskArn === null) continue;
    const load = loads === null ? null : loads[taskIdOf(before.taskArn)];
    if (load === undefined) continue;
    const present = hasWorkers({ load });
    const registers = present && !before.registered && canRegister(before);
    const workersLostSince =
      present || load === null || !before.registered ? null : (before.workersLostSince ?? at);
    const unshownSince =
      load === null && before.drainDeadline !== null ? (before.unshownSince ?? at) : null;
    const isNews = !sameLoad(load, before.load) || workersLostSince !== before.workersLostSince;
    const known = before.canceling === undefined ? before : withoutCanceling(before);
    const record = registers ? registeredRecord(known) : known;
    const news = { load, workersLostSince, unshownSince, assumed: before.assumed && !present };
    const shown = load !== null && present && { shownWorkers: load.workers };
    const idle = withIdleSince(before, load, at, minIdleMs);
    const next: GroupRecord = isNews ? { ...record, ...news, ...shown, ...idle } : record;
    groups[groupId] = next;
    if (registers) nowRegistered.push(groupId);
    if (present && !before.registered) outbox.push([groupId, { type: 'task.registered' }]);
    const settled = next.phase === 'held' && !holdsStop(next, at);
    if (!(waitsIdle(next) && hasRested(next, at, minIdleMs)) && !settled) continue;
    groups[groupId] = { ...next, ...stopping(withRenewedDeadline(next, at, minIdleMs), at) };
    outbox.push([groupId, stopEvent(next, at)]);
  }
  return { ...records, groups, outbox, nowRegistered };
}
