import type { SessionNote } from '../../machines/scheduler/dialogue.ts';
import { now } from '../shared/clock.ts';
import type { Log } from '../telemetry/log.ts';

/** Unreadable frames are logged this often at most, ms. */
const unreadableEveryMs = 60_000;

/** Logs what the session says of its dialogue with the scheduler. */
export const sessionReporter = (log: Log) => {
  let frames = 0;
  let unreadableAt = Number.NEGATIVE_INFINITY;

  return (reported: SessionNote, heartbeatSent: () => void): void => {
    switch (reported.note) {
      case 'identified': {
        const { note: _, ...terms } = reported;
        log.report('scheduler.identified', terms);
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
