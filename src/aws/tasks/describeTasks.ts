import { DescribeTasksCommand, type ECSClient, type Task } from '@aws-sdk/client-ecs';
import type { TaskObservation, TaskPhase } from '../../../machines/shared/domain.ts';
import { tasksPerPage } from '../../../machines/shared/limits.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Call } from '../caller.ts';
import { wellFormed } from '../wellFormed.ts';
import { classifyStop } from './stopped.ts';

/** One page as ECS gave it. */
interface DescribedPage {
  tasks: Task[];
  /** Not known to ECS; a task it answered nothing about is here too. */
  missing: string[];
  /** Not told for another reason: nothing was learnt. */
  untold: string[];
}

/** At most 100 ARNs. */
export const describePage = async (
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  taskArns: readonly string[],
  signal: AbortSignal,
  log: Log,
): Promise<DescribedPage> => {
  const answer = await call(
    'DescribeTasks',
    async (options) => {
      const command = new DescribeTasksCommand({ cluster, tasks: [...taskArns] });
      return wellFormed('DescribeTasks', await ecs.send(command, options));
    },
    signal,
  );
  const tasks = answer.tasks ?? [];
  const untold = (answer.failures ?? []).flatMap(({ arn, reason }) => {
    if (!arn || reason === 'MISSING') return [];
    log.warn({ task: arn, reason }, 'task.untold');
    return arn;
  });
  const answered = new Set([...untold, ...tasks.flatMap(({ taskArn }) => taskArn ?? [])]);
  return { tasks, missing: taskArns.filter((arn) => !answered.has(arn)), untold };
};

export const phaseOf = ({ lastStatus, desiredStatus }: Task): TaskPhase => {
  switch (lastStatus) {
    case 'STOPPED':
    case 'DELETED':
      return 'stopped';
    case 'DEACTIVATING':
    case 'STOPPING':
    case 'DEPROVISIONING':
      return 'stopping';
  }
  // A Spot interruption, a StopTask or an exit shows here first.
  if (desiredStatus === 'STOPPED') return 'stopping';
  return lastStatus === 'RUNNING' ? 'running' : 'starting';
};

/** Where it has, or was to have, its network interface. */
const subnetOf = ({ attachments }: Task): string | undefined =>
  attachments
    ?.find(({ type }) => type === 'ElasticNetworkInterface')
    ?.details?.find(({ name }) => name === 'subnetId')?.value;

export const sightingOf = (task: Task): TaskObservation => {
  const phase = phaseOf(task);
  const verdict = phase === 'stopped' || phase === 'stopping' ? classifyStop(task) : null;
  // While it stops, `lost` means that nothing was said yet.
  const silent = phase === 'stopping' && verdict?.cause === 'lost';
  const subnet = verdict?.subnet ?? subnetOf(task);
  return {
    taskArn: task.taskArn ?? '',
    phase,
    cause: silent ? null : (verdict?.cause ?? null),
    detail: silent ? null : (verdict?.detail ?? null),
    createdAt: task.createdAt?.getTime() ?? null,
    ...(subnet !== undefined && { subnet }),
    ...(verdict?.blame && { failureReason: verdict.blame }),
  };
};

/** The cluster that a task's ARN names. */
export const clusterOf = (taskArn: string): string | undefined =>
  /:task\/([^/]+)\//.exec(taskArn)?.[1];

/** Pages of a hundred; tasks of another cluster, from settings before these, on pages of their own. */
const pagesOf = (taskArns: readonly string[], cluster: string): [string, string[]][] => {
  const pages: [string, string[]][] = [];
  const open = new Map<string, string[]>();
  for (const arn of taskArns) {
    const where = clusterOf(arn) ?? cluster;
    let last = open.get(where);
    if (last === undefined || last.length === tasksPerPage) {
      last = [];
      open.set(where, last);
      pages.push([where, last]);
    }
    last.push(arn);
  }
  return pages;
};

/** What ECS knows of these tasks, in pages of 100. `missing` is not a death: a young task may not be visible yet. */
export const describeTasks =
  (ecs: Pick<ECSClient, 'send'>, call: Call, cluster: string, log: Log) =>
  async (taskArns: readonly string[], signal: AbortSignal): Promise<TaskObservation[]> => {
    const sightings: TaskObservation[] = [];
    for (const [where, asked] of pagesOf(taskArns, cluster)) {
      const { tasks, missing } = await describePage(ecs, call, where, asked, signal, log);
      for (const task of tasks) if (task.taskArn) sightings.push(sightingOf(task));
      for (const taskArn of missing)
        sightings.push({ taskArn, phase: 'missing', cause: null, detail: null, createdAt: null });
    }
    return sightings;
  };
