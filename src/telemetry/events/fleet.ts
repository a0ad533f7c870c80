import { error, group, kind, launch, needsPerson, reason, state, task } from './common.ts';
import {
  choice,
  count,
  type EventDefinition,
  nullable,
  optional,
  quantity,
  text,
} from './definition.ts';
import { spendingFields } from './money.ts';

const cause = choice(
  'why it ended: drained, launchFailed, startFailed, exited, interrupted, lost or stoppedOutside',
  {
    drained: 'no longer needed',
    launchFailed: 'not launched',
    startFailed: 'it did not start',
    exited: 'its workers exited',
    interrupted: 'AWS took the Spot capacity back',
    lost: 'it is gone, or its workers are',
    stoppedOutside: 'stopped by another program or person',
  },
);
const detail = text("AWS's words about the end");

/** Groups of workers, and what ECS shows of them. */
export const fleetEvents = {
  'fleet.stateChanged': {
    level: 'debug',
    fields: { state },
    sentence: 'Fleet: {state}.',
  },
  'cohort.stateChanged': {
    level: 'debug',
    fields: { cohort: text('cohort of up to 100 groups'), state },
    sentence: 'Cohort {cohort}: {state}.',
  },
  'group.stateChanged': {
    // A life at info is the line of its launch and that of its end.
    level: 'debug',
    fields: {
      group,
      state,
      task: optional(nullable(task)),
      why: optional(nullable(text('why it is to leave'))),
      cause: optional(nullable(cause)),
      detail: optional(nullable(detail)),
    },
    sentence: 'Group {group}: {state}[, task {task}][ ({cause})].',
  },
  'group.registered': {
    level: 'debug',
    fields: {
      group,
      task,
      provisioningMs: nullable(quantity('ms', 'from the creation of the task to RUNNING')),
      registrationMs: nullable(quantity('ms', 'from RUNNING until the scheduler knew its workers')),
      totalMs: nullable(quantity('ms', 'from the creation until the scheduler knew its workers')),
    },
    sentence:
      'The scheduler knows the workers of group {group}[, {totalMs} ms after its creation].',
    explanation: 'Times are left out where a part is not known, as of a task of an earlier run.',
  },
  'group.ended': {
    level: 'info',
    except: [
      // launch.refused says it, once for all groups of the launch.
      { level: 'debug', field: 'cause', when: { oneOf: ['launchFailed'] } },
      {
        level: 'warn',
        field: 'cause',
        when: { oneOf: ['startFailed', 'exited', 'lost', 'stoppedOutside'] },
      },
    ],
    fields: {
      group,
      task: nullable(task),
      cause,
      detail: nullable(detail),
    },
    sentence: 'Task[ {task}] of group {group} ended: {cause}[ ({detail})].',
    remedies: {
      field: 'cause',
      of: {
        startFailed:
          "Correct what ECS names: the image and its registry, the subnet's route to the internet, the execution role, or the memory. If no worker came to the scheduler: let worker_scheduler_address be an address of its host that the subnets reach (at 127.0.0.1 a worker finds only its own task), and open its port in the security groups; scaler-ecs doctor checks both.",
        exited:
          "Read the container's log. Workers that exit soon after the start, with exit 0 too, often cannot reach the scheduler or the object storage at the addresses that they are told (security groups, worker_scheduler_address, object_storage_address), or run another Scaler release.",
        lost: 'Look at the task in ECS, and whether its workers can reach the scheduler.',
        stoppedOutside: 'Find out who stops tasks in this cluster; ECS shows the stopped reason.',
      },
    },
  },
  'fleet.drained': {
    level: 'warn',
    fields: { why: text('what the decision follows from') },
    sentence: 'Draining all tasks: {why}.',
    explanation:
      'See scheduler_grace for a scheduler that is gone. Tasks are launched again when it asks for them.',
    remedy: 'Check that the scheduler runs and can be reached.',
  },
  'fleet.summary': {
    level: 'info',
    fields: {
      running: count('groups whose task runs'),
      starting: count('groups that are requested or provisioning'),
      draining: count('groups that wait for idle workers, or are being stopped'),
      desired: nullable(count('Fargate tasks that are desired; null: unknown')),
      launched: count('tasks launched since the summary before'),
      ended: count('tasks ended since then'),
      failed: count('those of them that ended otherwise than drained'),
      usdPerHour: optional(spendingFields.usdPerHour),
      usdToday: optional(spendingFields.usdToday),
      usdTotal: optional(spendingFields.usdTotal),
    },
    sentence:
      'Tasks: {running} running, {starting} starting, {draining} draining[; {desired} desired]; {launched} launched and {ended} ended since the last summary ({failed} failed)[; {usdPerHour} USD an hour, {usdToday} USD today, {usdTotal} USD in all].',
    explanation:
      'Each minute while anything changes, else each hour. Without a known price it says no costs.',
  },
  'actor.crashed': {
    level: 'error',
    fields: { actor: text('id of the actor'), error },
    sentence: 'The actor {actor} crashed and was replaced: {error}.',
    remedy: 'This is a bug of scaler-ecs: please report the line.',
  },
  'stopTask.failed': {
    level: 'warn',
    except: [{ level: 'error', field: 'kind', when: { oneOf: needsPerson } }],
    repeats: { same: ['kind', 'reason'], remindMs: 60_000 },
    fields: {
      group,
      task: nullable(task),
      kind,
      reason,
      subnet: optional(text('subnet that AWS has named')),
    },
    sentence: 'Cannot stop task[ {task}] of group {group} ({kind}): {reason}.',
    explanation:
      'Tried again every 15 s until AWS accepts it. Until then the task costs money, and while its workers serve no other is launched in its place.',
    remedies: { field: 'kind', of: { denied: 'Allow ecs:StopTask.' } },
  },
  'stopTask.clusterMissing': {
    level: 'warn',
    fields: { task, cluster: text('name of the cluster') },
    repeats: { same: ['cluster'] },
    sentence: 'Cluster {cluster} does not exist any more: its tasks, as {task}, count as stopped.',
    explanation: 'ECS deletes no cluster in which tasks run.',
    remedy: 'If the cluster does exist, check aws_region and the endpoint.',
  },
  'stopTask.slow': {
    level: 'warn',
    fields: { group, task: nullable(task), since: text('when its stop began, ISO 8601') },
    sentence: 'Group {group} is being stopped since {since}, and ECS still shows its task {task}.',
    explanation:
      'It is watched to its end. Once StopTask is accepted and the container has ended, or after ten minutes, it no longer counts under max_task_concurrency.',
  },
  'group.degraded': {
    level: 'warn',
    fields: {
      group,
      task: nullable(task),
      workers: count('connected workers of its task'),
      workersPerTask: count('workers that a task has'),
    },
    sentence: 'Group {group} has {workers} of {workersPerTask} workers left, for good.',
    explanation:
      'Scaler does not start a worker again that has died in a task. The task counts for the workers that it has: another one is launched where more are desired, and it is stopped when it is idle and the others suffice.',
    remedy: 'Look at the log of the task for what ended its workers, such as memory.',
  },
  'describeTasks.partial': {
    level: 'warn',
    fields: { cluster: text('name of the cluster'), tasks: count('Fargate tasks'), kind, reason },
    repeats: {
      same: ['cluster', 'kind', 'reason'],
      remindMs: 60_000,
      endedBy: ['describeTasks.answered'],
    },
    sentence:
      'DescribeTasks shows nothing of {tasks task} in cluster {cluster} ({kind}): {reason}.',
    explanation:
      'Nothing is concluded about these tasks; the others are looked at. Reported when it changes, and once a minute.',
  },
  'describeTasks.denied': {
    level: 'warn',
    fields: { reason },
    repeats: { same: ['reason'], remindMs: 60_000, endedBy: ['describeTasks.answered'] },
    sentence: 'No permission to describe tasks: {reason}.',
    explanation:
      'The journal and the monitor stream are used instead; why a task ended is then unknown.',
    remedy: 'Allow ecs:DescribeTasks.',
  },
  'describeTasks.failed': {
    level: 'warn',
    fields: { kind, reason },
    repeats: { same: ['kind', 'reason'], remindMs: 60_000, endedBy: ['describeTasks.answered'] },
    sentence: 'Cannot look at the tasks in ECS ({kind}): {reason}.',
    explanation: 'Nothing is concluded from it. Tried again within seconds.',
  },
  'describeTasks.answered': {
    level: 'debug',
    fields: {
      cluster: text('name of the cluster'),
      tasks: count('Fargate tasks that were described'),
    },
    sentence: 'Looked at {tasks task} in cluster {cluster}.',
  },
  'inventory.completed': {
    level: 'debug',
    except: [{ level: 'info', field: 'adopted', when: { above: 0 } }],
    fields: { adopted: count('Fargate tasks that were found without an owner and taken over') },
    sentence: 'Listed all our tasks in ECS[; adopted {adopted task} of an earlier run].',
  },
  'inventory.waiting': {
    level: 'info',
    fields: { seconds: quantity('s', 'until the first list of our tasks'), reason },
    sentence: 'Launching nothing for {seconds} s: {reason}.',
    explanation:
      'A list of our tasks shows all that an earlier run has launched only after `settle_seconds`. A start after an orderly end, or in a cluster that it creates itself, does not wait.',
  },
  'inventory.failed': {
    level: 'warn',
    fields: { reason },
    repeats: { same: [], endedBy: ['inventory.completed'] },
    sentence: 'Cannot list our tasks in ECS: {reason}.',
    explanation: 'Until the first complete list nothing is launched. Tried again within a minute.',
    remedy:
      'Check credentials, permissions and aws_region. If the reason names another manager: give one of the two its own worker_manager_id.',
  },
  'inventory.clusterLeftOut': {
    level: 'warn',
    fields: { cluster: text('ARN of the cluster'), reason },
    repeats: { same: ['cluster'] },
    sentence:
      'Our tasks in cluster {cluster} cannot be listed ({reason}): a launch of an earlier run may have started tasks there.',
    explanation:
      'The cluster, the region or the account of the settings has changed since that launch. The list is taken for complete without it.',
    remedy:
      'Look for tasks there with our startedBy, or start scaler-ecs once with the settings and credentials from before.',
  },
  'inventory.denied': {
    level: 'warn',
    fields: { reason },
    repeats: { same: [], endedBy: ['inventory.completed'] },
    sentence: 'No permission to list our tasks: {reason}.',
    explanation:
      'The journal and the monitor stream are used instead; tasks that a lost journal forgot are not found.',
    remedy: 'Allow ecs:ListTasks and ecs:DescribeTasks.',
  },
  'foreignTask.ignored': {
    level: 'warn',
    fields: { task },
    repeats: { same: ['task'] },
    sentence: 'Task {task} was listed as ours but does not carry our startedBy: it is ignored.',
  },
  'orphan.leftToOtherScheduler': {
    level: 'warn',
    fields: { task, scheduler: text('scheduler address that the task names') },
    repeats: { same: ['task'] },
    sentence:
      'Task {task} has our startedBy but works for scheduler {scheduler}: it is left alone.',
    remedy: 'Give each manager its own worker_manager_id or fleet_id.',
  },
  'orphan.leftToOtherManager': {
    level: 'error',
    fields: { task, launch: nullable(launch) },
    repeats: { same: ['task'] },
    sentence: 'Another manager launched task {task} with our startedBy: it is left alone.',
    explanation: 'The other manager has our worker_manager_id and scheduler address.',
    remedy: 'Stop one of the two managers, or give it a worker_manager_id of its own.',
  },
} as const satisfies Record<string, EventDefinition>;
