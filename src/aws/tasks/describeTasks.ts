import { DescribeTasksCommand, type ECSClient, type Task } from '@aws-sdk/client-ecs';
import type { TaskObservation } from '../../../machines/shared/domain.ts';
import { tasksPerPage } from '../../../machines/shared/limits.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Call } from '../caller.ts';
import { wellFormed } from '../wellFormed.ts';
import { clusterOf, observationOf } from './taskObservation.ts';

/** The answer to one DescribeTasks. */
interface DescribedPage {
  tasks: Task[];
  /** ARNs that ECS reports as MISSING or leaves out of its answer. */
  missing: string[];
  /** ARNs with another failure reason than MISSING; nothing is known about these tasks. */
  failed: string[];
}

/** Sends one DescribeTasks for at most 100 ARNs of one cluster. */
export async function describePage(
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  taskArns: readonly string[],
  signal: AbortSignal,
  log: Log,
): Promise<DescribedPage> {
  const answer = await call(
    'DescribeTasks',
    async (options) => {
      const command = new DescribeTasksCommand({ cluster, tasks: [...taskArns] });
      return wellFormed('DescribeTasks', await ecs.send(command, options));
    },
    signal,
  );
  const tasks = answer.tasks ?? [];
  const failed = (answer.failures ?? []).flatMap(({ arn, reason }) => {
    if (!arn || reason === 'MISSING') return [];
    log.report('describeTasks.partial', { task: arn, reason });
    return arn;
  });
  const answered = new Set([...failed, ...tasks.flatMap(({ taskArn }) => taskArn ?? [])]);
  return { tasks, missing: taskArns.filter((arn) => !answered.has(arn)), failed };
}

/**
 * Returns a function that describes tasks in pages of 100. Phase `missing` does not mean that a task has ended:
 * ECS is eventually consistent, and a new task may not be visible yet. Tasks with another failure are left out, and so are tasks of an unknown status.
 * Rejects with an EcsFailure or the signal's reason.
 */
export function describeTasks(
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  log: Log,
): (taskArns: readonly string[], signal: AbortSignal) => Promise<TaskObservation[]> {
  const unknownStatuses = new Set<string>();
  const reportUnknownStatus = ({ taskArn = '', lastStatus: status = '' }: Task): void => {
    if (unknownStatuses.has(status)) return;
    unknownStatuses.add(status);
    log.report('describeTasks.statusUnknown', { task: taskArn, status });
  };
  return async (taskArns, signal) => {
    const observations: TaskObservation[] = [];
    for (const page of pagesOf(taskArns, cluster)) {
      const { tasks, missing } = await describePage(
        ecs,
        call,
        page.cluster,
        page.taskArns,
        signal,
        log,
      );
      for (const task of tasks) {
        if (!task.taskArn) continue;
        const observation = observationOf(task);
        if (observation) observations.push(observation);
        else reportUnknownStatus(task);
      }
      for (const taskArn of missing)
        observations.push({
          taskArn,
          phase: 'missing',
          cause: null,
          detail: null,
          createdAt: null,
        });
    }
    return observations;
  };
}

/** Pages of at most 100 ARNs. A task launched into another cluster by earlier settings is on a page of that cluster. */
function pagesOf(
  taskArns: readonly string[],
  cluster: string,
): { cluster: string; taskArns: string[] }[] {
  const pages: { cluster: string; taskArns: string[] }[] = [];
  const lastPages = new Map<string, string[]>();
  for (const arn of taskArns) {
    const taskCluster = clusterOf(arn) ?? cluster;
    let page = lastPages.get(taskCluster);
    if (page === undefined || page.length === tasksPerPage) {
      page = [];
      lastPages.set(taskCluster, page);
      pages.push({ cluster: taskCluster, taskArns: page });
    }
    page.push(arn);
  }
  return pages;
}
