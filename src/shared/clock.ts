const origin = Date.now() - performance.now();
let time = systemTime;

function systemTime(): number {
  return origin + performance.now();
}

/** Milliseconds since the epoch that never jump: the wall clock at start plus the monotonic clock since then. */
export function now(): number {
  return time();
}

/** Replaces the system's time, for the simulation and for tests; null restores it. */
export function setTime(other: (() => number) | null): void {
  time = other ?? systemTime;
}
