import type { SessionNote } from '../../machines/scheduler/dialogue.ts';
import { now } from '../shared/clock.ts';
import type { Log } from '../telemetry/log.ts';

/** Unreadable frames are logged this often at most, ms. */
const unreadableEveryMs = 60_000;

const identityTaken =
  'another connection takes our place as soon as we have it: another manager seems to use our state directory or a copy of it; we try again after longer pauses';

/** Logs what the session says of its dialogue with the scheduler. */
export const sessionReporter = (log: Log) => {
  let frames = 0;
  let unreadableAt = Number.NEGATIVE_INFINITY;

  return (reported: SessionNote, heartbeatSent: () => void): void => {
    switch (reported.note) {
      case 'identified': {
        const { note: _, ...terms } = reported;
        log.info(terms, 'scheduler.found');
        return;
      }
      case 'unreadable':
        frames++;
        if (now() - unreadableAt < unreadableEveryMs) return;
        unreadableAt = now();
        log.warn({ frames, reason: reported.reason }, 'scheduler.unreadable');
        return;
      case 'heartbeatSent':
        heartbeatSent();
        return;
      case 'notSent':
        if (reported.what === 'heartbeat') log.warn({}, 'scheduler.heartbeatNotSent');
        return;
      case 'responded':
        log.debug({ ...reported.response }, 'scheduler.answered');
        return;
      case 'deadWorkerReported':
        log.info({ worker: reported.worker }, 'scheduler.toldOfDeadWorker');
        return;
      case 'stayingAway':
        log.info({ seconds: reported.seconds }, 'scheduler.letForget');
        return;
      case 'identityTaken':
        log.warn({ meaning: identityTaken }, 'scheduler.lineTaken');
        return;
      case 'shutdown':
        log.warn({}, 'scheduler.endsTheCluster');
    }
  };
};
