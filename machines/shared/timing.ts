/** For so long after the scheduler has come back, its demand may be too low: its clients are still reconnecting. */
export const returnGraceMs = 30_000;
