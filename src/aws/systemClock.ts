import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../shared/clock.ts';

/** Time as an effect meets it; a simulation brings its own. */
export interface Clock {
  /** Milliseconds since the epoch that never jump back. */
  now(): number;
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now,
  async sleep(ms, signal) {
    signal.throwIfAborted();
    await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};
