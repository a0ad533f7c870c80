import type { Task } from '@aws-sdk/client-ecs';
import type { Market, TaskPhase } from '../../../machines/shared/domain.ts';
import { schedulerOf } from '../launch/command.ts';
import { labelVariable } from '../launch/launchTemplate.ts';
import { marketOf, phaseOf } from './taskObservation.ts';

/** A task whose `startedBy` is the ownership tag of this fleet. */
export interface TaggedTask {
  taskArn: string;
  /** The label of the launch that created the task; null if this program did not launch it. */
  label: string | null;
  phase: TaskPhase;
  /** Milliseconds since the epoch by AWS's clock; null if ECS did not report it. */
  createdAt: number | null;
  /** The ownership tag. */
  startedBy: string;
  /** That is the tag of settings from before. */
  hasFormerTag?: boolean;
  /** The scheduler address in the task's COMMAND; null if the command is not recognized. */
  scheduler: string | null;
  /** Where it was bought; left out if ECS did not report it. */
  market?: Market | undefined;
}

/** Reads launch label and scheduler from the environment in the task's overrides. */
export function taggedTaskOf(task: Task & { taskArn: string }): TaggedTask {
  const environment = environmentOf(task);
  const label = environment.get(labelVariable) ?? '';
  return {
    taskArn: task.taskArn,
    label: /^[\w-]{1,64}$/.test(label) ? label : null,
    // A task of an unknown status exists.
    phase: phaseOf(task) ?? 'starting',
    createdAt: task.createdAt?.getTime() ?? null,
    startedBy: task.startedBy ?? '',
    scheduler: schedulerOf(environment.get('COMMAND') ?? ''),
    ...marketOf(task),
  };
}

/** A task that ListTasks lists as to run, and of which nothing more is asked. */
export function ownedTask(taskArn: string, startedBy: string): TaggedTask {
  return { taskArn, startedBy, phase: 'running', label: null, createdAt: null, scheduler: null };
}

/** A task that ListTasks lists and DescribeTasks does not show yet: nothing else is known of it. */
export function undescribedTask(taskArn: string, startedBy: string): TaggedTask {
  return { taskArn, startedBy, phase: 'missing', label: null, createdAt: null, scheduler: null };
}

function environmentOf(task: Task): Map<string, string> {
  return new Map(
    task.overrides?.containerOverrides?.flatMap(
      ({ environment }) =>
        environment?.map(({ name, value }) => [name ?? '', value ?? ''] as const) ?? [],
    ),
  );
}
