import { cpus } from 'node:os';
import { optional, type Row, required, setting } from './row.ts';
import { address, capabilities, choice, flag, integer, list, strings, text } from './valueTypes.ts';

const notEmpty = (value: string) => (value === '' ? 'cannot be an empty string' : null);
const positive = integer('a positive integer', 1);
const notNegative = integer('a non-negative integer', 0);
/** Node's timers end at 2^31 milliseconds. */
const maxTimerSeconds = Math.floor((2 ** 31 - 1) / 1000);
const seconds = integer('a non-negative number of seconds', 0, maxTimerSeconds);
const positiveSeconds = integer('a positive number of seconds', 1, maxTimerSeconds);
const limit = integer('-1 (no limit) or a non-negative integer', -1, 2 ** 32 - 1);
const name = (what: string, form: RegExp) => (value: string) =>
  form.test(value)
    ? null
    : (notEmpty(value) ??
      `must be ${what} of 1 to 255 letters, digits, - and _, got ${JSON.stringify(value)}`);
const atMost = (most: number, what: string) => (values: string[]) =>
  values.length > most ? `AWS takes at most ${most} ${what}, got ${values.length}` : null;

/** Every setting of scaler-ecs, in the order of its documentation. */
export const schema = {
  scheduler_address: required(address, {
    positional: true,
    group: 'Connection',
    help: 'Address of the Scaler scheduler this manager connects to',
  }),
  worker_manager_id: required(text, {
    short: 'wmi',
    group: 'Connection',
    help: 'Name of this manager; no two managers of one scheduler may share it',
    check: notEmpty,
  }),
  worker_scheduler_address: optional(address, {
    short: 'wsa',
    group: 'Connection',
    defaultText: 'scheduler_address',
    help: 'Scheduler address given to the workers, where it differs for them',
  }),
  object_storage_address: optional(address, {
    short: 'osa',
    group: 'Connection',
    defaultText: 'workers ask the scheduler',
    help: 'Object storage address given to the workers',
  }),
  network_backend: setting(choice(['auto', 'ymq', 'zmq'], { tcp_zmq: 'zmq' }), 'auto', {
    group: 'Connection',
    variableAlways: true,
    help: 'Transport of the scheduler and so of the workers; auto listens to what the scheduler speaks (tcp_zmq means zmq)',
  }),
  fleet_id: optional(text, {
    group: 'Connection',
    defaultText: 'manager id and worker-facing scheduler address',
    help: 'Marks the Fargate tasks as ours; set it to keep them when the id or an address changes',
    check: notEmpty,
  }),

  max_task_concurrency: setting(limit, () => cpus().length, {
    short: 'mtc',
    group: 'Capacity',
    defaultText: "CPUs of the manager's host",
    help: 'Most Fargate tasks (not workers: each runs ecs_task_cpu of them); -1 is no limit',
  }),
  max_workers: setting(limit, -1, {
    group: 'Capacity',
    help: 'Most workers, rounded down to whole Fargate tasks; -1 is no limit',
  }),
  launch_burst: setting(positive, 100, {
    group: 'Capacity',
    help: "Fargate tasks that may be launched at once: the account's quota",
  }),
  launch_rate: setting(positive, 20, {
    group: 'Capacity',
    help: "Fargate tasks that may be launched per second after that: the account's quota",
  }),
  per_worker_capabilities: setting(capabilities, [], {
    short: 'pwc',
    group: 'Capacity',
    help: 'What each worker can do, for the scheduler to match, like "linux,gpu=1"',
  }),

  per_worker_task_queue_size: setting(positive, 1000, {
    short: 'wtqs',
    group: 'Workers',
    help: 'Tasks queued in each worker',
  }),
  heartbeat_interval_seconds: setting(positiveSeconds, 2, {
    short: 'his',
    group: 'Workers',
    help: 'Seconds between heartbeats, of this manager and of its workers',
  }),
  task_timeout_seconds: setting(integer('a non-negative integer', 0), 0, {
    short: 'tts',
    group: 'Workers',
    help: 'Seconds a task may run; 0 is for ever',
  }),
  death_timeout_seconds: setting(positive, 300, {
    short: 'dts',
    group: 'Workers',
    help: 'Seconds without the scheduler after which a worker ends itself',
  }),
  garbage_collect_interval_seconds: setting(positive, 30, {
    short: 'gc',
    group: 'Workers',
    help: "Seconds between a worker's garbage collections",
  }),
  trim_memory_threshold_bytes: setting(notNegative, 1024 ** 3, {
    short: 'tm',
    group: 'Workers',
    help: 'Bytes above which a worker gives memory back to the system',
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
    defaultText: 'learnt from the requirements, else the newest known',
    help: 'Scaler release that runs in the Fargate tasks, like 2.6.0',
    check: (version) =>
      /^\d+\.\d+(\.\d+)*(\.?(a|b|rc|post|dev)\d+)*$/.test(version)
        ? null
        : `must be a Scaler release like 2.6.0, got ${JSON.stringify(version)}`,
  }),

  aws_access_key_id: optional(text, {
    group: 'AWS and ECS',
    readBySdk: 'AWS_ACCESS_KEY_ID',
    defaultText: "the AWS SDK's chain",
    help: 'AWS access key; goes with aws_secret_access_key',
    secret: true,
    check: notEmpty,
  }),
  aws_secret_access_key: optional(text, {
    group: 'AWS and ECS',
    readBySdk: 'AWS_SECRET_ACCESS_KEY',
    defaultText: "the AWS SDK's chain",
    help: 'AWS secret key; goes with aws_access_key_id',
    secret: true,
    check: notEmpty,
  }),
  aws_session_token: optional(text, {
    group: 'AWS and ECS',
    readBySdk: 'AWS_SESSION_TOKEN',
    defaultText: "the AWS SDK's chain",
    help: 'AWS session token of temporary keys; goes with the two above',
    secret: true,
    check: notEmpty,
  }),
  aws_region: setting(text, 'us-east-1', {
    group: 'AWS and ECS',
    help: 'AWS region',
    check: (region) =>
      /^[a-z0-9-]+$/.test(region)
        ? null
        : `must be a region like us-east-1, got ${JSON.stringify(region)}`,
  }),
  ecs_subnets: required(list, {
    group: 'AWS and ECS',
    help: 'Subnets for the Fargate tasks, comma-separated',
    check: (subnets) =>
      subnets.length === 0
        ? 'must be a non-empty list of subnet ids'
        : atMost(16, 'subnets')(subnets),
  }),
  ecs_security_groups: setting(list, [], {
    group: 'AWS and ECS',
    defaultText: "the VPC's default group",
    help: 'Security groups for the Fargate tasks, comma-separated',
    check: atMost(5, 'security groups'),
  }),
  ecs_assign_public_ip: setting(choice(['ENABLED', 'DISABLED']), 'ENABLED', {
    group: 'AWS and ECS',
    help: 'Whether the Fargate tasks get a public address; without one they need a NAT',
  }),
  ecs_cluster: setting(text, 'scaler-cluster', {
    group: 'AWS and ECS',
    help: 'ECS cluster; made if missing',
    check: name('a name', /^(arn:[\w-]+:ecs:[\w-]+:\d{12}:cluster\/)?[A-Za-z0-9_-]{1,255}$/),
  }),
  ecs_task_definition: setting(text, 'scaler-task-definition', {
    group: 'AWS and ECS',
    help: 'Task definition family; made if missing',
    check: name('a family (no revision, no ARN)', /^[A-Za-z0-9_-]{1,255}$/),
  }),
  ecs_task_image: setting(text, 'public.ecr.aws/v4u8j8r6/scaler:latest', {
    group: 'AWS and ECS',
    help: 'Container image',
    check: notEmpty,
  }),
  ecs_python_requirements: setting(text, 'tomli;pargraph;parfun;pandas', {
    group: 'AWS and ECS',
    help: 'Python packages the container installs when it starts',
    check: notEmpty,
  }),
  ecs_python_version: setting(text, '3.12.11', {
    group: 'AWS and ECS',
    help: 'Python of the container',
    check: notEmpty,
  }),
  ecs_task_cpu: setting(positive, 4, {
    group: 'AWS and ECS',
    help: 'vCPUs of a Fargate task, and workers in it: 1, 2, 4, 8 or 16',
  }),
  ecs_task_memory: setting(positive, 30, {
    group: 'AWS and ECS',
    help: 'Memory of a Fargate task in GB',
  }),
  ecs_task_architecture: setting(choice(['X86_64', 'ARM64']), 'X86_64', {
    group: 'AWS and ECS',
    help: 'Processor of the Fargate tasks',
  }),
  capacity_provider: setting(choice(['none', 'FARGATE', 'FARGATE_SPOT']), 'none', {
    group: 'AWS and ECS',
    help: 'Where Fargate tasks are bought; none is plain launch type FARGATE',
  }),

  monitor_address: optional(address, {
    group: 'Connection',
    defaultText: 'the scheduler address with its port + 2',
    help: "The scheduler's monitor stream: who serves, who is idle, who is lost",
  }),
  tls_ca: optional(text, {
    group: 'Connection',
    defaultText: 'the well-known authorities',
    help: 'File of certificates (PEM) to trust for tls:// and wss:// addresses, and no others',
    check: notEmpty,
  }),
  tls_insecure: setting(flag, false, {
    group: 'Connection',
    help: 'Do not check certificates: whoever answers at a tls:// or wss:// address is obeyed',
  }),
  sigterm_policy: setting(choice(['stop', 'leave']), 'stop', {
    group: 'Patience',
    help: 'At SIGTERM: stop all Fargate tasks, or leave them running for the next start to take over',
  }),
  scheduler_grace: setting(seconds, 600, {
    group: 'Patience',
    help: 'Seconds a scheduler may be gone before its fleet is drained',
  }),
  settle_seconds: setting(seconds, 10, {
    group: 'Patience',
    help: 'Seconds after the last launch of a run before, until a list of our Fargate tasks is believed to be complete',
  }),
  start_deadline: setting(positiveSeconds, 600, {
    group: 'Patience',
    help: 'Seconds a Fargate task may take from launch to running',
  }),
  drain_timeout: setting(seconds, 300, {
    group: 'Patience',
    help: 'Seconds to wait for an idle moment before a Fargate task is stopped',
  }),
  sweep_seconds: setting(positiveSeconds, 30, {
    group: 'Patience',
    help: 'Seconds between two complete lists of our Fargate tasks, which find strays',
  }),
  stop_timeout: setting(seconds, 60, {
    group: 'Patience',
    help: 'Seconds for stopping everything at SIGTERM',
  }),

  logging_paths: setting(strings, ['/dev/stdout'], {
    short: 'lp',
    group: 'Process',
    help: 'Where the log goes: /dev/stdout (or -), /dev/stderr, files; none is no log',
  }),
  logging_config_file: optional(text, {
    short: 'lcf',
    group: 'Process',
    defaultText: 'none',
    help: "Refused: Python's logging .conf means nothing here",
    check: () =>
      "is Python's logging .conf, which means nothing here; use --logging-level and --logging-paths",
  }),
  logging_level: setting(choice(['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG']), 'INFO', {
    short: 'll',
    group: 'Process',
    help: 'How much is logged',
  }),
  state_dir: optional(text, {
    group: 'Process',
    defaultText: '$STATE_DIRECTORY, $XDG_STATE_HOME/scaler-ecs or ~/.local/state/scaler-ecs',
    help: 'Directory for journal and identity; each manager gets its own below it',
    check: notEmpty,
  }),
  inspect: setting(flag, false, {
    group: 'Process',
    help: 'Show the actors, live, to browsers on this machine; the log says where',
  }),
  config: optional(text, {
    short: 'c',
    group: 'Process',
    defaultText: 'none',
    flagOnly: true,
    help: 'TOML file whose one [[worker_manager]] of type aws_raw_ecs is read',
    check: notEmpty,
  }),
};

