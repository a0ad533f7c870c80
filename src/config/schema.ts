import { cpus } from 'node:os';
import {
  ids,
  image,
  limit,
  name,
  notEmpty,
  notNegative,
  positive,
  positiveSeconds,
  pythonVersion,
  region,
  scalerRelease,
  seconds,
  subnets,
} from './constraints.ts';
import { processRows } from './processRows.ts';
import { optional, type Row, required, setting } from './row.ts';
import { address, capabilities, choice, flag, integer, list, text } from './valueTypes.ts';

/** Every setting of scaler-ecs, in the order of the documentation. */
export const schema = {
  scheduler_address: required(address, {
    positional: true,
    group: 'Connection',
    help: 'Address of the Scaler scheduler this manager connects to',
  }),
  worker_manager_id: required(text, {
    short: 'wmi',
    group: 'Connection',
    help: 'Id of this manager, unique among the managers of the scheduler',
    check: notEmpty,
  }),
  worker_scheduler_address: optional(address, {
    short: 'wsa',
    group: 'Connection',
    defaultText: 'scheduler_address',
    help: 'Scheduler address for the workers, if they reach the scheduler at another address',
  }),
  object_storage_address: optional(address, {
    short: 'osa',
    group: 'Connection',
    defaultText: 'workers ask the scheduler',
    help: 'Object storage address for the workers',
  }),
  network_backend: setting(choice(['auto', 'ymq', 'zmq'], { tcp_zmq: 'zmq' }), 'auto', {
    group: 'Connection',
    variableAlways: true,
    help: 'Transport of the scheduler and of the workers; auto detects it (tcp_zmq means zmq)',
  }),
  fleet_id: optional(text, {
    group: 'Connection',
    defaultText: 'manager id and worker-facing scheduler address',
    help: 'Identifies the Fargate tasks of this manager; set it to keep them when the manager id or the address changes',
    check: notEmpty,
  }),

  max_task_concurrency: setting(limit, () => cpus().length, {
    short: 'mtc',
    group: 'Capacity',
    defaultText: "CPUs of the manager's host",
    help: 'Maximum number of Fargate tasks, each with ecs_task_cpu workers; -1 means no limit',
  }),
  max_workers: setting(limit, -1, {
    group: 'Capacity',
    help: 'Maximum number of workers, rounded down to whole Fargate tasks; -1 means no limit',
  }),
  launch_burst: setting(positive, 100, {
    group: 'Capacity',
    help: "Fargate tasks that may be launched at once (the account's quota)",
  }),
  launch_rate: setting(positive, 20, {
    group: 'Capacity',
    help: "Fargate tasks that may be launched per second after that (the account's quota)",
  }),
  per_worker_capabilities: setting(capabilities, [], {
    short: 'pwc',
    group: 'Capacity',
    help: 'Capabilities of each worker, like "linux,gpu=1"',
  }),

  per_worker_task_queue_size: setting(positive, 1000, {
    short: 'wtqs',
    group: 'Workers',
    help: 'Maximum number of tasks queued in each worker',
  }),
  heartbeat_interval_seconds: setting(positiveSeconds, 2, {
    short: 'his',
    group: 'Workers',
    help: 'Seconds between heartbeats, of this manager and of its workers',
  }),
  task_timeout_seconds: setting(integer('a non-negative integer', 0), 0, {
    short: 'tts',
    group: 'Workers',
    help: 'Seconds a task may run; 0 means no limit',
  }),
  death_timeout_seconds: setting(positive, 300, {
    short: 'dts',
    group: 'Workers',
    help: 'Seconds without contact to the scheduler after which a worker exits',
  }),
  garbage_collect_interval_seconds: setting(positive, 30, {
    short: 'gc',
    group: 'Workers',
    help: "Seconds between a worker's garbage collections",
  }),
  trim_memory_threshold_bytes: setting(notNegative, 1024 ** 3, {
    short: 'tm',
    group: 'Workers',
    help: 'Bytes of memory above which a worker returns free memory to the system',
  }),
  hard_processor_suspend: setting(flag, false, {
    short: 'hps',
    group: 'Workers',
    help: 'Suspend task processes with SIGSTOP instead of a cooperative pause',
  }),
  io_threads: setting(positive, 1, {
    short: 'it',
    group: 'Workers',
    help: 'Network threads of each worker',
  }),
  event_loop: setting(choice(['builtin', 'uvloop']), 'builtin', {
    short: 'el',
    group: 'Workers',
    help: 'Event loop of the workers',
  }),
  preload: optional(text, {
    group: 'Workers',
    defaultText: 'none',
    help: 'Python "module:function" that each worker calls before its first task',
  }),
  worker_scaler_version: optional(text, {
    group: 'Workers',
    defaultText: 'from the requirements, else the newest compatible release',
    help: 'Scaler release that runs in the Fargate tasks, like 2.6.0',
    check: scalerRelease,
  }),

  aws_access_key_id: optional(text, {
    group: 'AWS and ECS',
    readBySdk: 'AWS_ACCESS_KEY_ID',
    defaultText: "the AWS SDK's provider chain",
    help: 'AWS access key; requires aws_secret_access_key',
    secret: true,
    check: notEmpty,
  }),
  aws_secret_access_key: optional(text, {
    group: 'AWS and ECS',
    readBySdk: 'AWS_SECRET_ACCESS_KEY',
    defaultText: "the AWS SDK's provider chain",
    help: 'AWS secret key; requires aws_access_key_id',
    secret: true,
    check: notEmpty,
  }),
  aws_session_token: optional(text, {
    group: 'AWS and ECS',
    readBySdk: 'AWS_SESSION_TOKEN',
    defaultText: "the AWS SDK's provider chain",
    help: 'AWS session token of temporary keys; requires both keys',
    secret: true,
    check: notEmpty,
  }),
  aws_region: setting(text, 'us-east-1', {
    group: 'AWS and ECS',
    help: 'AWS region',
    check: region,
  }),
  ecs_subnets: required(list, {
    group: 'AWS and ECS',
    help: 'Subnets for the Fargate tasks, comma-separated',
    check: subnets,
  }),
  ecs_security_groups: setting(list, [], {
    group: 'AWS and ECS',
    defaultText: "the VPC's default security group",
    help: 'Security groups for the Fargate tasks, comma-separated',
    check: ids('security group', 'sg-0abc1234def56789a', 5),
  }),
  ecs_assign_public_ip: setting(choice(['ENABLED', 'DISABLED']), 'ENABLED', {
    group: 'AWS and ECS',
    help: 'Whether the Fargate tasks get a public IP address; without one they need a NAT gateway',
  }),
  ecs_cluster: setting(text, 'scaler-cluster', {
    group: 'AWS and ECS',
    help: 'ECS cluster; created if missing',
    check: name('a name', /^(arn:[\w-]+:ecs:[\w-]+:\d{12}:cluster\/)?[A-Za-z0-9_-]{1,255}$/),
  }),
  ecs_task_definition: setting(text, 'scaler-task-definition', {
    group: 'AWS and ECS',
    help: 'Task definition family; created if missing',
    check: name('a family (no revision, no ARN)', /^[A-Za-z0-9_-]{1,255}$/),
  }),
  ecs_task_image: setting(text, 'public.ecr.aws/v4u8j8r6/scaler:latest', {
    group: 'AWS and ECS',
    help: 'Container image',
    check: image,
  }),
  ecs_python_requirements: setting(text, 'tomli;pargraph;parfun;pandas', {
    group: 'AWS and ECS',
    help: 'Python packages the container installs when it starts',
    check: notEmpty,
  }),
  ecs_python_version: setting(text, '3.12.11', {
    group: 'AWS and ECS',
    help: 'Python version of the container',
    check: pythonVersion,
  }),
  ecs_task_cpu: setting(positive, 4, {
    group: 'AWS and ECS',
    help: 'vCPUs of a Fargate task, which is also its number of workers: 1, 2, 4, 8 or 16',
  }),
  ecs_task_memory: setting(positive, 30, {
    group: 'AWS and ECS',
    help: 'Memory of a Fargate task in GB',
  }),
  ecs_task_architecture: setting(choice(['X86_64', 'ARM64']), 'X86_64', {
    group: 'AWS and ECS',
    help: 'CPU architecture of the Fargate tasks',
  }),
  capacity_provider: setting(choice(['none', 'FARGATE', 'FARGATE_SPOT']), 'none', {
    group: 'AWS and ECS',
    help: 'Capacity provider of the Fargate tasks; none means launch type FARGATE',
  }),

  monitor_address: optional(address, {
    group: 'Connection',
    defaultText: 'the scheduler address with its port + 2',
    help: "Address of the scheduler's monitor stream, which reports workers and their tasks",
  }),
  tls_ca: optional(text, {
    group: 'Connection',
    defaultText: 'the well-known certificate authorities',
    help: 'PEM file with the only certificates to trust for tls:// and wss:// addresses',
    check: notEmpty,
  }),
  tls_insecure: setting(flag, false, {
    group: 'Connection',
    help: 'Do not check the certificates of tls:// and wss:// addresses',
  }),
  sigterm_policy: setting(choice(['stop', 'leave']), 'stop', {
    group: 'Timeouts',
    help: 'At SIGTERM stop all Fargate tasks, or leave them running until the next start adopts them',
  }),
  scheduler_grace: setting(seconds, 600, {
    group: 'Timeouts',
    help: 'Seconds without the scheduler after which all Fargate tasks are drained',
  }),
  settle_seconds: setting(seconds, 10, {
    group: 'Timeouts',
    help: 'Seconds after the last launch of an earlier run before a list of the Fargate tasks counts as complete',
  }),
  start_deadline: setting(positiveSeconds, 600, {
    group: 'Timeouts',
    help: 'Seconds from launch within which a Fargate task must be running',
  }),
  drain_timeout: setting(seconds, 300, {
    group: 'Timeouts',
    help: 'Seconds to wait until a Fargate task is idle before it is stopped anyway',
  }),
  sweep_seconds: setting(positiveSeconds, 30, {
    group: 'Timeouts',
    help: 'Seconds between two complete lists of the Fargate tasks, which find orphans',
  }),
  stop_timeout: setting(seconds, 60, {
    group: 'Timeouts',
    help: 'Seconds to stop all Fargate tasks at SIGTERM',
  }),

  ...processRows,
};

export type Key = keyof typeof schema;
export type Values = { [K in Key]: (typeof schema)[K] extends Row<infer T> ? T : never };

export const keys = Object.keys(schema) as Key[];
/** A row of the schema, for code that handles all rows alike. */
export function rowOf(key: Key): Row<unknown> {
  return schema[key] as unknown as Row<unknown>;
}

/** The flag without its two dashes. */
export function flagOf(key: Key): string {
  return key.replaceAll('_', '-');
}

/** The environment variable that this program reads; null if there is none. */
export function variableOf(key: Key): string | null {
  return rowOf(key).readBySdk || rowOf(key).flagOnly ? null : `SCALER_${key.toUpperCase()}`;
}

export function isKey(name: string): name is Key {
  return Object.hasOwn(schema, name);
}

/** All names of a setting, for messages: flag, key and variable. */
export function named(key: Key): string {
  const { positional, flagOnly, readBySdk } = rowOf(key);
  const variable = variableOf(key) ?? readBySdk;
  if (positional) return `${key} (positional, or in TOML, or ${variable})`;
  return flagOnly ? `--${flagOf(key)}` : `--${flagOf(key)} (${key}, ${variable})`;
}
