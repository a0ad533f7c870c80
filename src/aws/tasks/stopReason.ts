import type { Task } from '@aws-sdk/client-ecs';
import type { Cause, FailureReason } from '../../../machines/shared/domain.ts';
import { subnetIn } from '../errors.ts';
import { redact, secretsOf } from '../redact.ts';

/**
 * What the end of a task calls for: `again`: a replacement at once; `backoff`: a replacement after a pause;
 * `person`: a change by a person first; `expected`: nothing.
 */
export type Retry = 'again' | 'backoff' | 'person' | 'expected';

export interface StopVerdict {
  cause: Cause;
  /** stopCode, stoppedReason, and each container's reason and exit code, as far as ECS reports them; redacted. */
  detail: string;
  retry: Retry;
  /** Which kind of failure kept the task from starting; left out if unknown. */
  failureReason?: FailureReason | undefined;
  /** The subnet that failed; only together with `failureReason`. */
  subnet?: string | undefined;
}

export type StoppedTask = Pick<
  Task,
  'stopCode' | 'stoppedReason' | 'containers' | 'overrides' | 'startedAt'
>;

/** Marks the reasons of our own StopTask calls, so that stops by others are recognized. */
const ownReasonPrefix = 'scaler-ecs: ';

/** A reason for StopTask with our prefix, cut to ECS's limit of 1024 characters. */
export function ownStopReason(reason: string): string {
  return `${ownReasonPrefix}${reason}`.slice(0, 1024);
}

/** stoppedReason and container reasons of tasks that failed to start, in AWS's wording. The first match applies. */
const startFailureRows: readonly [RegExp, Retry, FailureReason?][] = [
  [/capacity is unavailable/i, 'backoff', 'capacity'],
  [/reached the limit on the number of (?:tasks|vCPUs)/i, 'backoff', 'quota'],
  [
    /toomanyrequests|(?:status(?: code)?|HTTP)\W*429\b|\b429 too many|rate exceeded|rate limit|RequestLimitExceeded|Throttling/i,
    'backoff',
  ],
  [/unable to assume the role/i, 'backoff'],
  [/timeout wait(?:ing)? for network interface/i, 'again', 'network'],
  [/timeout waiting for EphemeralStorage/i, 'again'],
  [/^InternalError|ContainerRuntimeTimeoutError/i, 'again'],
  [/unexpected EC2 error|free addresses|InsufficientFreeAddresses/i, 'backoff', 'addresses'],
  [/AccessDenied|not authorized|does not exist|ResourceNotFoundException/i, 'person', 'invalid'],
  [
    /i\/o timeout|deadline exceeded|Client\.Timeout|TLS handshake timeout|connection (?:reset|refused|timed out)|unexpected EOF|(?:status(?: code)?|HTTP)\W*50[0234]\b|\b50[0234] (?:internal|bad gateway|service|gateway)|temporary failure/i,
    'backoff',
  ],
  [
    /^CannotPull|^Cannot(?:Create|Start|Inspect)Container|logger args|image Manifest/i,
    'person',
    'invalid',
  ],
];

/** stoppedReason of tasks without a stopCode. The first match applies. */
const reasonRows: readonly [RegExp, Cause, Retry][] = [
  [/spot task was interrupted/i, 'interrupted', 'again'],
  [/maintenance|retire|infrastructure/i, 'interrupted', 'again'],
  [/essential container in task exited/i, 'exited', 'backoff'],
  [/failed container health checks/i, 'exited', 'backoff'],
  [/task stopped by user/i, 'stoppedOutside', 'expected'],
  [
    /^Cannot|^ResourceInitialization|timeout wait|^InternalError|EC2 error/i,
    'startFailed',
    'again',
  ],
];

/** Classifies why a task has stopped or is stopping. Pure. */
export function classifyStop(task: StoppedTask): StopVerdict {
  const [cause, retry, failureReason] = verdictOf(task);
  const subnet = subnetIn(task.stoppedReason ?? '');
  const parts = [
    task.stopCode,
    task.stoppedReason,
    ...(task.containers?.map(describeContainer) ?? []),
  ].filter((part) => part);
  return {
    cause,
    retry,
    ...(failureReason && { failureReason }),
    ...(failureReason && subnet !== undefined && { subnet }),
    detail: redact(parts.join('; ') || 'no reason was given', secretsOf(task.overrides)),
  };
}

function verdictOf(task: StoppedTask): [Cause, Retry, FailureReason?] {
  const reason = task.stoppedReason ?? '';
  const exitCode = exitCodeOf(task);
  switch (task.stopCode) {
    case 'TaskFailedToStart':
      return startFailureOf(task);
    case 'EssentialContainerExited':
      return exitOf(task);
    // AWS's older documentation and data call a Spot interruption TerminationNotice.
    case 'SpotInterruption':
    case 'TerminationNotice':
    case 'InfrastructureHealth':
      return ['interrupted', 'again'];
    case 'UserInitiated':
      return [reason.startsWith(ownReasonPrefix) ? 'drained' : 'stoppedOutside', 'expected'];
  }
  if (reason.startsWith(ownReasonPrefix)) return ['drained', 'expected'];
  const row = reasonRows.find(([pattern]) => pattern.test(reason));
  if (row?.[1] === 'startFailed') return startFailureOf(task);
  if (row && (row[1] !== 'exited' || exitCode === undefined)) return [row[1], row[2]];
  if (exitCode !== undefined) return exitOf(task);
  if (task.stopCode !== undefined) return ['stoppedOutside', 'again'];
  return ['lost', 'again'];
}

function startFailureOf(task: StoppedTask): [Cause, Retry, FailureReason?] {
  const reason = task.stoppedReason ?? '';
  const inContainers = containerReasons(task);
  const row = startFailureRows.find(
    ([pattern]) => pattern.test(reason) || pattern.test(inContainers),
  );
  return ['startFailed', row?.[1] ?? 'backoff', row?.[2]];
}

/** `invalid` opens the breaker for the whole fleet; one task that ran out of memory must not do that. */
function exitOf(task: StoppedTask): [Cause, Retry, FailureReason?] {
  const ranOutOfMemory = /OutOfMemory/i.test(
    `${containerReasons(task)} ${task.stoppedReason ?? ''}`,
  );
  const retry = ranOutOfMemory ? 'backoff' : retryAfterExit(exitCodeOf(task));
  return ['exited', retry, retry === 'person' ? 'invalid' : undefined];
}

function retryAfterExit(exitCode: number | undefined): Retry {
  // The last worker ended by itself; the scheduler asks for another if it needs one.
  if (exitCode === 0) return 'expected';
  // SIGKILL or SIGTERM from outside, without a report of too little memory.
  if (exitCode === 137 || exitCode === 143) return 'again';
  // The command line was rejected, or the program is missing or not executable: a replacement fails alike.
  if (exitCode === 2 || exitCode === 126 || exitCode === 127) return 'person';
  return 'backoff';
}

type Container = NonNullable<Task['containers']>[number];

function containerReasons({ containers }: StoppedTask): string {
  return containers?.map(({ reason }) => reason ?? '').join(' ') ?? '';
}

/** The exit code of the first container that has one. */
function exitCodeOf({ containers }: StoppedTask): number | undefined {
  return containers?.find(({ exitCode }) => exitCode !== undefined)?.exitCode;
}

function describeContainer({ name, reason, exitCode }: Container): string | null {
  const parts = [reason, exitCode === undefined ? null : `exit ${exitCode}`].filter(Boolean);
  return parts.length > 0 ? `${name ?? 'container'}: ${parts.join(', ')}` : null;
}
