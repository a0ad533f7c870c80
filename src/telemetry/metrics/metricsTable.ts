/** The metrics as data, so that exporter, dashboard and documentation follow from one table. */

/** Every metric also has the label `manager`: the worker_manager_id. */
interface Definition {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  /** The values of each label. Any other value is counted as `other`: the number of series is bounded. */
  labels?: Readonly<Record<string, readonly string[]>>;
  /** Upper bounds of a histogram. */
  buckets?: readonly number[];
}

const failures = [
  ...['throttled', 'unreachable', 'refused', 'capacity', 'addresses', 'quota', 'invalid'],
  ...['unprepared', 'denied', 'credentials', 'journal', 'bug'],
] as const;

const operations = [
  ...['RunTask', 'StopTask', 'DescribeTasks', 'ListTasks', 'CreateCluster', 'DescribeClusters'],
  ...['PutClusterCapacityProviders', 'RegisterTaskDefinition', 'DescribeTaskDefinition'],
  ...['TagResource', 'GetRole', 'CreateRole', 'AttachRolePolicy'],
] as const;

const apiBuckets = ['modify', 'launch', 'read'] as const;

export const metricsTable = {
  scaler_ecs_groups: {
    type: 'gauge',
    help: 'Groups (one Fargate task and its workers) by state; held: to stop as soon as no worker of it cancels a task',
    labels: { state: ['requested', 'provisioning', 'running', 'waiting', 'held', 'stopping'] },
  },
  scaler_ecs_groups_serving: {
    type: 'gauge',
    help: 'Groups whose workers are known to the scheduler and that are to stay, by what they do',
    labels: { load: ['idle', 'busy'] },
  },
  scaler_ecs_groups_degraded: {
    type: 'gauge',
    help: 'Groups with which something is wrong, as missing workers or a slow stop; status names each',
  },
  scaler_ecs_workers_missing: {
    type: 'gauge',
    help: 'Workers that serving groups should have and the monitor stream does not show',
  },
  scaler_ecs_desired_tasks: {
    type: 'gauge',
    help: 'Fargate tasks that the scheduler desires; NaN before its first command',
  },
  scaler_ecs_asked_workers: {
    type: 'gauge',
    help: 'Workers that the scheduler asks for; NaN before its first command, and where it asks in another way',
  },
  scaler_ecs_needed_workers: {
    type: 'gauge',
    help: 'Workers that its work needs, where that is more than it asks for and desired in its place (scale_ahead); else NaN',
  },
  scaler_ecs_missing_tasks: {
    type: 'gauge',
    help: 'Fargate tasks that are desired and allowed, and do not exist yet',
  },
  scaler_ecs_max_tasks: {
    type: 'gauge',
    help: 'The most Fargate tasks at one time by the settings; +Inf without a limit',
  },
  scaler_ecs_launches_total: {
    type: 'counter',
    help: 'Outcomes of RunTask by cause; unknown: no answer came, and the same request is sent again',
    labels: { outcome: ['launched', 'refused', 'unknown'], cause: ['none', ...failures] },
  },
  scaler_ecs_tasks_launched_total: {
    type: 'counter',
    help: 'Fargate tasks that were launched',
  },
  scaler_ecs_groups_ended_total: {
    type: 'counter',
    help: 'Groups that ended, by cause',
    labels: {
      cause: [
        ...['drained', 'launchFailed', 'startFailed', 'exited', 'interrupted', 'lost'],
        'stoppedOutside',
      ],
    },
  },
  scaler_ecs_launches_open: {
    type: 'gauge',
    help: 'RunTask requests that have no outcome yet',
  },
  scaler_ecs_launch_blockers: {
    type: 'gauge',
    help: 'Reasons why nothing is launched, by kind; status and log say each in words',
    labels: {
      kind: [
        ...['noCommand', 'schedulerSilent', 'workersIncompatible', 'inventoryPending'],
        ...['orphansUnconfirmed', 'inventoryStale', 'notPrepared', 'breaker', 'quota', 'cap'],
        ...['stopFails', 'stopping', 'held', 'moneyLimit'],
      ],
    },
  },
  scaler_ecs_cost_usd_per_hour: {
    type: 'gauge',
    help: 'USD an hour of the Fargate tasks that are billed now, by the price table; NaN where no price is known',
  },
  scaler_ecs_spent_usd: {
    type: 'gauge',
    help: 'USD spent on Fargate tasks since midnight UTC (today) and by all runs with this journal (all)',
    labels: { since: ['today', 'all'] },
  },
  scaler_ecs_limit_usd: {
    type: 'gauge',
    help: 'USD that the settings allow, by limit; +Inf without a limit',
    labels: { limit: ['perHour', 'perDay', 'total'] },
  },
  scaler_ecs_boot_seconds: {
    type: 'histogram',
    help: 'Times of groups that came to serve: provisioning from creation to RUNNING, registration from there until the scheduler knows its workers, total both',
    labels: { phase: ['provisioning', 'registration', 'total'] },
    buckets: [5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600],
  },
  scaler_ecs_api_calls_total: {
    type: 'counter',
    help: 'Attempts of calls to AWS that have ended, by operation and outcome',
    labels: { operation: operations, outcome: ['ok', ...failures] },
  },
  scaler_ecs_api_call_seconds: {
    type: 'histogram',
    help: 'Time from sending a call to AWS to its answer or failure, by operation',
    labels: { operation: operations },
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  scaler_ecs_api_throttles_total: {
    type: 'counter',
    help: 'Calls that AWS throttled, by operation',
    labels: { operation: operations },
  },
  scaler_ecs_api_bucket_tokens: {
    type: 'gauge',
    help: 'Calls that may be sent at once, by bucket: modify is RunTask and StopTask, launch RunTask, read DescribeTasks and ListTasks',
    labels: { bucket: apiBuckets },
  },
  scaler_ecs_api_bucket_share: {
    type: 'gauge',
    help: 'Part of the full rate of calls in use, 1 unless AWS has throttled lately, by bucket',
    labels: { bucket: apiBuckets },
  },
  scaler_ecs_api_calls_waiting: {
    type: 'gauge',
    help: 'Calls that wait for a token, by operation',
    labels: { operation: ['RunTask', 'StopTask', 'DescribeTasks', 'ListTasks'] },
  },
  scaler_ecs_scheduler_connected: {
    type: 'gauge',
    help: '1 if the scheduler is connected and has answered a heartbeat on this connection, else 0',
  },
  scaler_ecs_echo_age_seconds: {
    type: 'gauge',
    help: 'Time since the scheduler last answered a heartbeat; NaN before the first answer',
  },
  scaler_ecs_monitor_connected: {
    type: 'gauge',
    help: "1 if the scheduler's monitor stream shows the loads of our tasks, else 0",
  },
  scaler_ecs_inventory_age_seconds: {
    type: 'gauge',
    help: 'Age of the last complete list of our tasks; NaN before the first',
  },
  scaler_ecs_control_loop_age_seconds: {
    type: 'gauge',
    help: 'Time since the control loop last ticked; it ticks each second',
  },
} as const satisfies Record<string, Definition>;

export type MetricName = keyof typeof metricsTable;

export function metricOf(name: MetricName): Definition {
  return metricsTable[name];
}

export const metricNames = Object.keys(metricsTable) as MetricName[];