export type Key = keyof typeof schema;
export type Values = { [K in Key]: (typeof schema)[K] extends Row<infer T> ? T : never };

export const keys = Object.keys(schema) as Key[];
/** The same table for code that treats all rows alike. */
export const rowOf = (key: Key): Row<unknown> => schema[key] as unknown as Row<unknown>;

export const flagOf = (key: Key): string => key.replaceAll('_', '-');
/** The variable we read; null where there is none. */
export const variableOf = (key: Key): string | null =>
  rowOf(key).readBySdk || rowOf(key).flagOnly ? null : `SCALER_${key.toUpperCase()}`;
export const isKey = (name: string): name is Key => Object.hasOwn(schema, name);

/** A setting by all the names a person may know it by. */
export function named(key: Key): string {
  const { positional, flagOnly, readBySdk } = rowOf(key);
  const variable = variableOf(key) ?? readBySdk;
  if (positional) return `${key} (a bare word, or in TOML, or ${variable})`;
  return flagOnly ? `--${flagOf(key)}` : `--${flagOf(key)} (${key}, ${variable})`;
}

/** The default for people; absent where the setting is required. */
export function defaultText(key: Key): string | undefined {
  const row = rowOf(key);
  if (!row.default) return undefined;
  if (row.defaultText) return row.defaultText;
  const value = row.type.toToml(row.default() as NonNullable<unknown>);
  return value === '' || (Array.isArray(value) && value.length === 0) ? 'empty' : String(value);
}
