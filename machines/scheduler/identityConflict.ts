import { conflictPause, longConnectionMs, shortConnectionMs } from '../shared/timing.ts';

/** So many in a row are no accident. */
const conflictCount = 3;

/**
 * Two managers with one identity replace each other's connection for ever, several times a second, because over YMQ
 * the newest connection wins. It shows in connections that the scheduler closes in order as soon as they stand.
 */
export interface IdentityConflict {
  /** Short connections in a row. */
  shortConnections: number;
  openedAt: number;
}

export const noConflict: IdentityConflict = { shortConnections: 0, openedAt: 0 };

export function onConnected(before: IdentityConflict, at: number): IdentityConflict {
  return { ...before, openedAt: at };
}

export function onClosed(before: IdentityConflict, kind: string, at: number): IdentityConflict {
  const stood = at - before.openedAt;
  if (stood >= longConnectionMs) return { ...before, shortConnections: 0 };
  if (kind !== 'graceful' || stood >= shortConnectionMs) return before;
  return { ...before, shortConnections: before.shortConnections + 1 };
}

/** Without a connection: another one with our identity has the scheduler. */
export function isTaken({ shortConnections }: IdentityConflict): boolean {
  return shortConnections >= conflictCount;
}

/** With a connection: it may be taken again. From the first time on, because the other manager acts meanwhile. */
export function isContested({ shortConnections, openedAt }: IdentityConflict, at: number): boolean {
  return shortConnections > 0 && at - openedAt < longConnectionMs;
}

/** How long to wait before the next connection, ms. `jitter`: 0 to 1. */
export function conflictPauseMs(conflict: IdentityConflict, jitter: number): number {
  return isTaken(conflict) ? conflictPause.leastMs + jitter * conflictPause.moreMs : 0;
}
