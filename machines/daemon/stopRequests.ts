import { forceAfterMs, sameRequestMs } from '../shared/timing.ts';

/**
 * The requests to stop this process, whichever managers it runs and however far they have started. What each makes of
 * a request follows from the state of its root machine (`daemon.ts`), which counts none. This is the only count.
 */
export interface StopRequests {
  count: number;
  /** When the last one came; null: none has come. */
  lastAt: number | null;
}

export const noRequests: StopRequests = { count: 0, lastAt: null };

/** What a signal to stop calls for. */
export interface StopAnswer {
  requests: StopRequests;
  /** It is a request of its own, which every manager is told. */
  isRequest: boolean;
  /** The process ends after that, ms, although something still goes on; null: it does not for this request. */
  endsWithinMs: number | null;
}

/** The first request stops in order, the second stops tasks at work, too, and the third leaves what is left. */
const leavingRequest = 3;

/** A signal to stop has come, at `at`. */
export function onStopSignal(requests: StopRequests, at: number): StopAnswer {
  const { count, lastAt } = requests;
  if (lastAt !== null && at - lastAt < sameRequestMs)
    return { requests, isRequest: false, endsWithinMs: null };
  const next = count + 1;
  const limitMs = next === leavingRequest ? forceAfterMs : 0;
  return {
    requests: { count: next, lastAt: at },
    isRequest: true,
    endsWithinMs: next < leavingRequest ? null : limitMs,
  };
}
