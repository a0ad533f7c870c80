/**
 * A connection that the scheduler closes in order so soon may have been replaced by another one, ms: longer than the
 * pauses that another manager of our kind makes.
 */
const shortMs = 20_000;
/** So many in a row are no accident. */
const conflictCount = 3;
/** A connection that stands for so long is not contested, ms. */
const longMs = 30_000;
/** How long the other connection has the scheduler before the next attempt, ms. */
const pauseMs = { least: 5000, more: 10_000 };

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
  if (stood >= longMs) return { ...before, shortConnections: 0 };
  if (kind !== 'graceful' || stood >= shortMs) return before;
  return { ...before, shortConnections: before.shortConnections + 1 };
}

/** Without a connection: another one with our identity has the scheduler. */
export function isTaken({ shortConnections }: IdentityConflict): boolean {
  return shortConnections >= conflictCount;
}

/** With a connection: it may be taken again. From the first time on, because the other manager acts meanwhile. */
export function isContested({ shortConnections, openedAt }: IdentityConflict, at: number): boolean {
  return shortConnections > 0 && at - openedAt < longMs;
}

/** How long to wait before the next connection, ms. `jitter`: 0 to 1. */
export function conflictPauseMs(conflict: IdentityConflict, jitter: number): number {
  return isTaken(conflict) ? pauseMs.least + jitter * pauseMs.more : 0;
}
