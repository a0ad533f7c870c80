import { error, group, kind, launch, needsPerson, reason, state, task } from './common.ts';
import { count, type EventDefinition, nullable, optional, text } from './definition.ts';

const cause = text(
  'why it ended: drained, launchFailed, startFailed, exited, interrupted, lost or stoppedOutside',
);
const detail = text("AWS's words about the end");

/** Groups of workers, and what ECS shows of them. */
export const fleetEvents = {
  'fleet.stateChanged': {
    level: 'debug',
    fields: { state },
    sentence: 'The fleet manager is in state {state}.',
  },
  'cohort.stateChanged': {
    level: 'debug',
    fields: { cohort: text('cohort of up to 100 groups'), state },
    sentence: 'Cohort {cohort} is in state {state}.',
  },
  'group.stateChanged': {
    level: 'info',
    // The line of its launch names it already.
    except: { level: 'debug', field: 'state', when: { oneOf: ['requested'] } },
    fields: {
      group,
      state,
      task: optional(nullable(task)),
      cause: optional(nullable(cause)),
      detail: optional(nullable(detail)),
    },
    sentence: 'Group {group} is in state {state}[, task {task}][: {cause}].',
  },
  'group.ended': {
    level: 'info',
    fields: {
      group,
      task: nullable(task),
      cause,
      detail: nullable(detail),
    },
    sentence: 'Group {group} has ended: {cause}[ ({detail})].',
    remedy:
      'With startFailed the task did not come up: `detail` names image, network, role or memory.',
  },
  'actor.crashed': {
    level: 'error',
    fields: { actor: text('id of the actor'), error },
    sentence: 'Actor {actor} has crashed and is replaced: {error}.',
    remedy: 'This is a bug of scaler-ecs: please report the line.',
  },
  'stopTask.failed': {
    level: 'warn',
    except: { level: 'error', field: 'kind', when: { oneOf: needsPerson } },
    fields: {
      group,
      task: nullable(task),
      kind,
      reason,
      subnet: optional(text('subnet that AWS has named')),
    },
    sentence: 'StopTask failed for group {group} ({kind}): {reason}.',
    explanation: 'It is sent again every quarter of a minute until AWS accepts it.',
    remedy: 'With denied: allow ecs:StopTask.',
  },
  'stopTask.slow': {
    level: 'warn',
    fields: { group, task: nullable(task), since: text('when its stop began, ISO 8601') },
    sentence: 'Group {group} is being stopped since {since}, and ECS still shows its task {task}.',
    explanation:
      'It is watched to its end. Once StopTask is accepted and the container has ended, or after ten minutes, it no longer counts under max_task_concurrency.',
  },
  'describeTasks.partial': {
    level: 'warn',
    fields: { task, reason: optional(reason) },
    sentence: 'DescribeTasks says nothing about task {task}[: {reason}].',
  },
  'describeTasks.statusUnknown': {
    level: 'warn',
    fields: { task, status: text('status that ECS names for the task') },
    sentence: 'DescribeTasks names an unknown status for task {task}: {status}.',
    explanation: 'Nothing is concluded from it. Each such status is reported once.',
  },
  'describeTasks.denied': {
    level: 'warn',
    fields: { reason },
    sentence: 'DescribeTasks is denied: {reason}.',
    explanation:
      'We work from the journal and the monitor stream, and do not learn why a task has ended.',
    remedy: 'Allow ecs:DescribeTasks.',
  },
  'describeTasks.failed': {
    level: 'warn',
    fields: { kind, reason },
    sentence: 'DescribeTasks failed ({kind}): {reason}.',
    explanation: 'Nothing is concluded from it; we ask again within seconds.',
  },
  'inventory.completed': {
    level: 'debug',
    fields: { adopted: count('Fargate tasks that were found without an owner and taken over') },
    sentence: 'Listed all our Fargate tasks; adopted {adopted}.',
  },
  'inventory.failed': {
    level: 'warn',
    fields: { reason },
    sentence: 'Our Fargate tasks cannot be listed: {reason}.',
    explanation: 'Until the first complete list nothing is launched. We ask again within a minute.',
    remedy: 'If the reason names another manager: give one of the two its own worker_manager_id.',
  },
  'inventory.denied': {
    level: 'warn',
    fields: { reason },
    sentence: 'Listing our Fargate tasks is denied: {reason}.',
    explanation:
      'We work from the journal and the monitor stream, and do not find tasks that a lost journal has forgotten.',
    remedy: 'Allow ecs:ListTasks and ecs:DescribeTasks.',
  },
  'foreignTask.ignored': {
    level: 'warn',
    fields: { task },
    sentence: 'ListTasks has listed task {task}, which does not carry our mark: it is ignored.',
  },
  'orphan.leftToOtherScheduler': {
    level: 'warn',
    fields: { task, scheduler: text('scheduler address that the task names') },
    sentence: 'Task {task} carries our mark and names scheduler {scheduler}: it is left alone.',
    remedy: 'Give each manager its own worker_manager_id or fleet_id.',
  },
  'orphan.leftToOtherManager': {
    level: 'error',
    fields: { task, launch: nullable(launch) },
    sentence:
      'Task {task} carries our mark, and another manager has launched it: it is left alone.',
    explanation: 'Another manager launches under our worker_manager_id and scheduler address.',
    remedy: 'Stop one of the two managers, or give it a worker_manager_id of its own.',
  },
} as const satisfies Record<string, EventDefinition>;
