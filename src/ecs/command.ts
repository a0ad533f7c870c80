import type { Capability } from '../../machines/facts.ts';
import { Failure } from '../failure.ts';

/** What the program in the container is told. */
export interface WorkerSettings {
  /** As the workers reach the scheduler. */
  workerSchedulerAddress: string;
  objectStorageAddress?: string | undefined;
  /** Worker processes in one Fargate task. */
  workersPerTask: number;
  managerId: string;
  capabilities: readonly Capability[];
  perWorkerTaskQueueSize: number;
  heartbeatIntervalSeconds: number;
  taskTimeoutSeconds: number;
  deathTimeoutSeconds: number;
  garbageCollectIntervalSeconds: number;
  trimMemoryThresholdBytes: number;
  hardProcessorSuspend: boolean;
  ioThreads: number;
  eventLoop: string;
  preload?: string | undefined;
}

/** Settings that cannot be put into a request; said in one line before anything is started. */
export class TemplateFailure extends Failure {
  override readonly kind = 'invalid';
}

/** One word for a POSIX shell, exactly this text whatever it holds. */
const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;

/** A flag and its value. A value that looks like a flag must be tied to its own, or the worker's parser takes it for one. */
const flag = (name: string, value: string | number): string =>
  `${value}`.startsWith('-') ? quote(`${name}=${value}`) : `${name} ${quote(`${value}`)}`;

const capabilityList = (capabilities: readonly Capability[]): string =>
  capabilities
    .map(({ name, value }) => {
      if (/[,=]/.test(name) || name.trim() !== name || name === '')
        throw new TemplateFailure(
          `capability ${JSON.stringify(name)}: a worker's command line cannot carry this name`,
        );
      return value === '-1' ? name : `${name}=${value}`;
    })
    .join(',');

/**
 * The Fargate task's id, from the last part of the metadata address (`<task id>-<digits>`), becomes part
 * of every worker's id, so that a worker in the scheduler's books can be traced to its task. Nothing but
 * parameter expansion: it must work in dash, ash and bash, and must never keep a worker from starting.
 */
const taskId = [
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's expansion
  'scaler_ecs_task=${ECS_CONTAINER_METADATA_URI_V4:-}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's expansion
  'scaler_ecs_task=${scaler_ecs_task%/}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's expansion
  'scaler_ecs_task=${scaler_ecs_task##*/}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's expansion
  'scaler_ecs_task=${scaler_ecs_task%%-*}',
  "case $scaler_ecs_task in ''|*[!0-9a-zA-Z]*) scaler_ecs_task=unknown;; esac",
].join('; ');

const program = 'exec scaler_worker_manager baremetal_native';

/**
 * COMMAND for workers of Scaler 2.4.0 and later. It ends in `exec`, so that the worker and not a shell
 * receives Fargate's SIGTERM.
 */
export const workerCommand = (settings: WorkerSettings): string => {
  const parts = [
    `${program} ${quote(settings.workerSchedulerAddress)}`,
    '--mode fixed',
    '--worker-type "ECS-$scaler_ecs_task"',
    flag('--max-task-concurrency', settings.workersPerTask),
    flag('--per-worker-task-queue-size', settings.perWorkerTaskQueueSize),
    flag('--heartbeat-interval-seconds', settings.heartbeatIntervalSeconds),
    flag('--task-timeout-seconds', settings.taskTimeoutSeconds),
    flag('--garbage-collect-interval-seconds', settings.garbageCollectIntervalSeconds),
    flag('--death-timeout-seconds', settings.deathTimeoutSeconds),
    flag('--trim-memory-threshold-bytes', settings.trimMemoryThresholdBytes),
    flag('--event-loop', settings.eventLoop),
    flag('--io-threads', settings.ioThreads),
  ];
  if (settings.hardProcessorSuspend) parts.push('--hard-processor-suspend');
  if (settings.objectStorageAddress)
    parts.push(flag('--object-storage-address', settings.objectStorageAddress));
  if (settings.capabilities.length > 0)
    parts.push(flag('--per-worker-capabilities', capabilityList(settings.capabilities)));
  parts.push(flag('--worker-manager-id', settings.managerId));
  if (settings.preload !== undefined) parts.push(flag('--preload', settings.preload));
  const command = `${taskId}; ${parts.join(' ')}`;
  if (command.includes('\0'))
    throw new TemplateFailure('a zero byte cannot be handed to a worker; look at the settings');
  return command;
};

/** The scheduler that a COMMAND of ours, or of the original manager, names; null when it is not recognized. */
export const schedulerOf = (command: string): string | null => {
  const found =
    /(?:^|\s)scaler_(?:worker_manager (?:baremetal_native|native)|cluster)\s+('(?:[^']|'"'"')*'|[^\s']+)/.exec(
      command,
    );
  const word = found?.[1];
  if (word === undefined) return null;
  return word.startsWith("'") ? word.slice(1, -1).replaceAll(`'"'"'`, "'") : word;
};
