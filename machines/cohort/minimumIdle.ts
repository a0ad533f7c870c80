/**
 * How long a group must have been without a task before it is stopped for that. A client that submits, waits and submits
 * again leaves every worker idle for a moment. Normally the cooldown suffices: this is for those who have switched it off,
 * or whose pauses are longer.
 */

import type { WorkerLoad } from '../scheduler/messages.ts';

/** What a record says of that. */
interface IdleTime {
  load: WorkerLoad | null;
  idleSince?: number | null;
}

const isIdle = (load: WorkerLoad | null): boolean => load?.tasks === 0 && load.workers > 0;

/** Since when the group has been idle, in its record; nothing where no time is asked for. */
export function withIdleSince(
  { idleSince }: Pick<IdleTime, 'idleSince'>,
  load: WorkerLoad | null,
  at: number,
  minIdleMs: number,
): Pick<IdleTime, 'idleSince'> {
  return minIdleMs > 0 ? { idleSince: isIdle(load) ? (idleSince ?? at) : null } : {};
}

/** It has been idle for long enough, or never had workers that could be. */
export function hasRested({ load, idleSince }: IdleTime, at: number, minIdleMs: number): boolean {
  return minIdleMs === 0 || !isIdle(load) || at - (idleSince ?? at) >= minIdleMs;
}
