import { setTimeout as sleep } from 'node:timers/promises';
import type { MonitorMessage } from '../../machines/scheduler/messages.ts';
import { now } from '../shared/clock.ts';
import { taskOf } from './monitorSocket.ts';

/** From when a stop was first asked for, ms: a worker that never confirms must not live for ever. */
const limitMs = 30_000;
const lookEvery = 100;

/**
 * One release's scheduler ends itself when a worker leaves it that has a task being cancelled. The
 * monitor stream shows such tasks; so a stop waits the moment that a cancelling takes.
 */
export const cancelKeeper = () => {
  /** By the id of the cancelled task: which Fargate task works at it; empty: none of ours. */
  const cancels = new Map<string, string>();
  const askedAt = new Map<string, number>();
  /** None began before we listened: the scheduler counts no more than we know of. */
  let all = false;
  const held = (taskId: string): boolean => [...cancels.values()].includes(taskId);

  return {
    hear(message: MonitorMessage): void {
      if (message.type === 'monitor.workers') all = (message.canceling ?? 0) <= cancels.size;
      if (message.type !== 'monitor.task') return;
      if (message.state !== 'canceling') cancels.delete(message.taskId);
      else cancels.set(message.taskId, taskOf(message.workerId) ?? '');
    },

    /** That Fargate task certainly works at none that is being cancelled. */
    none: (taskId: string): boolean => all && !held(taskId),

    /** Nothing is known any more. */
    clear(): void {
      cancels.clear();
      all = false;
    },

    /** Resolves when that Fargate task may be told to stop. */
    async over(taskId: string, signal: AbortSignal): Promise<void> {
      const since = askedAt.get(taskId) ?? now();
      // Asked again, it waits no longer than it would have.
      askedAt.set(taskId, since);
      while (held(taskId) && now() - since < limitMs) await sleep(lookEvery, undefined, { signal });
      askedAt.delete(taskId);
    },
  };
};

export type CancelKeeper = ReturnType<typeof cancelKeeper>;
