import { confirmOrphanMs } from '../../machines/fleet/state.ts';
import type { LaunchEnd } from '../../machines/group/launch.ts';
import type { Inventory, OwnedGroup } from '../../machines/shared/domain.ts';
import { taskIdOf } from '../../machines/shared/ids.ts';
import type { SurveyedTask } from '../aws/tasks/listTasks.ts';
import { now } from '../shared/clock.ts';
import { Failure } from '../shared/failure.ts';
import type { Journal } from '../store/journal.ts';
import type { Log } from '../telemetry/log.ts';

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

/** What tells another living manager of our name from a run of ours before this one. */
export interface Doubts {
  /** The scheduler hears us and does not answer: another may hold our name there. */
  unanswered: () => boolean;
  /** Launched so late and under such a label that no run before ours can have done it. */
  foreign: (task: SurveyedTask) => boolean;
}

/** As long as somebody else may own them, nothing is taken over, and so nothing launched: asked again later. */
export class OwnerFailure extends Failure {
  override readonly kind = 'unreachable';
}

/** AWS's clock may be hours ahead of this host's, or behind it, ms. */
export const byOurClock =
  (aheadMs: number) =>
  (task: SurveyedTask): SurveyedTask => ({
    ...task,
    createdAt: task.createdAt === null ? null : task.createdAt - aheadMs,
  });

/** A launch of an earlier run lands within that time after our start, ms. */
const straggleMs = 120_000;

/** `startedAt`: of this run. `isOurs`: whether this run launches under that label, or sends it again. */
export const foreignTo =
  (startedAt: number, isOurs: (label: string) => boolean) =>
  ({ label, createdAt }: SurveyedTask): boolean =>
    label !== null && createdAt !== null && createdAt > startedAt + straggleMs && !isOurs(label);

/**
 * Takes over the living tasks with our mark that nobody owns; once we have begun, at the second sighting. Those of
 * an open launch are its own business: its answer will name them. A task whose COMMAND names another scheduler
 * carries our mark by mistake, and is only reported; as is one that only another living manager can have launched.
 */
export const adoptStrays = (
  journal: Books,
  scheduler: string,
  log: Log,
  { unanswered, foreign }: Doubts = { unanswered: () => false, foreign: () => false },
) => {
  const reported = new Set<string>();
  /** When each was seen first; null before the first list. */
  let suspected: Map<string, number> | null = null;
  return (startedAt: number, tasks: SurveyedTask[]): Inventory => {
    const strays = tasks.filter((task) => {
      const { taskArn, label, phase } = task;
      if (phase !== 'starting' && phase !== 'running') return false;
      if (journal.ledger.owner(taskArn) !== undefined) return false;
      if (label !== null && journal.ledger.isOpen(label)) return false;
      if (task.scheduler !== null && task.scheduler !== scheduler) {
        log.warn({ task: taskArn, scheduler: task.scheduler }, 'survey.foreignScheduler');
        return false;
      }
      if (!foreign(task)) return true;
      if (!reported.has(taskArn))
        log.error(
          {
            task: taskArn,
            launch: label,
            meaning:
              'another manager launches under our worker_manager_id and scheduler address: stop one, or give it a name of its own',
          },
          'survey.anotherManager',
        );
      reported.add(taskArn);
      return false;
    });
    if (strays.length > 0 && unanswered())
      throw new OwnerFailure(
        `${strays.length} tasks carry our mark, and the scheduler does not answer us: another manager may hold our worker_manager_id; they are left alone until we are answered`,
      );
    const before = suspected;
    const sinceOf = ({ taskArn }: SurveyedTask) => before?.get(taskArn) ?? startedAt;
    suspected = new Map(strays.map((task) => [task.taskArn, sinceOf(task)]));
    // All that the runs before us have left is taken over before anything is launched.
    const ripe = before
      ? strays.filter((task) => startedAt - sinceOf(task) >= confirmOrphanMs)
      : strays;
    const adopted: OwnedGroup[] = [];
    for (const { taskArn, createdAt } of ripe) {
      const group: OwnedGroup = {
        groupId: `stray-${taskIdOf(taskArn)}`,
        taskArn,
        launchedAt: Math.min(createdAt ?? startedAt, now()),
      };
      const dropped = journal.note({ kind: 'adopted', ...group, at: now() });
      // However old it is, its deadlines begin with us.
      if (dropped.length === 0) adopted.push({ ...group, launchedAt: now() });
    }
    return { startedAt, adopted, unconfirmed: strays.length - ripe.length };
  };
};
