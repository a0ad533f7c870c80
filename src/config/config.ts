import { join } from 'node:path';
import type { Capability } from '../../machines/shared/domain.ts';
import { type Address, monitorAddress } from '../shared/address.ts';
import type { Level } from '../telemetry/log.ts';
import { type AwsAccess, awsAccessOf } from './awsAccess.ts';
import type { Home } from './home.ts';
import type { Pair } from './pairs.ts';
import type { Values } from './schema.ts';
import type { Environment, Settings } from './settings.ts';
import { expandPath, fleetStateName, stateName, stateRoot } from './statePaths.ts';
import { readCertificates, type TlsSettings } from './tls.ts';

export type { AwsConnections, AwsCredentials } from './awsAccess.ts';
export { connectionsOf } from './awsAccess.ts';

/** The validated configuration of one worker manager. */
export interface Config {
  schedulerAddress: Address;
  /** The scheduler address that the workers get. */
  workerSchedulerAddress: Address;
  /** The object storage address that the workers get; null: they ask the scheduler. */
  objectStorageAddress: Address | null;
  workerManagerId: string;
  /** If set, the ownership tag of the Fargate tasks is made from it instead of manager id and address. */
  fleetId: string | null;
  /** `auto`: detected at the scheduler's address. */
  networkBackend: 'auto' | 'ymq' | 'zmq';
  tls: TlsSettings;
  capacity: Capacity;
  scaling: Scaling;
  launchQuota: LaunchQuota;
  /** What ECS takes of RunTask and StopTask, and over how many connections. */
  callQuota: LaunchQuota & { connections: number };
  money: MoneyOptions;
  /** The capabilities of every worker; a name without a value has the value -1. */
  capabilities: Capability[];
  /** For the heartbeats of this manager and of its workers. */
  heartbeatIntervalSeconds: number;
  worker: WorkerOptions;
  aws: AwsAccess;
  ecs: EcsOptions;
  schedulerGraceSeconds: number;
  settleSeconds: number;
  startDeadlineSeconds: number;
  /** Infinity: never. */
  drainTimeoutSeconds: number;
  stopTimeoutSeconds: number;
  /** Null: no limit. */
  maxLifetimeSeconds: number | null;
  sweepSeconds: number;
  sigtermPolicy: 'stop' | 'leave';
  /** Null: the scheduler address has no port from which to derive it. */
  monitorAddress: Address | null;
  /** Expanded paths; `-` and `/dev/stdout` are stdout, `/dev/stderr` is stderr; an empty list means no log. */
  logging: { level: Level; format: 'auto' | 'text' | 'json'; paths: string[] };
  /** Absolute path, used by this manager only. */
  stateDir: string;
  /** With a `fleet_id`: where the state was kept before its directory was named by that id. */
  formerStateDir: string | null;
  controlSocket: 'on' | 'off';
  inspect: boolean;
  inspectPort: number;
  /** Where metrics and health are served; null: nowhere. Port 0 is any free one. */
  metrics: { host: string; port: number } | null;
}

export interface Capacity {
  /** Equals ecs_task_cpu. */
  workersPerTask: number;
  /** The lower of both limits in Fargate tasks; null: no limit. */
  maxTasks: number | null;
  /** maxTasks times workersPerTask; null: no limit. */
  maxWorkers: number | null;
  /** max_task_concurrency was read as workers. */
  countsWorkers?: true;
}

/** How the fleet follows what the scheduler asks. */
export interface Scaling {
  /** Tasks for each worker when the fleet grows to the scheduler's work; null: scale_ahead is off. */
  tasksPerWorker: number | null;
  scaleDownCooldownSeconds: number;
  degradedGraceSeconds: number;
  minIdleSeconds: number;
  /** The settings do not say what max_task_concurrency counts, and newer schedulers and their managers count workers. */
  isLimitAmbiguous: boolean;
}

/** Fargate's launch quota of the account: tasks at once, then tasks per second. */
export interface LaunchQuota {
  burst: number;
  perSecond: number;
}

/** Limits in USD, and prices in the place of those of the table; null: not set. */
export interface MoneyOptions {
  maxPerHour: number | null;
  maxPerDay: number | null;
  maxTotal: number | null;
  onLimit: 'hold' | 'drain';
  vcpuHour: number | null;
  gbHour: number | null;
  storageGbHour: number | null;
  publicIpv4Hour: number | null;
  spotFactor: number | null;
}

/** Settings of the worker processes. */
export interface WorkerOptions {
  perWorkerTaskQueueSize: number;
  taskTimeoutSeconds: number;
  deathTimeoutSeconds: number;
  garbageCollectIntervalSeconds: number;
  trimMemoryThresholdBytes: number;
  hardProcessorSuspend: boolean;
  ioThreads: number;
  eventLoop: 'builtin' | 'uvloop';
  preload: string | null;
  /** The Scaler release in the Fargate tasks; null: not set. */
  scalerVersion: string | null;
}

