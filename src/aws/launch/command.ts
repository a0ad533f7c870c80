import type { Capability } from '../../../machines/shared/domain.ts';
import { atLeast, compareReleases } from '../../../machines/shared/release.ts';
import { newestRelease } from '../../../machines/shared/releaseList.ts';
import { Failure } from '../../shared/failure.ts';

/** Settings that become the command line of the workers. */
export interface WorkerSettings {
  /** The scheduler's address as the workers reach it. */
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
  /** The Scaler release in the container, like `2.6.0`. Default: the newest form of the command line. */
  scalerRelease?: string | undefined;
  /**
   * The container may hold an older release than `scalerRelease`, which spells ZeroMQ otherwise: the worker looks at the
   * installed package.
   */
  isReleaseUncertain?: boolean | undefined;
}

/** Settings that no launch request can carry. The message is one line. */
export class TemplateFailure extends Failure {
  override readonly kind = 'invalid';
}

/** Quotes any text as one word for a POSIX shell. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** A flag and its value. A value that begins with a dash is joined by `=`, or argparse would read it as a flag. */
function flag(name: string, value: string | number): string {
  return `${value}`.startsWith('-') ? quote(`${name}=${value}`) : `${name} ${quote(`${value}`)}`;
}

/** The value of --per-worker-capabilities. Throws a TemplateFailure for a name that its syntax cannot carry. */
function capabilityList(capabilities: readonly Capability[]): string {
  return capabilities
    .map(({ name, value }) => {
      if (/[,=]/.test(name) || name.trim() !== name || name === '')
        throw new TemplateFailure(
          `capability ${JSON.stringify(name)}: a worker's command line cannot carry this name`,
        );
      return value === '-1' ? name : `${name}=${value}`;
    })
    .join(',');
}

/**
 * Shell code that sets `scaler_ecs_task` to the Fargate task's id, or to `unknown`. The id is the last part of the
 * task metadata address (`<task id>-<digits>`). It becomes part of every worker's id, which so names its task. The
 * code uses only parameter expansion and `case`, so that it works in dash, ash and bash, also with `-e` and `-u`.
 */
const taskIdAssignment = [
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

/**
 * Shell code that sets SCALER_NETWORK_BACKEND to `tcp_zmq` where the installed Scaler is older than 2.3.0, which knows no
 * `zmq`. It asks the Python that runs the worker program; if that fails, the variable stays as it is.
 */
const backendAssignment = [
  'scaler_ecs_python=$(command -v scaler_worker_manager) || :',
  `scaler_ecs_python=$(sed -n '1s/^#! *//p' "$scaler_ecs_python" 2>/dev/null) || :`,
  `case $scaler_ecs_python in *python*) case $($scaler_ecs_python -c 'import importlib.metadata as m; print(m.version("opengris-scaler"))' 2>/dev/null) in 2.[012].*) export SCALER_NETWORK_BACKEND=tcp_zmq;; esac;; esac`,
].join('; ');

/**
 * Shell code that sets `scaler_ecs_mode` to `--mode fixed`, or to nothing where the worker's program has no such flag any
 * more. A program that prints no help is taken for one like the newest that is known.
 */
const modeAssignment =
  "case $(scaler_worker_manager baremetal_native --help 2>/dev/null) in ''|*--mode*) scaler_ecs_mode='--mode fixed';; *) scaler_ecs_mode=;; esac";

/** The parts of the command line that differ between releases. */
function dialectOf(release: string) {
  const hasManagerIds = atLeast(release, '1.24.0');
  const hasUnifiedProgram = atLeast(release, '1.26.1');
  const isNewer = compareReleases(release, newestRelease) > 0;
  return {
    program: hasUnifiedProgram ? 'scaler_worker_manager baremetal_native' : 'scaler_cluster',
    count: hasManagerIds ? '--max-task-concurrency' : '--num-of-workers',
    ioThreads: hasUnifiedProgram ? '--io-threads' : '--worker-io-threads',
    mode: hasUnifiedProgram ? [isNewer ? '$scaler_ecs_mode' : '--mode fixed'] : [],
    /** The flags of a release that is not known yet are asked for in the container: that takes a second of its start. */
    isNewer,
    /** Whether workers accept --worker-type and --worker-manager-id. */
    hasManagerIds,
  };
}

/**
 * The value of COMMAND for workers of any release. The last command runs by `exec`, so that the worker itself
 * receives Fargate's SIGTERM. The managers of Scaler 1.26.1 to 2.3.5 built a command line that their own workers
 * reject; this one is accepted. Throws a TemplateFailure for settings that a command line cannot carry.
 */
export function workerCommand(settings: WorkerSettings): string {
  const { program, count, ioThreads, mode, isNewer, hasManagerIds } = dialectOf(
    settings.scalerRelease ?? newestRelease,
  );
  const parts = [
    `exec ${program} ${quote(settings.workerSchedulerAddress)}`,
    ...mode,
    ...(hasManagerIds ? ['--worker-type "ECS-$scaler_ecs_task"'] : []),
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
  if (hasManagerIds) parts.push(flag('--worker-manager-id', settings.managerId));
  if (settings.preload !== undefined) parts.push(flag('--preload', settings.preload));
  const command = [
    ...(settings.isReleaseUncertain ? [backendAssignment] : []),
    ...(isNewer ? [modeAssignment] : []),
    ...(hasManagerIds ? [taskIdAssignment] : []),
    parts.join(' '),
  ].join('; ');
  if (command.includes('\0'))
    throw new TemplateFailure("a worker's command line cannot contain a NUL character");
  return command;
}

/** The scheduler address in a COMMAND of this program or of Scaler's own manager; null if not recognized. */
export function schedulerOf(command: string): string | null {
  const found =
    /(?:^|\s)scaler_(?:worker_manager (?:baremetal_native|native)|cluster)\s+('(?:[^']|'"'"')*'|[^\s']+)/.exec(
      command,
    );
  const word = found?.[1];
  if (word === undefined) return null;
  return word.startsWith("'") ? word.slice(1, -1).replaceAll(`'"'"'`, "'") : word;
}
