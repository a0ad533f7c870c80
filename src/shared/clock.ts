const origin = Date.now() - performance.now();
const systemTime = (): number => origin + performance.now();
let time = systemTime;

/** Milliseconds since the epoch that never jump: the wall clock as it was at start, carried on monotonically. */
export const now = (): number => time();

/** A simulation's time instead of the system's; null gives it back. */
export const setTime = (other: (() => number) | null): void => {
  time = other ?? systemTime;
};