export interface EcsOptions {
  cluster: string;
  taskDefinition: string;
  taskImage: string;
  /** vCPU. */
  taskCpu: number;
  /** GB. */
  taskMemory: number;
  architecture: 'X86_64' | 'ARM64';
  pythonRequirements: string;
  pythonVersion: string;
  subnets: string[];
  /** Empty: the default security group of the VPC. */
  securityGroups: string[];
  assignPublicIp: 'ENABLED' | 'DISABLED';
  /** Null: launch type FARGATE without a capacity provider. */
  capacityProvider: 'FARGATE' | 'FARGATE_SPOT' | null;
  tags: Pair[];
  propagateTags: boolean;
  /** ARNs. Null, here and below: as an existing task definition has it. */
  executionRole: string | null;
  taskRole: string | null;
  logGroup: string | null;
  /** GiB. */
  ephemeralStorage: number | null;
  platformVersion: string | null;
  exec: boolean;
  /** Seconds from SIGTERM to SIGKILL. */
  containerStopTimeout: number | null;
  /** Names of environment variables and ARNs. */
  secrets: Pair[];
}

/** The largest UInt32 of a heartbeat; it means "no limit" to a scheduler. */
export const noLimit = 2 ** 32 - 1;

/** The capacity in the heartbeat, in workers. */
export function advertisedWorkers({ capacity }: Pick<Config, 'capacity'>): number {
  return Math.min(capacity.maxWorkers ?? noLimit, noLimit);
}

/** Combines max_task_concurrency (Fargate tasks), max_workers and ecs_task_cpu. -1 means no limit. */
export function capacityOf(
  maxTaskConcurrency: number,
  maxWorkers: number,
  cpu: number,
  counts: 'tasks' | 'workers' = 'tasks',
): Capacity {
  const maxTasksGiven =
    counts === 'tasks' ? maxTaskConcurrency : Math.ceil(maxTaskConcurrency / cpu);
  const limits = [
    ...(maxTaskConcurrency === -1 ? [] : [maxTasksGiven]),
    ...(maxWorkers === -1 ? [] : [Math.floor(maxWorkers / cpu)]),
  ];
  const maxTasks = limits.length > 0 ? Math.min(...limits) : null;
  return {
    workersPerTask: cpu,
    maxTasks,
    maxWorkers: maxTasks === null ? null : maxTasks * cpu,
    ...(counts === 'workers' && { countsWorkers: true as const }),
  };
}

/** The limit, where the settings do not say what max_task_concurrency counts. */
export function ambiguousLimitOf({
  capacity: { maxTasks, workersPerTask },
  scaling,
}: Pick<Config, 'capacity' | 'scaling'>): { tasks: number; workersPerTask: number } | null {
  return scaling.isLimitAmbiguous && maxTasks !== null ? { tasks: maxTasks, workersPerTask } : null;
}

/** For the log: the limit in tasks and in workers, because Scaler 2.1.2 and later counts max_task_concurrency in workers. */
export function describeCapacity({ capacity }: Pick<Config, 'capacity'>): string {
  const { maxTasks, maxWorkers, workersPerTask, countsWorkers } = capacity;
  const each = workersPerTask === 1 ? '1 worker' : `${workersPerTask} workers`;
  if (maxTasks === null) return `no limit on Fargate tasks, of ${each} each`;
  return `at most ${maxTasks} Fargate tasks of ${each} each = ${maxWorkers} workers (max_task_concurrency counts ${countsWorkers ? 'workers' : 'Fargate tasks'} here)`;
}

