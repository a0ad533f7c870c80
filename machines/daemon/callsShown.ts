import type { FailureNote } from '../shared/failure.ts';

/** What the calls of this run have shown of AWS. Whether our tasks were looked at is for the fleet manager to say. */
export interface CallsShown {
  /** AWS has carried out the last call that ended. */
  isAnswering: boolean;
  /** Why we may not list our tasks, if the last list was refused for that. */
  denial: string | null;
  /** Why a cluster elsewhere was not in the last list that was answered; null: all were. */
  unlisted: string | null;
  /** Why the last attempt to look, or to prepare for it, has failed; null: none has. */
  trouble: string | null;
}

export const noCallsShown: CallsShown = {
  ...{ isAnswering: false, denial: null, unlisted: null, trouble: null },
};

export const afterAnswer = (shown: CallsShown): CallsShown => ({ ...shown, isAnswering: true });

/** `unlisted`: why a cluster elsewhere is not in it; null: all are. */
export const afterList = (shown: CallsShown, unlisted: string | null): CallsShown => ({
  ...{ ...shown, isAnswering: true, denial: null },
  unlisted,
});

export const afterFailure = (shown: CallsShown): CallsShown => ({ ...shown, isAnswering: false });

export const afterPrepareFailure = (shown: CallsShown, { reason }: FailureNote): CallsShown => ({
  ...{ ...shown, isAnswering: false },
  trouble: reason,
});

export const afterListFailure = (shown: CallsShown, note: FailureNote): CallsShown => ({
  ...afterPrepareFailure(shown, note),
  denial: note.kind === 'denied' ? note.reason : null,
});

/** Why no list of our tasks in ECS can be believed, for the words at the end. */
export function whyUnseen({ isAnswering, denial, unlisted, trouble }: CallsShown): string {
  const why = unlisted === null ? '' : `: ${unlisted}`;
  const incomplete = isAnswering ? `the list of them is not complete${why}` : null;
  return denial ?? incomplete ?? trouble ?? 'no answer of AWS';
}
