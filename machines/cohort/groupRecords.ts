import { type Category, type Counts, noCounts } from '../fleet/plan.ts';
import type { GroupEvent, GroupPhase } from '../group/workerGroup.ts';
import type { WorkerLoad } from '../scheduler/messages.ts';
import type {
  FailureReason,
  LaunchOrder,
  Market,
  OwnedGroup,
  TaskPhase,
} from '../shared/domain.ts';
import { tasksPerPage } from '../shared/limits.ts';
import { addWorkers } from './degradedCounts.ts';

/** One DescribeTasks page. More children than this under one parent make every spawn slow. */
export const cohortSize = tasksPerPage;

/** What a cohort knows of one group: reported by the group, or last seen at ECS. Times are milliseconds since the epoch. */
export interface GroupRecord {
  taskArn: string | null;
  /** An attempt of its launch has got no answer: it may have started the task; left out: not so. */
  unanswered?: boolean;
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
  /** When it was last told to stop. Its StopTask may still wait for its turn. It is repeated while ECS shows no effect. */
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
export const isToldToStop = ({ phase }: Pick<GroupRecord, 'phase'>): boolean =>
  phase === 'stopping' || phase === 'held';

/**
 * Told to stop, and StopTask waits until AWS's limits let it pass, or until no worker of the group cancels a task. The
 * group can be had back until then, if it lives.
 */
export const awaitsStop = (record: GroupRecord): boolean =>
  isToldToStop(record) &&
  !record.stopsForGood &&
  !record.evicted &&
  record.stopFailures === 0 &&
  record.lastStatus !== 'stopping' &&
  record.workersLostSince === null &&
  !absent(record);

/** What a group counts as. */
export function categoryOf(record: GroupRecord): Category {
  const { drainRequested, registered, load, workersLostSince, lastStatus } = record;
  if (isToldToStop(record) || record.evicted) return 'stopping';
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
    if (record.unanswered && record.taskArn === null) counts.unanswered++;
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

/** An attempt of this launch has got no answer. */
export function withUnanswered(
  { groups, launches }: CohortRecords,
  label: string,
): Record<string, GroupRecord> {
  const waiting = new Set(launches[label]);
  const marked = Object.entries(groups).map(([groupId, record]): [string, GroupRecord] => [
    groupId,
    waiting.has(groupId) ? { ...record, unanswered: true } : record,
  ]);
  return Object.fromEntries(marked);
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