/** Derives the configuration from valid settings. Reads the certificates of tls_ca; throws a ConfigFailure. */
export function toConfig(
  { values, sources }: Settings,
  env: Environment,
  home: Home,
  readFile: (path: string) => string,
): Config {
  const { tls_ca: ca, tls_insecure: insecure } = values;
  const workerSchedulerAddress = values.worker_scheduler_address ?? values.scheduler_address;
  return {
    schedulerAddress: values.scheduler_address,
    workerSchedulerAddress,
    objectStorageAddress: values.object_storage_address,
    workerManagerId: values.worker_manager_id,
    fleetId: values.fleet_id,
    networkBackend: values.network_backend,
    tls: {
      ...(ca !== null && { ca: readCertificates(expandPath(ca, env, home), readFile) }),
      insecure,
    },
    capacity: capacityOf(
      values.max_task_concurrency,
      values.max_workers,
      values.ecs_task_cpu,
      values.max_task_concurrency_counts ?? 'tasks',
    ),
    scaling: {
      tasksPerWorker: values.scale_ahead === 'on' ? values.tasks_per_worker : null,
      scaleDownCooldownSeconds: values.scale_down_cooldown_seconds,
      degradedGraceSeconds: values.degraded_grace,
      minIdleSeconds: values.min_idle_seconds,
      isLimitAmbiguous:
        sources.max_task_concurrency !== 'default' &&
        values.max_task_concurrency_counts === null &&
        values.max_workers === -1 &&
        values.max_task_concurrency > 0 &&
        values.ecs_task_cpu > 1,
    },
    launchQuota: { burst: values.launch_burst, perSecond: values.launch_rate },
    callQuota: {
      burst: values.ecs_call_burst,
      perSecond: values.ecs_call_rate,
      connections: values.ecs_connections,
    },
    money: moneyOf(values),
    capabilities: values.per_worker_capabilities,
    heartbeatIntervalSeconds: values.heartbeat_interval_seconds,
    worker: {
      perWorkerTaskQueueSize: values.per_worker_task_queue_size,
      taskTimeoutSeconds: values.task_timeout_seconds,
      deathTimeoutSeconds: values.death_timeout_seconds,
      garbageCollectIntervalSeconds: values.garbage_collect_interval_seconds,
      trimMemoryThresholdBytes: values.trim_memory_threshold_bytes,
      hardProcessorSuspend: values.hard_processor_suspend,
      ioThreads: values.io_threads,
      eventLoop: values.event_loop,
      preload: values.preload,
      scalerVersion: values.worker_scaler_version,
    },
    aws: awsAccessOf(values, env, home, readFile),
    ecs: {
      cluster: values.ecs_cluster,
      taskDefinition: values.ecs_task_definition,
      taskImage: values.ecs_task_image,
      taskCpu: values.ecs_task_cpu,
      taskMemory: values.ecs_task_memory,
      architecture: values.ecs_task_architecture,
      pythonRequirements: values.ecs_python_requirements,
      pythonVersion: values.ecs_python_version,
      subnets: values.ecs_subnets,
      securityGroups: values.ecs_security_groups,
      assignPublicIp: values.ecs_assign_public_ip,
      capacityProvider: values.capacity_provider === 'none' ? null : values.capacity_provider,
      tags: values.ecs_tags,
      propagateTags: values.ecs_propagate_tags === 'TASK_DEFINITION',
      executionRole: values.ecs_execution_role,
      taskRole: values.ecs_task_role,
      logGroup: values.ecs_log_group,
      ephemeralStorage: values.ecs_ephemeral_storage,
      platformVersion: values.ecs_platform_version,
      exec: values.ecs_exec,
      containerStopTimeout: values.ecs_stop_timeout,
      secrets: values.ecs_secrets,
    },
    schedulerGraceSeconds: values.scheduler_grace,
    settleSeconds: values.settle_seconds,
    startDeadlineSeconds: values.start_deadline,
    drainTimeoutSeconds: values.drain_timeout < 0 ? Number.POSITIVE_INFINITY : values.drain_timeout,
    stopTimeoutSeconds: values.stop_timeout,
    maxLifetimeSeconds: values.max_lifetime,
    sweepSeconds: values.sweep_seconds,
    sigtermPolicy: values.sigterm_policy,
    monitorAddress: values.monitor_address ?? monitorAddress(values.scheduler_address),
    logging: {
      level: values.logging_level,
      format: values.logging_format,
      paths: values.logging_paths.map((path) => expandPath(path, env, home)),
    },
    ...stateDirsOf(stateRoot(values.state_dir, env, home), values, workerSchedulerAddress.text),
    controlSocket: values.control_socket,
    inspect: values.inspect,
    inspectPort: values.inspect_port,
    metrics:
      values.metrics_port === null
        ? null
        : { host: values.metrics_host, port: values.metrics_port },
  };
}

function stateDirsOf(
  root: string,
  { worker_manager_id: managerId, fleet_id: fleetId }: Values,
  workerSchedulerAddress: string,
): Pick<Config, 'stateDir' | 'formerStateDir'> {
  const byAddress = join(root, stateName(managerId, workerSchedulerAddress));
  if (fleetId === null) return { stateDir: byAddress, formerStateDir: null };
  return { stateDir: join(root, fleetStateName(fleetId)), formerStateDir: byAddress };
}

function moneyOf(values: Values): MoneyOptions {
  return {
    maxPerHour: values.max_usd_per_hour,
    maxPerDay: values.max_usd_per_day,
    maxTotal: values.max_usd_total,
    onLimit: values.on_limit,
    vcpuHour: values.usd_per_vcpu_hour,
    gbHour: values.usd_per_gb_hour,
    storageGbHour: values.usd_per_storage_gb_hour,
    publicIpv4Hour: values.usd_per_public_ip_hour,
    spotFactor: values.spot_price_factor,
  };
}
