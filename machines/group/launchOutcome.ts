import type { LaunchAnswer, Market, Refusal } from '../shared/domain.ts';
import type { FailureNote } from '../shared/failure.ts';

/** A task that a launch started, and the group that gets it. */
export interface TaskClaim {
  groupId: string;
  taskArn: string;
  /** When ECS created the task, milliseconds since the epoch by our clock; null: not known yet. */
  createdAt: number | null;
}

/** The outcome of a launch: which group got which task, and every refusal in AWS's words. */
export interface LaunchEnd {
  label: string;
  groups: (Pick<TaskClaim, 'groupId' | 'taskArn'> & { createdAt?: number | null })[];
  refusals: Refusal[];
  market: Market;
  subnets?: string[] | undefined;
  /** It was given up without an answer: it may have started tasks that only an inventory can show. */
  outcomeUnknown?: true;
  /** It was withdrawn before it was sent, or after a refusal: it has started nothing. */
  withdrawn?: true;
}

/** Every group of a launch is refused alike. */
export const refuseAll = (note: FailureNote, count: number): LaunchAnswer => ({
  taskArns: [],
  refusals: Array.from({ length: count }, () => ({ ...note })),
});

/** Tasks go to groups by their position in the answer; a task beyond the last group goes to none. */
export function claimsOf({
  answer,
  groupIds,
}: {
  answer: LaunchAnswer;
  groupIds: string[];
}): TaskClaim[] {
  return answer.taskArns.flatMap((taskArn, i) => {
    const groupId = groupIds[i];
    const createdAt = answer.createdAt?.[taskArn] ?? null;
    return groupId === undefined ? [] : [{ groupId, taskArn, createdAt }];
  });
}
