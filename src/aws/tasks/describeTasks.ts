import { DescribeTasksCommand, type ECSClient, type Task } from '@aws-sdk/client-ecs';
import type { TaskSighting } from '../../../machines/shared/domain.ts';
import { tasksPerPage } from '../../../machines/shared/limits.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Call } from '../caller.ts';
import { clusterOf, observationOf } from './taskObservation.ts';

/** The answer to one DescribeTasks. */
interface DescribedPage {
  /** Only tasks that were asked for. */
  tasks: Task[];
  /** ARNs that ECS reports as MISSING. */
  missing: string[];
  /** ARNs with another failure reason, and ARNs that the answer does not mention: nothing is known about these tasks. */
  unknown: string[];
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
  const { tasks = [], failures = [] } = await call(
    'DescribeTasks',
    (options) => ecs.send(new DescribeTasksCommand({ cluster, tasks: [...taskArns] }), options),
    signal,
  );
  const asked = new Set(taskArns);
  const isAsked = (arn: string | undefined): arn is string => arn !== undefined && asked.has(arn);
  const described = tasks.filter(({ taskArn }) => isAsked(taskArn));
  const missing: string[] = [];
  for (const { arn, reason } of failures) {
    if (!isAsked(arn)) continue;
    if (reason === 'MISSING') missing.push(arn);
    else log.report('describeTasks.partial', { task: arn, reason });
  }
  const told = new Set([...missing, ...described.map(({ taskArn }) => taskArn)]);
  return { tasks: described, missing, unknown: taskArns.filter((arn) => !told.has(arn)) };
}

/**
 * Returns a function that describes tasks in pages of 100. Phase `missing` does not mean that a task has ended:
 * ECS is eventually consistent, and a new task may not be visible yet. A task with another failure, or that the answer
 * does not mention, is left out: nothing is known about it.
 * Rejects with an EcsFailure or the signal's reason.
 */
export function describeTasks(
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  log: Log,
): (taskArns: readonly string[], signal: AbortSignal) => Promise<TaskSighting[]> {
  return async (taskArns, signal) => {
    const observations: TaskSighting[] = [];
    for (const page of pagesOf(taskArns, cluster)) {
      const { tasks, missing } = await describePage(
        ecs,
        call,
        page.cluster,
        page.taskArns,
        signal,
        log,
      );
      for (const task of tasks) if (task.taskArn) observations.push(observationOf(task));
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
