const origin = Date.now() - performance.now();

/** Milliseconds since the epoch that never jump: the wall clock as it was at start, carried on monotonically. */
export const now = (): number => origin + performance.now();
