import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerLoad } from '../../machines/scheduler/messages.ts';
import { now } from '../shared/clock.ts';

/** From when a stop was first asked for, ms: a worker that never confirms must not live for ever. */
const limitMs = 30_000;
const lookEveryMs = 100;

/**
 * One release's scheduler ends itself when a worker leaves it that has a task being cancelled. A stop waits the
 * moment that a cancellation takes.
 */
export const createCancellationHold = (
  wait: (ms: number, signal: AbortSignal) => Promise<void> = (ms, signal) =>
    sleep(ms, undefined, { signal }),
) => {
  const canceling = new Set<string>();
  const askedAt = new Map<string, number>();

  return {
    /** What the monitor stream has shown; null: nothing is known any more. */
    keepLoads(loads: Record<string, WorkerLoad> | null): void {
      if (loads === null) canceling.clear();
      for (const [taskId, load] of Object.entries(loads ?? {}))
        if (load.canceling > 0) canceling.add(taskId);
        else canceling.delete(taskId);
    },

    /** Resolves when that Fargate task may be told to stop. */
    async waitUntilSettled(taskId: string, signal: AbortSignal): Promise<void> {
      const since = askedAt.get(taskId) ?? now();
      // Asked again, it waits no longer than it would have.
      askedAt.set(taskId, since);
      while (canceling.has(taskId) && now() - since < limitMs) await wait(lookEveryMs, signal);
      askedAt.delete(taskId);
    },
  };
};
