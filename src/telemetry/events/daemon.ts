import { error, reason, state } from './common.ts';
import {
  count,
  type EventDefinition,
  nullable,
  optional,
  quantity,
  text,
  texts,
} from './definition.ts';

/** The process itself. */
export const daemonEvents = {
  'daemon.started': {
    level: 'info',
    fields: {
      manager: text('worker_manager_id'),
      scheduler: text('address of the scheduler'),
      transport: text('network_backend: auto, ymq or zmq'),
      mark: text('startedBy of our Fargate tasks'),
      cluster: text('name of the ECS cluster'),
      stateDir: text('state directory'),
      capacity: text('most Fargate tasks and workers'),
      known: count('groups that the journal knows'),
      openLaunches: count('launches without an answer that are sent again'),
    },
    sentence:
      'Started {manager} for scheduler {scheduler}, cluster {cluster}, {capacity}; the journal knows {known group}.',
  },
  'daemon.stateChanged': {
    level: 'info',
    fields: { state, trouble: optional(nullable(text('what was in the way of making AWS ready'))) },
    sentence: 'The daemon is in state {state}[: {trouble}].',
  },
  'daemon.crashed': {
    level: 'error',
    fields: { error },
    sentence: 'The daemon has crashed: {error}.',
    explanation: 'Our Fargate tasks go on; the next start finds them.',
    remedy: 'This is a bug of scaler-ecs: please report the line, and start the daemon again.',
  },
  'daemon.stopping': {
    level: 'info',
    fields: {
      signal: text('signal that asked for it'),
      tasks: count('Fargate tasks that are to stop'),
      launches: count('launches without an answer'),
      seconds: quantity('s', 'until we leave whatever is left'),
      unseen: nullable(text('why our tasks in ECS could not be looked at; null: they were')),
    },
    sentence:
      'Stopping after {signal}: waiting at most {seconds} s for {tasks task} and {launches launch}[; our tasks in ECS could not be looked at: {unseen}].',
    explanation:
      'A second signal leaves at once. Reported every 15 s. Where there is nothing to stop and AWS does not answer, we leave within two seconds.',
  },
  'daemon.leaving': {
    level: 'info',
    fields: { signal: text('signal that asked for it'), tasks: count('that are left') },
    sentence: 'Leaving {tasks task} to the next start after {signal}.',
  },
  'daemon.forced': {
    level: 'warn',
    fields: {},
    sentence: 'Ending at once, because of further signals, although not everything is closed.',
    explanation: 'What is left runs on, and the next start finds it.',
    remedy: 'Start the daemon again, or look into ECS.',
  },
  'daemon.couldNotLook': {
    level: 'warn',
    fields: { reason },
    sentence: 'Our Fargate tasks in ECS could not be looked at: {reason}.',
    explanation: 'The daemon ends without knowing whether an earlier run has left any.',
    remedy:
      'Mend what the reason names and start the daemon again, or look in ECS for tasks with our startedBy (field mark of daemon.started).',
  },
  'logs.reopened': {
    level: 'info',
    fields: {},
    sentence: 'The log files were opened anew after SIGHUP.',
  },
  'logs.notReopened': {
    level: 'warn',
    fields: { path: text('log file'), reason },
    sentence: 'The log file {path} could not be opened anew: {reason}.',
    explanation: 'Lines go on to the file that was open before.',
    remedy: 'Mend the path or its rights, and send SIGHUP again.',
  },
  'daemon.ended': {
    level: 'info',
    except: { level: 'warn', field: 'left', when: { above: 0 } },
    fields: {
      left: count('Fargate tasks and launches that are left'),
      still: texts('their ARNs and labels'),
    },
    sentence: 'Ended with {left} of our tasks and launches left.',
    remedy:
      'What is left runs and costs money: start the daemon again, or stop these tasks in ECS.',
  },
  'tls.certificatesNotChecked': {
    level: 'warn',
    fields: {},
    sentence: 'Certificates are not checked: we obey whatever answers at the tls or wss address.',
    remedy: 'Set tls_ca instead of tls_insecure.',
  },
  'inspector.opened': {
    level: 'info',
    fields: { url: text('address to open in a browser on this machine') },
    sentence: 'The inspector shows the actors at {url}.',
  },
  'inspector.failed': {
    level: 'warn',
    fields: { error },
    sentence: 'The inspector has failed on one message: {error}.',
    remedy: 'This is a bug of scaler-ecs: please report the line.',
  },
} as const satisfies Record<string, EventDefinition>;
