import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../shared/clock.ts';

/** Time for code with effects; the simulation supplies another one. */
export interface Clock {
  /** Milliseconds since the epoch; never jumps. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now,
  async sleep(ms, signal) {
    signal.throwIfAborted();
    await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};
