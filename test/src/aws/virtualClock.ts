import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../src/aws/systemClock.ts';

export interface VirtualClock extends Clock {
  /** Advances the time by `ms` and fires the timers on the way in order. */
  pass(ms: number): Promise<void>;
  /** Timers that run. */
  readonly pending: number;
}

export const virtualClock = (start = 1_000_000): VirtualClock => {
  let time = start;
  const timers = new Set<{ at: number; fire(): void }>();
  return {
    now: () => time,
    get pending() {
      return timers.size;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = {
          at: time + ms,
          fire() {
            timers.delete(timer);
            resolve();
          },
        };
        timers.add(timer);
        signal.addEventListener('abort', () => {
          timers.delete(timer);
          reject(signal.reason);
        });
      }),
    async pass(ms) {
      const until = time + ms;
      for (;;) {
        await setImmediate();
        const next = [...timers].sort((a, b) => a.at - b.at)[0];
        if (!next || next.at > until) break;
        time = Math.max(time, next.at);
        next.fire();
      }
      time = until;
    },
  };
};
