import type { Generation } from '../../machines/scheduler/messages.ts';

/** A scheduler that waits for us to answer says no more than echoes; whoever has heard only those so long, ms. */
const patienceMs = 12_000;
/** A scheduler forgets a manager after ten seconds of silence, and looks once a second. */
const forgetMs = 12_000;

/**
 * A scheduler of g2 or g23 gives no further command before the last one is answered, however long that takes; but
 * command or answer may have been lost with the connection. To answer again could end another release that has come
 * in its place. It forgets what it waits for when it forgets us: so we stay away for as long as that takes.
 *
 * `owing`: an earlier process of ours may have died before it answered.
 */
export const lostAnswers = (owing = false) => {
  let waits = owing;
  let awayUntil = Number.NEGATIVE_INFINITY;

  return {
    /** How long to stay away before the next connection, ms. */
    pause: (at: number): number => Math.max(0, awayUntil - at),

    /** For one connection. */
    opened(at: number) {
      let suspicious = waits;
      let beats = 0;
      let lastBeatAt = at;
      return {
        /** A command of this generation was heard. */
        commanded(generation: Generation) {
          waits = generation === 'g2' || generation === 'g23';
          suspicious = false;
        },
        echoed() {
          beats = Math.max(0, beats - 1);
        },
        /** False: leave instead, in order. Nothing is outstanding then. */
        mayBeat(beatAt: number): boolean {
          if (suspicious && beats === 0 && beatAt - at >= patienceMs) {
            suspicious = false;
            awayUntil = lastBeatAt + forgetMs;
            waits = false;
            return false;
          }
          beats++;
          lastBeatAt = beatAt;
          return true;
        },
      };
    },
  };
};
