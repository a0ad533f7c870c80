import type { Capability } from '../../../machines/shared/domain.ts';
import { atLeast } from '../../../machines/shared/release.ts';
import { Failure } from '../../shared/failure.ts';

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
  /** The Scaler release in the container, like `2.6.0`; left out: one that takes the newest form. */
  scalerRelease?: string | undefined;
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

const newest = '2.9.0';

/** How workers of a release are started: the program, then the flags that were renamed or came later. */
const dialect = (release: string) => {
  const [managed, unified] = [atLeast(release, '1.24.0'), atLeast(release, '1.26.1')];
  return {
    program: unified ? 'scaler_worker_manager baremetal_native' : 'scaler_cluster',
    count: managed ? '--max-task-concurrency' : '--num-of-workers',
    ioThreads: unified ? '--io-threads' : '--worker-io-threads',
    mode: unified ? ['--mode fixed'] : [],
    /** Workers say whose they are; before, nothing could be told by their ids either. */
    named: managed,
  };
};

/**
 * COMMAND for workers of any release. It ends in `exec`, so that the worker and not a shell receives
 * Fargate's SIGTERM. Where a release's own manager built a command that its workers refuse (1.26.1 to
 * 2.3.5), this is the one that they accept.
 */
export const workerCommand = (settings: WorkerSettings): string => {
  const { program, count, ioThreads, mode, named } = dialect(settings.scalerRelease ?? newest);
  const parts = [
    `exec ${program} ${quote(settings.workerSchedulerAddress)}`,
    ...mode,
    ...(named ? ['--worker-type "ECS-$scaler_ecs_task"'] : []),
    flag(count, settings.workersPerTask),
    flag('--per-worker-task-queue-size', settings.perWorkerTaskQueueSize),
    flag('--heartbeat-interval-seconds', settings.heartbeatIntervalSeconds),
    flag('--task-timeout-seconds', settings.taskTimeoutSeconds),
    flag('--garbage-collect-interval-seconds', settings.garbageCollectIntervalSeconds),
    flag('--death-timeout-seconds', settings.deathTimeoutSeconds),
    flag('--trim-memory-threshold-bytes', settings.trimMemoryThresholdBytes),
    flag('--event-loop', settings.eventLoop),
    flag(ioThreads, settings.ioThreads),
  ];
  if (settings.hardProcessorSuspend) parts.push('--hard-processor-suspend');
  if (settings.objectStorageAddress)
    parts.push(flag('--object-storage-address', settings.objectStorageAddress));
  if (settings.capabilities.length > 0)
    parts.push(flag('--per-worker-capabilities', capabilityList(settings.capabilities)));
  if (named) parts.push(flag('--worker-manager-id', settings.managerId));
  if (settings.preload !== undefined) parts.push(flag('--preload', settings.preload));
  const command = [...(named ? [taskId] : []), parts.join(' ')].join('; ');
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
