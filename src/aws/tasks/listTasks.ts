import { type ECSClient, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import type { TaskPhase } from '../../../machines/shared/domain.ts';
import { tasksPerPage } from '../../../machines/shared/limits.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Call } from '../caller.ts';
import { EcsFailure } from '../errors.ts';
import { schedulerOf } from '../launch/command.ts';
import { labelVariable } from '../launch/launchTemplate.ts';
import type { Clock } from '../systemClock.ts';
import { wellFormed } from '../wellFormed.ts';
import { describePage, phaseOf } from './describeTasks.ts';

/** A task that carries our mark. */
export interface SurveyedTask {
  taskArn: string;
  /** The launch that made it; null when it was not one of this program's. */
  label: string | null;
  phase: TaskPhase;
  /** Milliseconds since the epoch; null when ECS did not say. */
  createdAt: number | null;
  startedBy: string;
  /** The scheduler its COMMAND names; null when that was not recognized. */
  scheduler: string | null;
}

/** A listed task may not be describable for a moment: it is asked for again after these waits, ms. */
const waits = [1_000, 2_000];

/** Listed and not describable for so long, ms: taken for gone. */
const goneMs = 60_000;

const environmentOf = (task: Task): Map<string, string> =>
  new Map(
    (task.overrides?.containerOverrides ?? []).flatMap((container) =>
      (container.environment ?? []).map(({ name, value }) => [name ?? '', value ?? ''] as const),
    ),
  );

const surveyed = (task: Task & { taskArn: string }): SurveyedTask => {
  const environment = environmentOf(task);
  const label = environment.get(labelVariable) ?? '';
  return {
    taskArn: task.taskArn,
    label: /^[\w-]{1,64}$/.test(label) ? label : null,
    phase: phaseOf(task),
    createdAt: task.createdAt?.getTime() ?? null,
    startedBy: task.startedBy ?? '',
    scheduler: schedulerOf(environment.get('COMMAND') ?? ''),
  };
};

/** Listed, and DescribeTasks does not show it yet: nothing is known of it but that it is there. */
const unseen = (taskArn: string, startedBy: string): SurveyedTask => ({
  ...{ taskArn, startedBy, phase: 'missing' },
  ...{ label: null, createdAt: null, scheduler: null },
});

const incomplete = (message: string): EcsFailure =>
  new EcsFailure({ kind: 'unreachable', awsName: 'Survey', code: 'garbled' }, message);

/**
 * The complete list of living tasks with this mark. It is complete or it fails: a survey with a hole would
 * be taken for dead tasks. One that cannot be described yet is in it as missing: the others need not wait for it.
 */
export const listOurs = (
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  clock: Clock,
  log: Log,
) => {
  /** Since when DescribeTasks has denied what ListTasks lists. */
  let deniedSince = new Map<string, number>();
  return async (startedBy: string, signal: AbortSignal): Promise<SurveyedTask[]> => {
    const arns = await listArns(ecs, call, cluster, startedBy, signal);
    const found: SurveyedTask[] = [];
    let asked = [...arns];
    for (let round = 0; asked.length > 0; round++) {
      const denied: string[] = [];
      for (let at = 0; at < asked.length; at += tasksPerPage) {
        const some = asked.slice(at, at + tasksPerPage);
        const { tasks, missing, untold } = await describePage(
          ecs,
          call,
          cluster,
          some,
          signal,
          log,
        );
        if (untold.length > 0) throw incomplete('DescribeTasks: some tasks were not described');
        denied.push(...missing);
        for (const task of tasks) {
          const { taskArn } = task;
          // The filter is the service's; that the task is ours is for us to see.
          if (taskArn && task.startedBy === startedBy) found.push(surveyed({ ...task, taskArn }));
          else if (taskArn) log.warn({ task: taskArn }, 'survey.foreignTask');
        }
      }
      asked = denied;
      const pause = waits[round];
      if (denied.length === 0 || pause === undefined) break;
      await clock.sleep(pause, signal);
    }
    const at = clock.now();
    deniedSince = new Map(asked.map((arn) => [arn, deniedSince.get(arn) ?? at]));
    const young = [...deniedSince].filter(([, since]) => at - since < goneMs);
    return [...found, ...young.map(([taskArn]) => unseen(taskArn, startedBy))];
  };
};

const listArns = async (
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  startedBy: string,
  signal: AbortSignal,
): Promise<Set<string>> => {
  const arns = new Set<string>();
  const tokens = new Set<string>();
  for (let nextToken: string | undefined; ; ) {
    // No other filter: the documentation allows none beside startedBy, and leaves out what is desired stopped.
    const input = { cluster, startedBy, maxResults: tasksPerPage, nextToken };
    const answer = await call(
      'ListTasks',
      async (options) =>
        wellFormed('ListTasks', await ecs.send(new ListTasksCommand(input), options)),
      signal,
    );
    for (const arn of answer.taskArns ?? []) arns.add(arn);
    nextToken = answer.nextToken;
    if (!nextToken) return arns;
    if (tokens.has(nextToken)) throw incomplete('ListTasks: the pages go round in a circle');
    tokens.add(nextToken);
  }
};
