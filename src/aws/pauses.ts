import type { Clock } from './systemClock.ts';

/** Pauses before another attempt, which an operator can end. */
export interface Pauses {
  /** Resolves after `ms` milliseconds, or when all are ended; rejects with the signal's reason when aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** Those that run now. */
  endAll(): void;
}

export function createPauses(clock: Clock): Pauses {
  const running = new Set<() => void>();
  return {
    async pause(ms, signal) {
      signal.throwIfAborted();
      const over = new AbortController();
      const onAbort = () => over.abort();
      signal.addEventListener('abort', onAbort);
      running.add(onAbort);
      try {
        await clock.sleep(ms, over.signal).catch(() => {});
      } finally {
        running.delete(onAbort);
        signal.removeEventListener('abort', onAbort);
      }
      signal.throwIfAborted();
    },
    endAll() {
      for (const end of running) end();
    },
  };
}
