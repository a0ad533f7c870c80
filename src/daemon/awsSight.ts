import { noteOf } from '../../machines/shared/failure.ts';
import type { LateAws } from './lateAws.ts';

/** What this run knows of what runs in ECS, for the words and the exit status at its end. */
export interface AwsSight {
  /** Whether our tasks were ever listed completely, or AWS has answered and does not allow us to list them. */
  hasLooked(): boolean;
  /** Whether AWS has carried out the last call that ended. */
  isAnswering(): boolean;
  /** Why we may not list our tasks, if the last list was refused for that. */
  denial(): string | null;
  /** Why the last attempt to look has failed; null: none has ended yet. */
  trouble(): string | null;
}

type Operations = Omit<LateAws, 'close' | 'limits'>;

/** The same operations; what they show is remembered. */
export function watchAws(aws: Operations): { operations: Operations; sight: AwsSight } {
  let hasListed = false;
  let isDenied = false;
  let denial: string | null = null;
  let hasAnswered = false;
  let isAnswering = false;
  let trouble: string | null = null;

  function watched<Given extends [...unknown[], AbortSignal], Answer>(
    operation: (...given: Given) => Promise<Answer>,
    onFailure: (error: unknown) => void = () => {},
  ): (...given: Given) => Promise<Answer> {
    return async (...given) => {
      try {
        const answer = await operation(...given);
        hasAnswered = true;
        isAnswering = true;
        return answer;
      } catch (error) {
        // A call that we have given up shows nothing.
        if ((given.at(-1) as AbortSignal).aborted) throw error;
        isAnswering = false;
        onFailure(error);
        throw error;
      }
    };
  }
  const onFailure = (error: unknown) => {
    trouble = noteOf(error).reason;
  };
  const list = watched(aws.list, (error) => {
    onFailure(error);
    const { kind, reason } = noteOf(error);
    denial = kind === 'denied' ? reason : null;
    if (kind === 'denied') isDenied = true;
  });
  return {
    operations: {
      takeTurn: aws.takeTurn,
      runTask: watched(aws.runTask),
      stopTask: watched(aws.stopTask),
      describeTasks: watched(aws.describeTasks),
      async list(signal) {
        const inventory = await list(signal);
        hasListed = true;
        denial = null;
        return inventory;
      },
      prepare: watched(aws.prepare, onFailure),
    },
    sight: {
      // Without credentials AWS says no as well, but never anything else.
      hasLooked: () => hasListed || (isDenied && hasAnswered),
      isAnswering: () => isAnswering,
      denial: () => denial,
      trouble: () => trouble,
    },
  };
}
