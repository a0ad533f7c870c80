import { error, schedulerReleases, state, transport } from './common.ts';
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
      'Starting worker manager {manager}: scheduler {scheduler}, cluster {cluster}, {capacity}[; {known task} of an earlier run].',
  },
  'daemon.ready': {
    level: 'info',
    fields: {
      scheduler: text('address of the scheduler'),
      releases: optional(schedulerReleases),
      transport: optional(transport),
      cluster: text('name of the ECS cluster'),
    },
    sentence: 'Ready: scheduler {scheduler}[ ({releases} over {transport})], cluster {cluster}.',
  },
  'daemon.stateChanged': {
    level: 'debug',
    fields: { state, trouble: optional(nullable(text('what was in the way of preparing AWS'))) },
    sentence: 'Daemon: {state}[ ({trouble})].',
  },
  'daemon.stopping': {
    level: 'info',
    fields: { tasks: count('Fargate tasks that are alive') },
    sentence: 'Stopping[: {tasks task} to stop first]. A second signal exits at once.',
  },
  'daemon.crashed': {
    level: 'error',
    fields: { error },
    sentence: 'scaler-ecs has crashed: {error}.',
    explanation: 'The Fargate tasks keep running; the next start finds them.',
    remedy: 'This is a bug of scaler-ecs: please report the line, and start the daemon again.',
  },
  'daemon.ended': {
    level: 'info',
    except: [{ level: 'warn', field: 'left', when: { above: 0 } }],
    fields: {
      left: count('Fargate tasks and launches that are left'),
      still: texts('their ARNs and labels'),
    },
    sentence: 'Ended. Fargate tasks and launches left: {left}.',
    remedy: 'What is left costs money: start scaler-ecs again, or stop these tasks in ECS.',
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
    sentence: 'Certificates are not checked: any server at the tls or wss address is obeyed.',
    remedy: 'Set tls_ca instead of tls_insecure.',
  },
  'inspector.opened': {
    level: 'info',
    fields: { url: text('address to open in a browser on this machine') },
    sentence: 'Open {url} to see the live state of the actors.',
  },
  'inspector.failed': {
    level: 'warn',
    fields: { error },
    sentence: 'The inspector failed on one message: {error}.',
    remedy: 'This is a bug of scaler-ecs: please report the line.',
  },
} as const satisfies Record<string, EventDefinition>;
