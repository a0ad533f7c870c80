import type { SessionNote } from '../../machines/scheduler/dialogue.ts';
import type { Generation } from '../../machines/scheduler/messages.ts';
import { now } from '../shared/clock.ts';
import type { Log } from '../telemetry/log.ts';

/** The generations of Scaler 2.1.2 and later, whose managers count workers. */
const countsWorkers: readonly Generation[] = ['g23', 'g3', 'g4'];

/** Unreadable frames are logged this often at most, ms. */
const unreadableEveryMs = 60_000;

/** Logs what the session says of its dialogue with the scheduler. */
export const sessionReporter = (
  log: Log,
  limit: { tasks: number; workersPerTask: number } | null = null,
) => {
  let isLimitSaid = limit === null;
  let frames = 0;
  let unreadableAt = Number.NEGATIVE_INFINITY;

  return (reported: SessionNote, heartbeatSent: () => void): void => {
    switch (reported.note) {
      case 'identified': {
        const { note: _, ...terms } = reported;
        log.report('scheduler.identified', terms);
        if (!isLimitSaid && limit !== null && countsWorkers.includes(terms.generation)) {
          isLimitSaid = true;
          const { tasks, workersPerTask } = limit;
          const other = Math.ceil(tasks / workersPerTask);
          log.report('limit.ambiguous', { tasks, workers: tasks * workersPerTask, other });
        }
        return;
      }
      case 'unreadable':
        frames++;
        if (now() - unreadableAt < unreadableEveryMs) return;
        unreadableAt = now();
        log.report('scheduler.messageUnreadable', { frames, reason: reported.reason });
        return;
      case 'heartbeatSent':
        heartbeatSent();
        return;
      case 'notSent':
        if (reported.what === 'heartbeat') log.report('heartbeat.notSent', {});
        return;
      case 'responded':
        log.report('command.answered', { ...reported.response });
        return;
      case 'deadWorkerReported':
        log.report('deadWorker.reported', { worker: reported.worker });
        return;
      case 'stayingAway':
        log.report('session.pausedForReset', { seconds: reported.seconds });
        return;
      case 'identityTaken':
        log.report('identity.contested', {});
        return;
      case 'shutdown':
        log.report('scheduler.shutdown', {});
    }
  };
};
