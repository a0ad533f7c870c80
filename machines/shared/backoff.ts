export interface Backoff {
  firstMs: number;
  longestMs: number;
}

/** The pause after this many failures in a row: `firstMs` after the first, then twice as long each time, up to `longestMs`. */
export function backoff(failures: number, { firstMs, longestMs }: Backoff): number {
  return Math.min(longestMs, firstMs * 2 ** Math.max(0, failures - 1));
}

/** Between half of a pause (`jitter` 0) and all of it (`jitter` 1), so that many processes do not retry at one moment. */
export function jittered(pauseMs: number, jitter: number): number {
  return pauseMs * (0.5 + jitter / 2);
}
