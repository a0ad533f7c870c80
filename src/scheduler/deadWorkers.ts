import type { MonitorMessage } from '../../machines/scheduler/messages.ts';
import type { CancelKeeper } from './cancellations.ts';
import { taskOf } from './monitorSocket.ts';

/** The scheduler has noticed by itself by then, ms. */
const noticedMs = 60_000;

/**
 * Workers whose Fargate task is dead beyond doubt and that the scheduler still counts as connected: they
 * were killed and could not say goodbye, and their work waits for them a minute. A worker is named by what
 * the monitor stream shows, never by guess; and none while a task of its is being cancelled, or may be:
 * one release's scheduler ends itself then.
 */
export const graveyard = (cancels: Pick<CancelKeeper, 'none'>) => {
  const connected = new Map<string, string>();
  /** Fargate task ids, and when each was first known to be dead. */
  const dead = new Map<string, number>();
  const reported = new Set<string>();

  return {
    hear(message: MonitorMessage): void {
      if (message.type === 'monitor.task') return;
      if (message.type === 'monitor.workers') connected.clear();
      const ids =
        message.type === 'monitor.workers'
          ? message.workers.map(({ workerId }) => workerId)
          : [message.workerId];
      if (message.type === 'monitor.worker' && !message.connected)
        return void connected.delete(message.workerId);
      for (const workerId of ids) {
        const taskId = taskOf(workerId);
        if (taskId !== null) connected.set(workerId, taskId);
      }
    },

    /** Nothing is known any more of who is connected. */
    clear: () => connected.clear(),

    bury: (taskId: string, at: number) => void dead.set(taskId, dead.get(taskId) ?? at),

    /** Who is to be reported now; each is named until it is said that this was done. */
    due(at: number): string[] {
      for (const [taskId, since] of dead) if (at - since >= noticedMs) dead.delete(taskId);
      if (dead.size === 0) reported.clear();
      return dead.size === 0
        ? []
        : [...connected]
            .filter(
              ([workerId, taskId]) =>
                dead.has(taskId) && cancels.none(taskId) && !reported.has(workerId),
            )
            .map(([workerId]) => workerId);
    },

    /** Once is enough: who is still shown then has come back, and is not dead. */
    done: (workerId: string) => void reported.add(workerId),
  };
};

export type Graveyard = ReturnType<typeof graveyard>;
