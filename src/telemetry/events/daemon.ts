import { error, reason, schedulerReleases, state, transport } from './common.ts';
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

/** The process itself. */
export const daemonEvents = {
  'daemon.started': {
    level: 'info',
    fields: {
      manager: text('worker_manager_id'),
      scheduler: text('address of the scheduler'),
      transport: text('network_backend: auto, ymq or zmq'),
      tag: text('startedBy of our Fargate tasks'),
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
    sentence: 'Stopping[: {tasks task} to stop first].',
  },
  'daemon.crashed': {
    level: 'error',
    fields: { error },
    sentence: 'scaler-ecs has crashed: {error}.',
    explanation: 'The Fargate tasks keep running; the next start finds them.',
    remedy: 'This is a bug of scaler-ecs: please report the line, and start the daemon again.',
  },
  'signal.received': {
    level: 'info',
    fields: { signal: text('name of the signal') },
    sentence: 'Received {signal}, which asks to stop.',
  },
  'daemon.stopPending': {
    level: 'info',
    fields: {
      tasks: count('Fargate tasks that are to stop'),
      launches: count('launches without an answer'),
      seconds: quantity('s', 'until we leave whatever is left'),
      idleSeconds: optional(
        quantity('s', 'for which tasks at work may still finish it; absent: no longer'),
      ),
      unseen: nullable(text('why our tasks in ECS could not be looked at; null: they were')),
    },
    sentence:
      'Waiting at most {seconds} s for {tasks task} and {launches RunTask}[; those at work are stopped in {idleSeconds} s][; our tasks in ECS could not be looked at: {unseen}]. A second signal stops all tasks now, a third leaves them.',
    explanation:
      'Reported after a second, then every 15 s. Where nothing is to stop and AWS does not answer, we exit within two seconds. A process that is killed earlier leaves its tasks to the next start: docker stop kills after 10 s, ECS and Kubernetes after 30 s.',
    remedy:
      'Give the process stop_timeout and 5 s more: docker stop -t, stopTimeout, terminationGracePeriodSeconds, TimeoutStopSec.',
  },
  'stopTimeout.short': {
    level: 'warn',
    fields: {
      tasks: count('Fargate tasks that may have to be stopped'),
      timeout: quantity('s', 'stop_timeout'),
      needed: quantity('s', 'a stop_timeout that suffices'),
    },
    sentence:
      'A stop_timeout of {timeout} s is too short to stop {tasks task}: AWS accepts 40 StopTask a second. {needed} s suffice.',
    explanation:
      'What is not stopped in time is left running, and the next start finds it. Said at a start if max_task_concurrency allows so many tasks; where it allows any number, once there are so many; and at a stop.',
    remedy:
      'Raise stop_timeout, and the time that your service manager gives the process, or lower max_task_concurrency.',
  },
  'retry.requested': {
    level: 'info',
    fields: {},
    sentence: 'SIGHUP: what is held back after failures is tried at once.',
    explanation:
      'Preparing AWS, launches, the list of our tasks, credentials, and calls that wait after a failure.',
  },
  'daemon.leaving': {
    level: 'info',
    fields: { tasks: count('that are left') },
    sentence: 'Leaving {tasks task} to the next start.',
  },
  'daemon.forced': {
    level: 'warn',
    fields: {},
    sentence: 'Ending at once, because of further signals, although not everything is closed.',
    explanation: 'What is left keeps running, and the next start finds it.',
    remedy: 'Start scaler-ecs again, or look in ECS.',
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
    remedy: 'Correct the path or its rights, and send SIGHUP again.',
  },
  'daemon.couldNotLook': {
    level: 'warn',
    fields: { reason },
    sentence:
      'We could not look at ECS ({reason}): tasks of ours may run there that this run has not heard of.',
    explanation:
      'No complete list of our tasks was read before the end, so the exit status is 1 (with sigterm_policy leave this is not said). Where nothing was launched and the journal is empty the end takes two seconds at most.',
    remedy:
      'Fix what keeps AWS from being reached (credentials, network, rights) and start the daemon again, or look for tasks of ours in ECS.',
  },
  'daemon.ended': {
    level: 'info',
    except: [{ level: 'warn', field: 'left', when: { above: 0 } }],
    fields: {
      left: count('Fargate tasks and launches that are left'),
      still: texts('their ARNs and labels'),
      looked: flag('whether ECS could be asked which of our tasks run'),
    },
    sentence: 'Ended. Fargate tasks and launches left: {left}.',
    remedy: 'What is left costs money: start scaler-ecs again, or stop these tasks in ECS.',
  },
  'tls.certificatesNotChecked': {
    level: 'warn',
    fields: {},
    sentence: 'Certificates are not checked: any server at the tls or wss address is accepted.',
    remedy: 'Set tls_ca instead of tls_insecure.',
  },
  'metrics.opened': {
    level: 'info',
    fields: { url: text('address of the metrics; health is beside it') },
    sentence: 'Serving metrics at {url}, and health at /livez and /readyz beside it.',
  },
  'metrics.exposed': {
    level: 'warn',
    fields: { host: text('metrics_host') },
    sentence: 'Metrics listen on {host}, and there is no password.',
    explanation: 'They name the manager and show how many tasks run; they contain no secret.',
    remedy: 'Let only your Prometheus reach the port, or leave metrics_host at 127.0.0.1.',
  },
  'serviceManager.notReached': {
    level: 'warn',
    fields: { reason },
    sentence: 'Cannot notify the service manager at NOTIFY_SOCKET: {reason}.',
    explanation:
      'The program systemd-notify is run for this, because Node.js has no datagram sockets of its own. Tried again with the next notification; reported once.',
    remedy:
      'Install systemd-notify (package systemd), or use Type=exec without WatchdogSec in the unit.',
  },
  'inspector.opened': {
    level: 'info',
    fields: {
      url: text('address to open in a browser on this machine, with the token of this run'),
      tunnel: text('command that brings the address to another machine'),
    },
    sentence:
      'Open {url} to see the live state of the actors; from another machine, run {tunnel} there first.',
  },
  'inspector.failed': {
    level: 'warn',
    fields: { error },
    sentence: 'The inspector failed on one message: {error}.',
    remedy: 'This is a bug of scaler-ecs: please report the line.',
  },
} as const satisfies Record<string, EventDefinition>;
