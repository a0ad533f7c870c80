import { taskIdOf } from '../../../machines/shared/ids.ts';
import type { EndedSummary } from '../../control/api.ts';
import type { EndedGroup } from '../../store/ledger.ts';

export type FoundEnded = { ended: EndedGroup } | { unknown: true } | { ambiguous: string[] };

const mostMatches = 10;

/** Whether a group ended otherwise than we wanted. */
export const isDeath = ({ cause }: Pick<EndedGroup, 'cause'>): boolean => cause !== 'drained';

/**
 * An ended group by its id or that of its task, or by the beginning of one; `last`: the last that ended otherwise than
 * drained, else the last that ended. `history`: newest first.
 */
export function findEnded(history: readonly EndedGroup[], name: string): FoundEnded {
  if (name === 'last') {
    const last = history.find(isDeath) ?? history[0];
    return last ? { ended: last } : { unknown: true };
  }
  const exact = history.find(({ groupId, taskArn }) => groupId === name || taskArn === name);
  if (exact) return { ended: exact };
  const matches = history.filter(
    ({ groupId, taskArn }) =>
      groupId.startsWith(name) || (taskArn !== null && taskIdOf(taskArn).startsWith(name)),
  );
  const [only, ...others] = matches;
  if (!only) return { unknown: true };
  return others.length === 0
    ? { ended: only }
    : { ambiguous: matches.slice(0, mostMatches).map(({ groupId }) => groupId) };
}

export const summaryOf = (ended: EndedGroup): EndedSummary => ({
  groupId: ended.groupId,
  taskArn: ended.taskArn,
  cause: ended.cause,
  detail: ended.detail,
  createdAt: ended.createdAt,
  runningAt: ended.runningAt,
  registeredAt: ended.registeredAt,
  endedAt: ended.endedAt,
  usd: ended.usd,
});
