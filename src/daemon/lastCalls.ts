import { noteOf } from '../../machines/shared/failure.ts';
import type { LateAws } from './lateAws.ts';

/** What this run knows of what runs in ECS, for the words at its end. Whether it has looked is for the fleet manager to say. */
export interface LastCalls {
  /** Whether AWS has carried out the last call that ended. */
  isAnswering(): boolean;
  /** Why we may not list our tasks, if the last list was refused for that. */
  denial(): string | null;
  /** Why a cluster elsewhere was not in the last list that was answered; null: all were. */
  unlisted(): string | null;
  /** Why the last attempt to look has failed; null: none has ended yet. */
  trouble(): string | null;
}

type Operations = Omit<LateAws, 'close' | 'limits' | 'retryNow'>;

/** The same operations; what they show is remembered. */
export function rememberCalls(aws: Operations): { operations: Operations; lastCalls: LastCalls } {
  let denial: string | null = null;
  let isAnswering = false;
  let unlisted: string | null = null;
  let trouble: string | null = null;

  function watched<Given extends [...unknown[], AbortSignal], Answer>(
    operation: (...given: Given) => Promise<Answer>,
    onFailure: (error: unknown) => void = () => {},
  ): (...given: Given) => Promise<Answer> {
    return async (...given) => {
      try {
        const answer = await operation(...given);
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
  });
  return {
    operations: {
      takeTurn: aws.takeTurn,
      runTask: watched(aws.runTask),
      stopTask: watched(aws.stopTask),
      describeTasks: watched(aws.describeTasks),
      async list(signal) {
        const answer = await list(signal);
        denial = null;
        unlisted = answer.unlisted[0]?.reason ?? null;
        return answer;
      },
      prepare: watched(aws.prepare, onFailure),
    },
    lastCalls: {
      isAnswering: () => isAnswering,
      denial: () => denial,
      unlisted: () => unlisted,
      trouble: () => trouble,
    },
  };
}
