import type { EventFields, EventName } from './events.ts';
import type { Log } from './log.ts';

/** A task and the scheduler that end within this time of each other, ms: the end of a task is seen late, by a poll. */
const relatedMs = 20_000;

/**
 * Reports a scheduler that ended about when a task did. Over YMQ some releases end when a worker is killed while data
 * is on its way to it; seen from here the scheduler's address refuses connections from then on.
 */
export function createSchedulerEndLine(log: Log, now: () => number) {
  let isYmq = false;
  let isReady = false;
  let lostAt: number | null = null;
  let isRefused = false;
  let ended: { task: string; at: number } | null = null;

  function conclude(): void {
    if (!isRefused || lostAt === null || ended === null) return;
    if (Math.abs(ended.at - lostAt) > relatedMs) return;
    log.report('scheduler.endedWithTask', { task: ended.task });
    lostAt = null;
  }

  function onSession({ state, trouble }: EventFields<'session.stateChanged'>): void {
    if (state !== 'backoff' || !isYmq) return;
    if (isReady) {
      lostAt = now();
      isRefused = false;
    }
    isReady = false;
    isRefused ||= /ECONNREFUSED|ENOENT/.test(trouble ?? '');
    conclude();
  }

  return {
    on(name: EventName, fields: object): void {
      if (name === 'scheduler.identified')
        isYmq = (fields as EventFields<typeof name>).transport === 'ymq';
      else if (name === 'scheduler.statusChanged') {
        if ((fields as EventFields<typeof name>).status !== 'ready') return;
        isReady = true;
        lostAt = null;
      } else if (name === 'session.stateChanged') onSession(fields as EventFields<typeof name>);
      else if (name === 'group.ended') {
        const { task, cause } = fields as EventFields<typeof name>;
        // A drain that ends after the loss was mostly begun because of it.
        if (task === null || (cause === 'drained' && lostAt !== null)) return;
        ended = { task, at: now() };
        conclude();
      }
    },
  };
}
