import type { LaunchOrder, OwnedGroup } from '../../machines/shared/domain.ts';
import type { LedgerView } from './ledger.ts';

/** A launch older than this is not sent again: its tasks are long in the lists, and its token does not live for ever. */
export const resendLimit = 10 * 60_000;

/** The clock may have been set back a little since the record was written. */
const clockSlack = 60_000;

export interface Restored {
  /** Open launches to send again, unchanged and under their tokens. */
  resend: LaunchOrder[];
  /** Labels of open launches that must not be sent again; their tasks, if any, are left to adoption. */
  abandoned: string[];
  owned: OwnedGroup[];
  /** Never later than now, even when the clock was set back. */
  lastLaunchAt: number | null;
}

/** What a start makes of the ledger it finds. `now` in milliseconds since the epoch. */
export const restore = (
  ledger: Pick<LedgerView, 'openLaunches' | 'groups' | 'lastLaunchAt'>,
  { now, requestHashOf }: { now: number; requestHashOf: (order: LaunchOrder) => string },
): Restored => {
  const resend: LaunchOrder[] = [];
  const abandoned: string[] = [];
  for (const { kind: _, requestHash, at, ...order } of ledger.openLaunches()) {
    const { label } = order;
    const young = now - at < resendLimit && at - now < clockSlack;
    if (young && requestHashOf(order) === requestHash) resend.push(order);
    else abandoned.push(label);
  }
  return {
    resend,
    abandoned,
    // Deadlines begin anew: the clock may have been set since, and nobody is stopped for an age it only seems to have.
    owned: ledger.groups().map(({ groupId, taskArn }) => ({
      ...{ groupId, taskArn },
      createdAt: null,
      deadlinesFrom: now,
    })),
    lastLaunchAt: ledger.lastLaunchAt === null ? null : Math.min(ledger.lastLaunchAt, now),
  };
};
