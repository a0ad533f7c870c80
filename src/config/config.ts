import { join } from 'node:path';
import type { Capability } from '../../machines/shared/domain.ts';
import { type Address, monitorAddress } from '../shared/address.ts';
import type { Level } from '../telemetry/log.ts';
import type { Values } from './schema.ts';
import type { Environment } from './settings.ts';
import { expandPath, stateName, stateRoot } from './stateDir.ts';
import { readCertificates, type TlsSettings } from './tls.ts';

/** One worker manager, checked and complete. */
export interface Config {
  schedulerAddress: Address;
  /** What the workers are told. */
  workerSchedulerAddress: Address;
  /** What the workers are told; null: they ask the scheduler. */
  objectStorageAddress: Address | null;
  workerManagerId: string;
  /** Replaces manager id and address in the mark of our Fargate tasks. */
  fleetId: string | null;
  /** `auto`: what answers at the scheduler's address. */
  networkBackend: 'auto' | 'ymq' | 'zmq';
  tls: TlsSettings;
  capacity: Capacity;
  launchQuota: LaunchQuota;
  /** Of every worker; a name without a value has the value -1. */
  capabilities: Capability[];
  /** Of this manager and of its workers. */
  heartbeatIntervalSeconds: number;
  worker: WorkerOptions;
  aws: { region: string; credentials: AwsCredentials | null };
  ecs: EcsOptions;
  schedulerGraceSeconds: number;
  settleSeconds: number;
  startDeadlineSeconds: number;
  drainTimeoutSeconds: number;
  stopTimeoutSeconds: number;
  sweepSeconds: number;
  sigtermPolicy: 'stop' | 'leave';
  /** Null: there is none to be had. */
  monitorAddress: Address | null;
  /** Paths are expanded; `-` and `/dev/stdout` are stdout, `/dev/stderr` is stderr; none means no log. */
  logging: { level: Level; paths: string[] };
  /** Absolute, this manager's own. */
  stateDir: string;
  inspect: boolean;
}

export interface Capacity {
  /** ecs_task_cpu. */
  workersPerTask: number;
  /** Most Fargate tasks by both limits together; null: no limit. */
  maxTasks: number | null;
  /** maxTasks in workers; null: no limit. */
  maxWorkers: number | null;
}

/** What Fargate allows in this account: tasks at once, then tasks per second. */
export interface LaunchQuota {
  burst: number;
  perSecond: number;
}

/** Passed on to the workers. */
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
  /** The Scaler release in the Fargate tasks; null: not told. */
  scalerVersion: string | null;
}

/** Explicit keys; null in Config leaves everything to the SDK's own chain. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
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
  /** Empty: the VPC's default group. */
  securityGroups: string[];
  assignPublicIp: 'ENABLED' | 'DISABLED';
  /** null: launch type FARGATE, no provider. */
  capacityProvider: 'FARGATE' | 'FARGATE_SPOT' | null;
}

/** The largest number a heartbeat can carry; it is how "no limit" is said to a scheduler. */
export const noLimit = 2 ** 32 - 1;

/** What the heartbeat offers, in workers. */
export const advertisedWorkers = ({ capacity }: Pick<Config, 'capacity'>): number =>
  Math.min(capacity.maxWorkers ?? noLimit, noLimit);

export function capacityOf(maxTaskConcurrency: number, maxWorkers: number, cpu: number): Capacity {
  const limits = [
    ...(maxTaskConcurrency === -1 ? [] : [maxTaskConcurrency]),
    ...(maxWorkers === -1 ? [] : [Math.floor(maxWorkers / cpu)]),
  ];
  const maxTasks = limits.length > 0 ? Math.min(...limits) : null;
  return {
    workersPerTask: cpu,
    maxTasks,
    maxWorkers: maxTasks === null ? null : maxTasks * cpu,
  };
}

/** For the start-up line: both numbers, because Scaler 2.1.2 and later reads max_task_concurrency as workers. */
export function describeCapacity({ capacity }: Pick<Config, 'capacity'>): string {
  const { maxTasks, maxWorkers, workersPerTask } = capacity;
  if (maxTasks === null) return `no limit on Fargate tasks, of ${workersPerTask} workers each`;
  return `at most ${maxTasks} Fargate tasks of ${workersPerTask} workers each = ${maxWorkers} workers (max_task_concurrency counts Fargate tasks here)`;
}

export function toConfig(
  values: Values,
  env: Environment,
  home: string,
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
    capacity: capacityOf(values.max_task_concurrency, values.max_workers, values.ecs_task_cpu),
    launchQuota: { burst: values.launch_burst, perSecond: values.launch_rate },
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
    aws: { region: values.aws_region, credentials: credentialsOf(values) },
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
    },
    schedulerGraceSeconds: values.scheduler_grace,
    settleSeconds: values.settle_seconds,
    startDeadlineSeconds: values.start_deadline,
    drainTimeoutSeconds: values.drain_timeout,
    stopTimeoutSeconds: values.stop_timeout,
    sweepSeconds: values.sweep_seconds,
    sigtermPolicy: values.sigterm_policy,
    monitorAddress: values.monitor_address ?? monitorAddress(values.scheduler_address),
    logging: {
      level: values.logging_level,
      paths: values.logging_paths.map((path) => expandPath(path, env, home)),
    },
    stateDir: join(
      stateRoot(values.state_dir, env, home),
      stateName(values.worker_manager_id, workerSchedulerAddress.text),
    ),
    inspect: values.inspect,
  };
}

function credentialsOf(values: Values): AwsCredentials | null {
  const { aws_access_key_id, aws_secret_access_key, aws_session_token } = values;
  if (!aws_access_key_id || !aws_secret_access_key) return null;
  return {
    accessKeyId: aws_access_key_id,
    secretAccessKey: aws_secret_access_key,
    ...(aws_session_token && { sessionToken: aws_session_token }),
  };
}
