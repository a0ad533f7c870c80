import { reason, state } from './common.ts';
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
    level: 'info',
    fields: { state, trouble: optional(nullable(text('why the connection was lost'))) },
    sentence: 'The session with the scheduler is in state {state}[: {trouble}].',
    remedy: 'If it never connects: check the scheduler address, and that a scheduler runs there.',
  },
  'session.unresponsive': {
    level: 'warn',
    fields: { state, trouble: optional(nullable(text('why the connection was lost'))) },
    sentence: 'Connected to the scheduler, but it does not answer heartbeats.',
    explanation: 'We keep trying.',
    remedy:
      'Check whether the scheduler is stuck, and whether another manager uses our worker_manager_id; give each manager its own.',
  },
  'session.pausedForReset': {
    level: 'info',
    fields: { seconds: quantity('s', 'until we connect again') },
    sentence: 'Staying away from the scheduler for {seconds} s, until it has forgotten us.',
    explanation:
      'It waits for an answer that was lost; a scheduler that forgets a manager no longer waits for it.',
  },
  'identity.contested': {
    level: 'warn',
    fields: {},
    sentence: 'Another connection takes our place at the scheduler again and again.',
    explanation: 'We try again after longer pauses.',
    remedy:
      'Look for another manager that runs on a copy of our state directory; stop it, or remove the file identity from its copy.',
  },
  'heartbeat.notSent': {
    level: 'warn',
    fields: {},
    sentence: 'A heartbeat was not sent: the connection is not open, or its queue is full.',
  },
  'scheduler.identified': {
    level: 'info',
    fields: {
      transport: text('ymq or zmq'),
      generation: text('generation of the protocol: g1, g1b, g2, g23, g3 or g4'),
      exact: flag('whether a command has confirmed the generation'),
      bare: flag('whether it is a YMQ from before there was a magic'),
    },
    sentence: 'The scheduler speaks protocol {generation} over {transport}.',
  },
  'scheduler.messageUnreadable': {
    level: 'warn',
    fields: {
      frames: count('messages that could not be read since the start'),
      reason: text('what is wrong with the newest'),
    },
    sentence: 'A message of the scheduler cannot be read ({frames} so far): {reason}.',
    explanation: 'It is ignored. Reported once a minute at most.',
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
    sentence: 'The scheduler has shut its cluster down: we stop all our Fargate tasks and end.',
  },
  'command.answered': {
    level: 'debug',
    fields: {
      command: text('start or shutdown'),
      outcome: text('success, tooMany or notFound'),
      groupId: text('id of the group for the scheduler; empty where it knows none'),
      workerIds: texts('ids of the workers'),
    },
    sentence: 'Answered {outcome} to the {command} command of the scheduler.',
  },
  'demand.changed': {
    level: 'info',
    fields: {
      tasks: nullable(count('Fargate tasks that are desired; null: unknown')),
      why: text('what the number follows from'),
    },
    sentence: 'Desired: {tasks task} ({why}).',
  },
  'capacity.advertised': {
    level: 'info',
    fields: {
      workers: nullable(count('workers that we offer; null: as many as the settings say')),
    },
    sentence: 'Told the scheduler how many workers it may ask for[: {workers}].',
    explanation:
      "A number means that the account's quota is reached: we offer what runs, and try for more from time to time.",
    remedy: 'Ask AWS for a higher quota of Fargate vCPUs, or lower max_task_concurrency.',
  },
  'workers.incompatible': {
    level: 'error',
    fields: { reason: text('which release cannot serve which') },
    sentence: 'Nothing is launched, because our workers cannot serve this scheduler: {reason}.',
    remedy:
      'Choose a worker release of the generation of the scheduler: worker_scaler_version, ecs_python_requirements or the image.',
  },
  'workers.compatible': {
    level: 'info',
    fields: {},
    sentence: 'Our workers can serve the scheduler that was found now.',
  },
  'deadWorker.reported': {
    level: 'info',
    fields: { worker: text('id of the worker') },
    sentence: 'Reported worker {worker} dead to the scheduler: its Fargate task has ended.',
  },
  'monitor.stateChanged': {
    level: 'info',
    fields: { state, trouble: optional(nullable(text('why the connection was lost'))) },
    sentence: "The connection to the scheduler's monitor is in state {state}[: {trouble}].",
    remedy:
      'If it never connects: check monitor_address. Without the monitor stream, idle workers are not known.',
  },
  'monitor.messageUnreadable': {
    level: 'debug',
    fields: { reason },
    sentence: 'A message of the monitor stream cannot be read: {reason}.',
  },
} as const satisfies Record<string, EventDefinition>;
