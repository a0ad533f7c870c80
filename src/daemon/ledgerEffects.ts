import type { TaskClaim } from '../../machines/group/launch.ts';
import type { LaunchAnswer, OwnedGroup, Refusal } from '../../machines/shared/domain.ts';
import { now } from '../shared/clock.ts';
import type { Journal } from '../store/journal.ts';
import type { InventoryOwedRecord, LaunchRecord } from '../store/records.ts';

type Records = Pick<Journal, 'ledger' | 'note'>;

export interface LaunchOutcome {
  label: string;
  groups: TaskClaim[];
  refusals: Refusal[];
  /** It was given up without an answer, and may have started tasks. */
  outcomeUnknown: boolean;
}

/** What is journaled before a launch is given up without an answer: only a list shows what it started. */
export function inventoryOwedFor(launch: LaunchRecord | null, at: number): InventoryOwedRecord {
  const owed = { kind: 'inventoryOwed', reason: 'launchesAbandoned', at } as const;
  if (launch === null) return owed;
  const { label, count, market } = launch;
  return { ...owed, launch: { label, count, market } };
}

/** Journals the outcome of a launch, and answers which of its claims the ledger accepted. */
export function journalOutcome(
  journal: Records,
  { label, groups, refusals, outcomeUnknown }: LaunchOutcome,
): TaskClaim[] {
  const at = now();
  // Written first: a crash between the two records must not lose the reason.
  const launch = journal.ledger.openLaunch(label);
  if (outcomeUnknown) journal.note(inventoryOwedFor(launch, at));
  const dropped = journal.note({ kind: 'settled', label, at, groups, refusals });
  const refused = new Set(dropped.map(({ taskArn }) => taskArn));
  return groups.filter(({ taskArn }) => !refused.has(taskArn));
}

/** Journals the adoption of orphans, and answers which of them the ledger accepted. */
export function journalAdoption(journal: Records, groups: OwnedGroup[]): OwnedGroup[] {
  const at = now();
  return groups.filter((group) => {
    // By whatever clock it was created, no task is younger than now.
    const createdAt = group.createdAt === null ? null : Math.min(group.createdAt, at);
    return journal.note({ kind: 'adopted', ...group, createdAt, at }).length === 0;
  });
}

/** Times of AWS by our clock. `aheadMs`: how far AWS's clock is ahead of ours, possibly hours. */
export function byOurClock<
  Task extends { createdAt: number | null; startedAt?: number | undefined },
>(aheadMs: number, task: Task): Task {
  const { createdAt, startedAt } = task;
  return {
    ...task,
    createdAt: createdAt === null ? null : createdAt - aheadMs,
    ...(startedAt !== undefined && { startedAt: startedAt - aheadMs }),
  };
}

/** The same for the tasks of a launch. */
export function answerByOurClock(aheadMs: number, answer: LaunchAnswer): LaunchAnswer {
  if (!answer.createdAt) return answer;
  const ours = Object.entries(answer.createdAt).map(([taskArn, at]) => [taskArn, at - aheadMs]);
  return { ...answer, createdAt: Object.fromEntries(ours) };
}
