import type { TaskObservation } from '../../machines/shared/domain.ts';
import { isOfRun } from '../../machines/shared/ids.ts';
import type { LedgerView } from '../store/ledger.ts';
import { type Claim, mergeTimes, type ObservedRecord, unknownTimes } from '../store/records.ts';

/** What ECS says of the life of our tasks and the ledger does not know yet, as records. `at`: milliseconds since the epoch. */
export function newTimes(
  ledger: Pick<LedgerView, 'owner' | 'group'>,
  observations: TaskObservation[],
  at: number,
): ObservedRecord[] {
  return observations.flatMap(({ taskArn, createdAt, startedAt = null }) => {
    const group = ledger.group(ledger.owner(taskArn) ?? '');
    if (!group) return [];
    const times = mergeTimes(group, { ...unknownTimes, createdAt, runningAt: startedAt });
    if (times.createdAt === group.createdAt && times.runningAt === group.runningAt) return [];
    return { kind: 'observed', groupId: group.groupId, taskArn, ...times, at };
  });
}

/** The workers of a task count as known to the scheduler since `at`; null when an earlier time is in the ledger. */
export function newRegistration(
  ledger: Pick<LedgerView, 'group'>,
  { groupId, taskArn }: Claim,
  at: number,
): ObservedRecord | null {
  const group = ledger.group(groupId);
  if (group?.taskArn !== taskArn || group.registeredAt !== null) return null;
  return { kind: 'observed', groupId, taskArn, ...unknownTimes, registeredAt: at, at };
}

/** How long a group took to come to serve; null: not known. */
export interface BootTimes extends Claim {
  provisioningMs: number | null;
  registrationMs: number | null;
  totalMs: number | null;
}

/** The times of a group whose registration is in the ledger. A task that an earlier run launched may have registered long ago. */
export function bootTimes(
  ledger: Pick<LedgerView, 'group' | 'epoch'>,
  { groupId, taskArn }: Claim,
): BootTimes {
  const isOfThisRun = ledger.epoch !== null && isOfRun(ledger.epoch, groupId);
  const times = isOfThisRun ? ledger.group(groupId) : undefined;
  const { createdAt = null, runningAt = null, registeredAt = null } = times ?? {};
  return {
    ...{ groupId, taskArn },
    provisioningMs: between(createdAt, runningAt),
    registrationMs: between(runningAt, registeredAt),
    totalMs: between(createdAt, registeredAt),
  };
}

function between(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.max(0, Math.round(to - from));
}
