import type { TaskDefinition } from '@aws-sdk/client-ecs';
import { Failure } from '../../shared/failure.ts';
import {
  differencesOf,
  diffTaskDefinition,
  type ExistingTaskDefinition,
  type TaskDefinitionSettings,
} from '../ensure/taskDefinitionDiff.ts';
import { type AwsFacts, reasonOf } from './awsFacts.ts';
import { error, type Finding, ok, unchecked, warning } from './finding.ts';

/** The task definition against the settings. Pure. */
export function checkTaskDefinition(
  settings: TaskDefinitionSettings,
  { definition: read }: Pick<AwsFacts, 'definition'>,
): Finding[] {
  const { family } = settings;
  if (!read.ok)
    return [
      unchecked(
        'taskDefinition.unchecked',
        `the task definition ${family} was not looked at: ${reasonOf(read)}`,
        'run cannot start without reading it',
        'allow ecs:DescribeTaskDefinition; see scaler-ecs policy',
      ),
    ];
  if (read.value === null)
    return [
      ok('taskDefinition.willBeCreated', `the task definition ${family} will be created by run`),
    ];
  const { definition } = read.value;
  const unfit = unfitFor(definition);
  if (unfit !== null)
    return [
      error(
        'taskDefinition.notFargate',
        `the task definition ${family} ${unfit}`,
        'a new revision copies it, and Fargate runs no task of it',
        'set --ecs-task-definition to another name; run creates it',
      ),
    ];
  let differences: string[];
  try {
    differences = differencesOf(settings, definition).map(
      ({ what, there, wanted }) => `${what} ${there}, settings ${wanted}`,
    );
    if (differences.length === 0)
      return [ok('taskDefinition.fits', `${family}:${definition.revision} fits the settings`)];
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return [
      error(
        'taskDefinition.foreign',
        thrown.message,
        'launches name the container scaler-container, and ECS refuses them',
        'set --ecs-task-definition to another name; run creates it',
      ),
    ];
  }
  return [
    warning(
      'taskDefinition.drift',
      `${family}:${definition.revision} differs from the settings: ${differences.join('; ')}`,
      'run registers a new revision; another manager with other settings for the same name does the same at each start',
      'let run do it, or change the settings, or give each manager its own --ecs-task-definition',
    ),
  ];
}

function unfitFor(definition: TaskDefinition): string | null {
  const { requiresCompatibilities = [], networkMode, runtimePlatform } = definition;
  if (!requiresCompatibilities.includes('FARGATE')) return 'was not made for Fargate';
  if (networkMode !== 'awsvpc') return `has network mode ${networkMode}, not awsvpc`;
  const system = runtimePlatform?.operatingSystemFamily ?? 'LINUX';
  return system === 'LINUX' ? null : `is made for ${system}, not for Linux`;
}

/** Whether run registers a revision: the first, or one that fits the settings. */
export function needsRevision(
  settings: TaskDefinitionSettings,
  existing: ExistingTaskDefinition | null,
): boolean {
  try {
    return diffTaskDefinition(settings, existing).action !== 'none';
  } catch (thrown) {
    // It was made for something else; that is a finding of its own.
    if (!(thrown instanceof Failure)) throw thrown;
    return false;
  }
}
