import type { LaunchOrder, OwnedGroup } from '../shared/domain.ts';
import { presumedAt } from '../shared/presumedAt.ts';
import { clockSlackMs, resendLimitMs } from '../shared/timing.ts';
import type { JournalFacts } from './journalFacts.ts';

export interface Replayed {
  /** Open launches to send again, unchanged and under their tokens. */
  resend: LaunchOrder[];
  /** Labels of open launches that must not be sent again; their tasks, if any, are left to adoption. */
  givenUp: string[];
  owned: OwnedGroup[];
  /** Milliseconds since the epoch; never later than now, even when the clock was set back. Null: there was no launch. */
  lastLaunchAt: number | null;
}

/** What a start makes of the ledger it finds. `now` in milliseconds since the epoch. */
export function replay(
  ledger: Pick<JournalFacts, 'openLaunches' | 'groups' | 'lastLaunchAt'>,
  {
    now,
    writtenAt = now,
    requestHashOf,
  }: {
    now: number;
    /** When the journal was last written, by the clock of then: every task of it was known to live. */
    writtenAt?: number;
    /** The hash of the request as it would be sent now, to this cluster; undefined: to that of the settings. */
    requestHashOf: (order: LaunchOrder, cluster: string | undefined) => string;
  },
): Replayed {
  const resend: LaunchOrder[] = [];
  const givenUp: string[] = [];
  for (const { kind: _, requestHash, cluster, tag: __, at, ...order } of ledger.openLaunches()) {
    const { label } = order;
    const young = now - at < resendLimitMs && at - now < clockSlackMs;
    if (young && requestHashOf(order, cluster) === requestHash) resend.push(order);
    else givenUp.push(label);
  }
  return {
    resend,
    givenUp,
    owned: ledger.groups().map((group) => {
      const { groupId, taskArn, createdAt, market, workers, runningAt, registeredAt } = group;
      const presumedFrom = presumedAt(now, writtenAt, group);
      return {
        ...{ groupId, taskArn, createdAt },
        ...(presumedFrom !== null && { presumedFrom }),
        ...(market && { market }),
        ...(workers !== undefined && { workers }),
        ...((runningAt ?? registeredAt) !== null && { hasRun: true }),
        // Deadlines begin anew: the clock may have been set since, and no group is stopped for an age it only seems to have.
        deadlinesFrom: now,
      };
    }),
    lastLaunchAt: ledger.lastLaunchAt === null ? null : Math.min(ledger.lastLaunchAt, now),
  };
}
