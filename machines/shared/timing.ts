/** Later than any time, milliseconds since the epoch, and still a date. */
export const never = 8_640_000_000_000_000;

/** For so long after the scheduler has come back, its demand may be too low: its clients are still reconnecting. */
export const returnGraceMs = 30_000;
