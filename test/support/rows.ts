import type { CohortRecords, GroupRecord } from '../../machines/cohort/groupRecords.ts';
import type { TaskObservation } from '../../machines/shared/domain.ts';

export const arn = (id: string): string => `arn:aws:ecs:eu-west-1:1:task/cluster/${id}`;

/** A group that waits for its task, but for what is given. */
export const rowOf = (given: Partial<GroupRecord> = {}): GroupRecord => ({
  taskArn: null,
  phase: 'requested',
  registered: false,
  assumed: false,
  drainRequested: false,
  evicted: false,
  stopAccepted: false,
  stopFailures: 0,
  createdAt: null,
  deadlinesFrom: 0,
  runningAt: null,
  stopRequestedAt: null,
  stopHeldSince: null,
  stoppingSince: null,
  slowStopReported: false,
  stopOverdue: false,
  stopsForGood: false,
  executionStopped: false,
  drainDeadline: null,
  stopUnlessBusyUntil: null,
  observeUntil: null,
  lastStatus: null,
  load: null,
  unshownSince: null,
  workersLostSince: null,
  servingSince: null,
  stable: false,
  degradedSince: null,
  degraded: false,
  missingSince: null,
  startingSince: null,
  aged: false,
  subnet: null,
  market: 'onDemand',
  billedFrom: null,
  presumedFrom: null,
  aliveUntil: null,
  livedMs: null,
  failureReason: null,
  ...given,
});

/** One whose workers are known to the scheduler. */
export const serves = (given: Partial<GroupRecord> = {}): GroupRecord =>
  rowOf({ taskArn: arn('t'), phase: 'running', registered: true, ...given });

/** What ECS shows of the task `t`. */
export const observed = (
  phase: TaskObservation['phase'],
  more: Partial<TaskObservation> = {},
): TaskObservation => ({
  ...{ taskArn: arn('t'), phase, cause: null, detail: null, createdAt: null },
  ...more,
});

/** What the monitor stream shows of a task with four workers that have so many tasks. */
export const load = (tasks: number) => ({ workers: 4, tasks, canceling: 0 });

/** One at work that waits for an idle moment. */
export const waits = (given: Partial<GroupRecord> = {}): GroupRecord =>
  serves({ phase: 'waiting', drainRequested: true, drainDeadline: 9000, load: load(2), ...given });

/** One whose task `r` runs, and whose workers are not known yet. */
export const runs = (given: Partial<GroupRecord> = {}): GroupRecord =>
  rowOf({ taskArn: arn('r'), phase: 'running', ...given });

/** The records of a cohort without open launches. */
export const recordsOf = (groups: Record<string, GroupRecord>): CohortRecords => ({
  groups,
  launches: {},
});
