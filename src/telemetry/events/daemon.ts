import { error, state } from './common.ts';
import { count, type EventDefinition, nullable, optional, text, texts } from './definition.ts';

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
  'workerAddress.unreachable': {
    level: 'warn',
    fields: {
      setting: text('worker_scheduler_address or object_storage_address'),
      address: text('the address'),
      reason: text('what it is'),
    },
    sentence: 'No Fargate task reaches {address}, {reason}: workers cannot connect.',
    remedy:
      'Set the setting to an IP address that the subnets reach; scaler-ecs doctor tells more.',
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
