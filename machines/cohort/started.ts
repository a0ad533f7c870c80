import type { GroupEvent } from '../group/workerGroup.ts';
import type { Cause } from '../shared/domain.ts';
import { type GroupRecord, hasWorkers, isToldToStop } from './groupRecords.ts';
import type { Timeouts } from './timeouts.ts';

export const failing = (cause: Cause, detail: string | null): GroupEvent => ({
  type: 'task.failing',
  cause,
  detail,
});

/** No task starts twice: what ECS says of the start of one that has run is no news. */
export const hasRun = (record: GroupRecord): boolean =>
  (record.registered && !record.assumed) ||
  record.runningAt !== null ||
  record.ranBefore === true ||
  hasWorkers(record);

/** The words of a task whose workers never came: mostly the address is wrong, or its port is closed. */
function neverCame(ageMs: number, workerSchedulerAddress?: string): string {
  const words = `no worker at the scheduler ${seconds(ageMs)} s after the launch`;
  return workerSchedulerAddress === undefined
    ? words
    : `${words}: workers are told the address ${workerSchedulerAddress}`;
}

const seconds = (ms: number): number => Math.round(ms / 1000);

/**
 * The task has started, whatever its status is now: do its workers serve? `startedAt`: when it had at the latest.
 * `monitorConnected`: the monitor stream would show its workers. One that has started serves in time where no stream
 * shows it; else it would never be one too many.
 */
export function eventForStarted(
  record: GroupRecord,
  at: number,
  { bootGraceMs, startDeadlineMs, workersLostMs, workerSchedulerAddress }: Timeouts,
  monitorConnected: boolean,
  startedAt: number = record.runningAt ?? record.deadlinesFrom,
): GroupEvent | null {
  const age = at - record.deadlinesFrom;
  const isUp = at - startedAt > bootGraceMs;
  if (!record.registered) {
    if (!monitorConnected) return isUp ? { type: 'task.registered' } : null;
    return age > startDeadlineMs && isUp && !hasWorkers(record)
      ? failing('startFailed', neverCame(age, workerSchedulerAddress))
      : null;
  }
  const alone = at - (record.workersLostSince ?? at);
  return monitorConnected && alone > workersLostMs
    ? failing('lost', `no worker at the scheduler for ${seconds(alone)} s`)
    : null;
}

/** Running at ECS. */
export const eventForRunning = (
  record: GroupRecord,
  at: number,
  timeouts: Timeouts,
  monitorConnected: boolean,
): GroupEvent | null =>
  record.phase === 'provisioning'
    ? { type: 'task.running' }
    : eventForStarted(record, at, timeouts, monitorConnected, record.runningAt ?? at);

/** An unknown status is no news, but it shows no start either: a group that was never seen to run has failed in time. */
export function eventForUnknown(
  record: GroupRecord,
  at: number,
  timeouts: Timeouts,
  monitorConnected: boolean,
): GroupEvent | null {
  if (isToldToStop(record)) return null;
  if (record.registered || hasRun(record))
    return eventForStarted(record, at, timeouts, monitorConnected);
  const age = at - record.deadlinesFrom;
  return age > timeouts.startDeadlineMs
    ? failing('startFailed', `not known to run ${seconds(age)} s after its launch`)
    : null;
}
