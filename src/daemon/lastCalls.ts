import {
  afterAnswer,
  afterFailure,
  afterList,
  afterListFailure,
  afterPrepareFailure,
  type CallsShown,
  noCallsShown,
} from '../../machines/daemon/callsShown.ts';
import { type FailureNote, noteOf } from '../../machines/shared/failure.ts';
import type { LateAws } from './lateAws.ts';

type Operations = Omit<LateAws, 'close' | 'limits' | 'retryNow'>;
type Change<Given extends unknown[]> = (shown: CallsShown, ...given: Given) => CallsShown;

/** The same operations; what they show is remembered. */
export function rememberCalls(aws: Operations): {
  operations: Operations;
  callsShown: () => CallsShown;
} {
  let shown = noCallsShown;

  function watched<Given extends [...unknown[], AbortSignal], Answer>(
    operation: (...given: Given) => Promise<Answer>,
    onAnswer: Change<[Answer]> = afterAnswer,
    onFailure: Change<[FailureNote]> = afterFailure,
  ): (...given: Given) => Promise<Answer> {
    return async (...given) => {
      try {
        const answer = await operation(...given);
        shown = onAnswer(shown, answer);
        return answer;
      } catch (error) {
        // A call that we have given up shows nothing.
        if (!(given.at(-1) as AbortSignal).aborted) shown = onFailure(shown, noteOf(error));
        throw error;
      }
    };
  }
  return {
    operations: {
      takeTurn: aws.takeTurn,
      runTask: watched(aws.runTask),
      stopTask: watched(aws.stopTask),
      describeTasks: watched(aws.describeTasks),
      list: watched(
        aws.list,
        (before, { unlisted }) => afterList(before, unlisted[0]?.reason ?? null),
        afterListFailure,
      ),
      prepare: watched(aws.prepare, afterAnswer, afterPrepareFailure),
    },
    callsShown: () => shown,
  };
}
