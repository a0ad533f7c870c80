import { generation, reason, state, task, transport } from './common.ts';
import {
  count,
  type EventDefinition,
  flag,
  nullable,
  optional,
  quantity,
  text,
  texts,
} from './definition.ts';

/** The dialogue with the scheduler, and its monitor stream. */
export const schedulerEvents = {
  'session.stateChanged': {
    level: 'debug',
    fields: { state, trouble: optional(nullable(text('why the connection was lost'))) },
    sentence: 'Connection to the scheduler: {state}[ ({trouble})].',
  },
  'scheduler.statusChanged': {
    level: 'debug',
    fields: { status: text('closed, unacknowledged, ready or conflict') },
    sentence: 'Connection to the scheduler: {status}.',
  },
  'scheduler.unreachable': {
    level: 'warn',
    fields: { scheduler: optional(text('address of the scheduler')), reason },
    repeats: { same: [], endedBy: ['daemon.ready', 'scheduler.returned'] },
    sentence: 'Cannot connect to the scheduler[ at {scheduler}]: {reason}.',
    explanation: 'Tried again for ever, within seconds.',
    remedy: 'Check the scheduler address, and that a scheduler runs there.',
  },
  'scheduler.lost': {
    level: 'warn',
    fields: { reason },
    sentence: 'Lost the connection to the scheduler: {reason}.',
    explanation:
      'Tasks are neither stopped nor replaced until scheduler_grace is over. We reconnect for ever.',
    remedy: 'Check that the scheduler runs and can be reached.',
  },
  'scheduler.endedWithTask': {
    level: 'warn',
    fields: { task },
    sentence:
      'The scheduler ended about when task {task} did: over YMQ some releases end when a worker is killed while data is on its way to it.',
    explanation:
      'The connection was lost within 20 s of the end of that task, and the address refuses connections since. Workers that ended by themselves can be the cause as well.',
    remedy:
      'Start the scheduler again, best under a supervisor that does so: the fleet is kept for scheduler_grace. Use ZeroMQ, or a newer release of Scaler, if it happens again.',
  },
  'scheduler.returned': {
    level: 'warn',
    fields: { seconds: quantity('s', 'without the scheduler') },
    sentence: 'The scheduler is back after {seconds} s.',
  },
  'session.unresponsive': {
    level: 'warn',
    fields: { state, trouble: optional(nullable(text('why the connection was lost'))) },
    repeats: { same: [], endedBy: ['daemon.ready', 'scheduler.returned'] },
    sentence: 'Connected to the scheduler, but it does not answer.',
    explanation: 'Tried again for ever.',
    remedy:
      'Check whether the scheduler is stuck, and whether another manager uses our worker_manager_id; give each manager its own.',
  },
  'session.pausedForReset': {
    level: 'info',
    fields: { seconds: quantity('s', 'until we connect again') },
    sentence: 'Disconnecting from the scheduler for {seconds} s, so that it forgets a lost answer.',
    explanation:
      'The scheduler may wait for an answer that was lost. This is assumed when a response may be missing, when the scheduler sends no command although work waits or for a long time, and after a long absence of this manager. Once it has forgotten this manager it no longer waits.',
  },
  'identity.contested': {
    level: 'warn',
    fields: {},
    repeats: { same: [], endedBy: ['daemon.ready', 'scheduler.returned'] },
    sentence: 'Another connection with our identity replaces ours at the scheduler, repeatedly.',
    explanation: 'Tried again after longer pauses.',
    remedy:
      'Look for another manager that runs on a copy of our state directory; stop it, or remove the file identity from its copy.',
  },
  'heartbeat.notSent': {
    level: 'warn',
    fields: {},
    repeats: { same: [], endedBy: ['daemon.ready', 'scheduler.returned'] },
    sentence: 'A heartbeat was not sent: the connection is closed, or its queue is full.',
  },
  'scheduler.identified': {
    level: 'info',
    fields: {
      transport,
      generation,
      exact: flag('whether a command has confirmed the generation'),
      bare: flag('whether it is a YMQ from before there was a magic'),
    },
    repeats: { same: ['transport', 'generation', 'bare'] },
    sentence: 'The scheduler is {generation}, over {transport}.',
  },
  'limit.ambiguous': {
    level: 'warn',
    fields: {
      tasks: count('Fargate tasks that are allowed'),
      workers: count('workers that they have'),
      other: count('Fargate tasks if max_task_concurrency counted workers'),
    },
    sentence:
      'max_task_concurrency allows {tasks} Fargate tasks here, {workers} workers; the manager of this scheduler counts workers, and would start {other}.',
    explanation:
      'Said once, where max_task_concurrency is set, and max_workers and max_task_concurrency_counts are not.',
    remedy:
      'Set max_task_concurrency_counts to tasks to keep this, or to workers for the other meaning.',
  },
  'scheduler.messageUnreadable': {
    level: 'warn',
    fields: {
      frames: count('messages that could not be read since the start'),
      reason: text('what is wrong with the newest'),
    },
    repeats: { same: [] },
    sentence: 'Cannot read a message of the scheduler ({frames} so far): {reason}.',
    explanation: 'It is ignored.',
    remedy:
      'Check that the scheduler address is that of a Scaler scheduler from 1.15.0 to 2.9.0; `scaler-ecs wire decode` reads a captured message.',
  },
  'zeromq.notLoaded': {
    level: 'error',
    fields: { reason },
    sentence: '{reason}.',
    explanation: 'The peer speaks ZeroMQ, so that no connection to it can be made.',
    remedy: 'Install the dependencies anew on this system (npm ci), or let the scheduler use YMQ.',
  },
  'scheduler.shutdown': {
    level: 'warn',
    fields: {},
    sentence: 'The scheduler shuts the cluster down: stopping all our tasks, then scaler-ecs ends.',
  },
  'command.answered': {
    level: 'debug',
    fields: {
      command: text('start or shutdown'),
      outcome: text('success, tooMany or notFound'),
      groupId: text('id of the group for the scheduler; empty where it knows none'),
      workerIds: texts('ids of the workers'),
    },
    sentence: "Answered the scheduler's {command} command: {outcome}.",
  },
  'scheduler.neverCommanded': {
    level: 'warn',
    fields: {
      seconds: quantity('s', 'since its first answer, or its first after its grace was over'),
    },
    sentence:
      'The scheduler has answered heartbeats for {seconds} s and has not said how many workers it wants: nothing is launched.',
    remedy:
      'Check the scaling policy of the scheduler (with scaling=no it never asks for workers), and that its release is from 1.15.0 to 2.9.0. After a return, a scheduler that has what it wants may be silent: then there is nothing to do.',
  },
  'demand.changed': {
    // The lines of launches, ends and summaries tell the number.
    level: 'debug',
    fields: {
      tasks: nullable(count('Fargate tasks that are desired; null: unknown')),
      why: text('what the number follows from'),
    },
    sentence: '{tasks task} desired: {why}.',
  },
  'capacity.advertised': {
    level: 'info',
    fields: {
      workers: nullable(count('workers that we offer; null: as many as the settings say')),
    },
    sentence: 'Capacity offered to the scheduler[: {workers} workers, the quota of the account].',
    explanation:
      "A number means that the account's quota is reached: we offer what runs, and try for more from time to time.",
    remedy: 'Ask AWS for a higher quota of Fargate vCPUs, or lower max_task_concurrency.',
  },
  'workers.incompatible': {
    level: 'error',
    fields: { reason: text('which release cannot serve which') },
    sentence: 'Launching nothing, because our workers cannot work for this scheduler: {reason}.',
    remedy:
      'Choose a worker release of the generation of the scheduler: worker_scaler_version, ecs_python_requirements or the image.',
  },
  'workers.compatible': {
    level: 'info',
    fields: {},
    sentence: 'Our workers can work for the scheduler that is connected now.',
  },
  'deadWorker.reported': {
    level: 'info',
    fields: { worker: text('id of the worker') },
    sentence: 'Told the scheduler that worker {worker} is dead: its task has ended.',
  },
  'monitor.stateChanged': {
    level: 'debug',
    fields: { state, trouble: optional(nullable(text('why the connection was lost'))) },
    sentence: "Connection to the scheduler's monitor stream: {state}[ ({trouble})].",
  },
  'monitor.missing': {
    level: 'warn',
    fields: { reason },
    repeats: { same: [], endedBy: ['monitor.received'] },
    sentence:
      "Nothing comes from the scheduler's monitor stream: {reason}. Which workers are busy is unknown, so tasks that are stopped may lose work.",
    remedy:
      "Set monitor_address to the scheduler's monitor address, and open its port (by default the scheduler's port + 2) to this machine.",
  },
  'monitor.received': {
    level: 'debug',
    fields: {},
    sentence: "The scheduler's monitor stream is received: which workers are busy is known.",
  },
  'monitor.messageUnreadable': {
    level: 'debug',
    fields: { reason },
    sentence: 'Cannot read a message of the monitor stream: {reason}.',
  },
} as const satisfies Record<string, EventDefinition>;
