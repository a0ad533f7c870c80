import type { GroupPhase } from '../group/workerGroup.ts';
import type { Prices } from '../shared/bill.ts';
import type { Market, TaskPhase } from '../shared/domain.ts';
import { usdOf } from './billing.ts';
import { categoryOf, type GroupRecord, hasWorkers } from './groupRecords.ts';

/** What a group counts as; see the glossary. */
export type GroupCategory = ReturnType<typeof categoryOf>;

/** A group as a person sees it. Times are milliseconds since the epoch; null: not known, or not yet. */
export interface GroupStatus {
  groupId: string;
  cohortId: string;
  taskArn: string | null;
  category: GroupCategory;
  phase: GroupPhase;
  registered: boolean;
  /** Workers at the scheduler, tasks at them, and those of them that are being cancelled; null: not shown. */
  workers: number | null;
  tasks: number | null;
  canceling: number | null;
  createdAt: number | null;
  deadlinesFrom: number;
  runningAt: number | null;
  servingSince: number | null;
  /** To leave; ordered by a person. */
  drainRequested: boolean;
  evicted: boolean;
  drainDeadline: number | null;
  stopRequestedAt: number | null;
  lastStatus: TaskPhase | null;
  subnet: string | null;
  market: Market;
  /** What its task has cost so far, USD; null: no price is known. */
  usd: number | null;
  /** What is wrong with it, in words; null: nothing. */
  trouble: string | null;
}

/** What is wrong with a group that has not ended; null: nothing. */
export function troubleOf(record: GroupRecord, workersPerTask: number): string | null {
  const { load, registered, phase, lastStatus, workersLostSince } = record;
  if (record.stopOverdue) return 'it was told to stop ten minutes ago, and ECS still shows it';
  if (record.slowStopReported) return 'it was told to stop minutes ago, and ECS still shows it';
  if (phase === 'held') return 'its stop waits for a task that is being cancelled';
  if (record.drainRequested) return null;
  if (workersLostSince !== null) return 'its workers are gone from the scheduler';
  if (lastStatus === 'missing' && !hasWorkers(record)) return 'ECS does not know its task';
  if (registered && load !== null && load.workers < workersPerTask)
    return `${load.workers} of its ${workersPerTask} workers are at the scheduler`;
  return null;
}

export function groupStatus(
  cohortId: string,
  groupId: string,
  record: GroupRecord,
  workersPerTask: number,
  /** At what prices, and until when, its task is counted; left out: not at all. */
  cost?: { prices?: Prices | undefined; at: number },
): GroupStatus {
  const { load } = record;
  return {
    groupId,
    cohortId,
    taskArn: record.taskArn,
    // Drained by order it leaves for good, but at an idle moment.
    category: record.phase === 'waiting' ? 'drainPending' : categoryOf(record),
    phase: record.phase,
    registered: record.registered,
    workers: load?.workers ?? null,
    tasks: load?.tasks ?? null,
    canceling: load?.canceling ?? record.canceling ?? null,
    createdAt: record.createdAt,
    deadlinesFrom: record.deadlinesFrom,
    runningAt: record.runningAt,
    servingSince: record.servingSince,
    drainRequested: record.drainRequested,
    evicted: record.evicted,
    drainDeadline: record.drainDeadline,
    stopRequestedAt: record.stopRequestedAt,
    lastStatus: record.lastStatus,
    subnet: record.subnet,
    market: record.market,
    usd: cost ? usdOf(record, cost.prices, cost.at) : null,
    trouble: troubleOf(record, workersPerTask),
  };
}

export interface Degraded {
  groupId: string;
  taskArn: string | null;
  trouble: string;
}

/** The groups of a cohort with which something is wrong. */
export function degradedIn(
  groups: Record<string, GroupRecord>,
  workersPerTask: number,
): Degraded[] {
  const degraded: Degraded[] = [];
  for (const [groupId, record] of Object.entries(groups)) {
    const trouble = troubleOf(record, workersPerTask);
    if (trouble !== null) degraded.push({ groupId, taskArn: record.taskArn, trouble });
  }
  return degraded;
}
