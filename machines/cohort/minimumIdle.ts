/**
 * How long a group must have been without a task before it is stopped for that. A client that submits, waits and submits
 * again leaves every worker idle for a moment. Normally the cooldown suffices: this is for fleets that have switched it off,
 * or with longer pauses.
 */

import type { WorkerLoad } from '../scheduler/messages.ts';
import { never } from '../shared/timing.ts';

/** What a record says of that. */
interface IdleTime {
  load: WorkerLoad | null;
  idleSince?: number | null;
}

/** And of how long it may wait for an idle moment while it is at work. */
interface DrainTime {
  drainDeadline: number | null;
  drainMs?: number;
}

const isIdle = (load: WorkerLoad | null): boolean => load?.tasks === 0 && load.workers > 0;

/** How long a group that is to leave may wait at work, in its record; nothing where no time is asked for. */
export const withDrainMs = (drainMs: number, minIdleMs: number): Pick<DrainTime, 'drainMs'> =>
  minIdleMs > 0 ? { drainMs } : {};

/**
 * One that is idle at its drain deadline is not stopped before it has been so for long enough. Work that comes meanwhile,
 * or before StopTask is sent, or a stream that is lost must not end it at once: the time that it may wait counts anew.
 */
export function withRenewedDeadline<T extends Omit<IdleTime, 'load'> & DrainTime>(
  record: T,
  at: number,
  minIdleMs: number,
): T {
  const { idleSince = null, drainDeadline, drainMs = 0 } = record;
  const isOver = minIdleMs > 0 && idleSince !== null && at >= (drainDeadline ?? never);
  return isOver ? { ...record, drainDeadline: at + drainMs } : record;
}

/** Since when the group has been idle, in its record; nothing where no time is asked for. */
export function withIdleSince(
  record: Omit<IdleTime, 'load'> & DrainTime,
  load: WorkerLoad | null,
  at: number,
  minIdleMs: number,
): Partial<Omit<IdleTime, 'load'> & DrainTime> {
  if (minIdleMs === 0) return {};
  if (isIdle(load)) return { idleSince: record.idleSince ?? at };
  const { drainDeadline } = withRenewedDeadline(record, at, minIdleMs);
  return { idleSince: null, drainDeadline };
}

/** It is idle, and has been so for less than that. */
export function isResting({ load, idleSince }: IdleTime, at: number, minIdleMs: number): boolean {
  return minIdleMs > 0 && isIdle(load) && at - (idleSince ?? at) < minIdleMs;
}
