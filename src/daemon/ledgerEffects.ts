import type { LaunchEnd, TaskClaim } from '../../machines/group/launch.ts';
import type { Inventory, ListedTask, OwnedGroup } from '../../machines/shared/domain.ts';
import type { SurveyedTask } from '../aws/tasks/listTasks.ts';
import { now } from '../shared/clock.ts';
import type { Journal } from '../store/journal.ts';

type Records = Pick<Journal, 'ledger' | 'note'>;

/** Journals the outcome of a launch, and answers which of its claims the ledger accepted. */
export function journalOutcome(
  journal: Records,
  outcome: { label: string; groups: TaskClaim[]; refusals: LaunchEnd['refusals'] },
): TaskClaim[] {
  const { label, groups, refusals } = outcome;
  const claims = groups.map(({ groupId, taskArn }) => ({ groupId, taskArn }));
  const dropped = journal.note({ kind: 'settled', label, at: now(), groups: claims, refusals });
  const lost = new Set(dropped.map(({ taskArn }) => taskArn));
  return groups.filter(({ taskArn }) => !lost.has(taskArn));
}

/** Journals the adoption of orphans, and answers which of them the ledger accepted. */
export function journalAdoption(journal: Records, groups: OwnedGroup[]): OwnedGroup[] {
  return groups.filter(({ groupId, taskArn, createdAt, deadlinesFrom }) => {
    const launchedAt = Math.min(createdAt ?? deadlinesFrom, now());
    const adopted = { groupId, taskArn, launchedAt, at: now() };
    return journal.note({ kind: 'adopted', ...adopted }).length === 0;
  });
}

/** A complete list, with what the ledger knows of each task. */
export function inventoryOf(
  ledger: Pick<Journal['ledger'], 'owner' | 'isOpen'>,
  { startedAt, tasks }: { startedAt: number; tasks: SurveyedTask[] },
): Inventory {
  const listed = tasks.map(
    ({ startedBy: _, ...task }): ListedTask => ({
      ...task,
      owned: ledger.owner(task.taskArn) !== undefined,
      launchOpen: task.label !== null && ledger.isOpen(task.label),
    }),
  );
  return { startedAt, tasks: listed };
}

/** AWS's clock may be hours ahead of this host's, or behind it, ms. */
export const byOurClock =
  (aheadMs: number) =>
  (task: SurveyedTask): SurveyedTask => ({
    ...task,
    createdAt: task.createdAt === null ? null : task.createdAt - aheadMs,
  });
