import type { Task } from '@aws-sdk/client-ecs';
import type { Cause, FailureReason } from '../../../machines/shared/domain.ts';
import { subnetIn } from '../errors.ts';
import { redact, secretsOf } from '../redact.ts';

/** What a stop asks for: a new task now, a new one after a pause, a person, or nothing at all. */
export type Retry = 'again' | 'backoff' | 'person' | 'expected';

export interface StopVerdict {
  cause: Cause;
  /** stopCode, AWS's reason, the container's reason and exit code, as far as they were given. */
  detail: string;
  retry: Retry;
  /** What kept it from starting, where that is known. */
  blame?: FailureReason | undefined;
  /** The subnet that was to blame. */
  subnet?: string | undefined;
}

export type StoppedTask = Pick<
  Task,
  'stopCode' | 'stoppedReason' | 'containers' | 'overrides' | 'startedAt'
>;

/** Our own reasons for StopTask begin so, which is how a stop by another hand is told from one of ours. */
const ourHand = 'scaler-ecs: ';

export const asOurReason = (reason: string): string => `${ourHand}${reason}`.slice(0, 1024);

/** The first row that fits decides. The texts are AWS's. */
const startRows: readonly [RegExp, Retry, FailureReason?][] = [
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

/** When no stop code was given, the reason tells. */
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

const exitRetry = (exitCode: number | undefined): Retry => {
  // The last worker has ended on its own; whether another is wanted is the scheduler's to say.
  if (exitCode === 0) return 'expected';
  // Killed from outside without a word about memory.
  if (exitCode === 137 || exitCode === 143) return 'again';
  // The command line was refused, or there is no such program: the next one fails alike.
  if (exitCode === 2 || exitCode === 126 || exitCode === 127) return 'person';
  return 'backoff';
};

type Container = NonNullable<Task['containers']>[number];

const sayContainer = ({ name, reason, exitCode }: Container): string | null => {
  const says = [reason, exitCode === undefined ? null : `exit ${exitCode}`].filter(Boolean);
  return says.length > 0 ? `${name ?? 'container'}: ${says.join(', ')}` : null;
};

const verdict = (task: StoppedTask): [Cause, Retry, FailureReason?] => {
  const reason = task.stoppedReason ?? '';
  const containers = task.containers ?? [];
  const inside = containers.map((each) => each.reason ?? '').join(' ');
  const exitCode = containers.find((each) => each.exitCode !== undefined)?.exitCode;
  const start = (): [Cause, Retry, FailureReason?] => {
    const row = startRows.find(([text]) => text.test(reason) || text.test(inside));
    return ['startFailed', row?.[1] ?? 'backoff', row?.[2]];
  };
  // Too little memory is the settings' fault, but one task's end must not halt the fleet.
  const end = (): [Cause, Retry, FailureReason?] => {
    const retry = /OutOfMemory/i.test(`${inside} ${reason}`) ? 'backoff' : exitRetry(exitCode);
    return ['exited', retry, retry === 'person' ? 'invalid' : undefined];
  };
  switch (task.stopCode) {
    case 'TaskFailedToStart':
      return start();
    case 'EssentialContainerExited':
      return end();
    // Documents and data disagree on the code of a Spot interruption.
    case 'SpotInterruption':
    case 'TerminationNotice':
    case 'InfrastructureHealth':
      return ['interrupted', 'again'];
    case 'UserInitiated':
      return [reason.startsWith(ourHand) ? 'drained' : 'stoppedOutside', 'expected'];
  }
  if (reason.startsWith(ourHand)) return ['drained', 'expected'];
  const row = reasonRows.find(([text]) => text.test(reason));
  if (row?.[1] === 'startFailed') return start();
  if (row && (row[1] !== 'exited' || exitCode === undefined)) return [row[1], row[2]];
  if (exitCode !== undefined) return end();
  if (task.stopCode !== undefined) return ['stoppedOutside', 'again'];
  return ['lost', 'again'];
};

/** Why a task ended, or is about to. */
export const classifyStop = (task: StoppedTask): StopVerdict => {
  const [cause, retry, blame] = verdict(task);
  const subnet = subnetIn(task.stoppedReason ?? '');
  const said = [
    task.stopCode,
    task.stoppedReason,
    ...(task.containers ?? []).map(sayContainer),
  ].filter((part) => part);
  return {
    cause,
    retry,
    ...(blame && { blame }),
    ...(blame && subnet !== undefined && { subnet }),
    detail: redact(said.join('; ') || 'no reason was given', secretsOf(task.overrides)),
  };
};
