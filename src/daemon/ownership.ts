import type { OwnedGroup, Survey } from '../../machines/facts.ts';
import type { LaunchEnd } from '../../machines/launch.ts';
import { now } from '../clock.ts';
import type { SurveyedTask } from '../ecs/listTasks.ts';
import type { Log } from '../observe/log.ts';
import type { Journal } from '../store/journal.ts';

type Books = Pick<Journal, 'ledger' | 'note'>;

/** What a settled launch really got: a task that another group owns is not handed out twice. */
export const claimOutcome =
  (journal: Books, log: Log) =>
  ({
    label,
    groupIds,
    answer,
  }: {
    label: string;
    groupIds: string[];
    answer: { taskArns: string[]; refusals: LaunchEnd['refusals'] };
  }): LaunchEnd['groups'] => {
    const groups = answer.taskArns.flatMap((taskArn, i) => {
      const groupId = groupIds[i];
      return groupId === undefined ? [] : [{ groupId, taskArn }];
    });
    const surplus = answer.taskArns.length - groups.length;
    if (surplus > 0) log.warn({ launch: label, surplus }, 'launch.moreTasksThanAskedFor');
    const dropped = journal.note({
      kind: 'settled',
      label,
      at: now(),
      groups,
      refusals: answer.refusals,
    });
    const lost = new Set(dropped.map(({ taskArn }) => taskArn));
    for (const claim of dropped) log.error({ launch: label, ...claim }, 'launch.taskAlreadyOwned');
    return groups.filter(({ taskArn }) => !lost.has(taskArn));
  };

/** The last part of a task's ARN. */
export const taskIdOf = (taskArn: string): string => taskArn.slice(taskArn.lastIndexOf('/') + 1);

/**
 * Takes over the living tasks with our mark that nobody owns. Those of an open launch are its own
 * business: its answer will name them. A task whose COMMAND names another scheduler carries our mark
 * by mistake, and is only reported.
 */
export const adoptStrays =
  (journal: Books, scheduler: string, log: Log) =>
  (startedAt: number, tasks: SurveyedTask[]): Survey => {
    const adopted: OwnedGroup[] = [];
    for (const task of tasks) {
      const { taskArn, label, phase, createdAt } = task;
      if (phase !== 'starting' && phase !== 'running') continue;
      if (journal.ledger.owner(taskArn) !== undefined) continue;
      if (label !== null && journal.ledger.isOpen(label)) continue;
      if (task.scheduler !== null && task.scheduler !== scheduler) {
        log.warn({ task: taskArn, scheduler: task.scheduler }, 'survey.foreignScheduler');
        continue;
      }
      const group: OwnedGroup = {
        groupId: `stray-${taskIdOf(taskArn)}`,
        taskArn,
        launchedAt: createdAt ?? startedAt,
      };
      const dropped = journal.note({ kind: 'adopted', ...group, at: now() });
      if (dropped.length === 0) adopted.push(group);
    }
    return { startedAt, adopted };
  };
