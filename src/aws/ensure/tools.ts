import type { ECSClient } from '@aws-sdk/client-ecs';
import type { IAMClient } from '@aws-sdk/client-iam';
import { Failure } from '../../shared/failure.ts';
import type { EventFields, EventName } from '../../telemetry/events.ts';
import type { Log } from '../../telemetry/log.ts';

/** What the functions of this folder need from outside; the wiring supplies it. */
export interface AwsTools {
  ecs: Pick<ECSClient, 'send'>;
  iam: Pick<IAMClient, 'send'>;
  /** Applies rate limits and retries; rejects with a failure that carries `kind` and `code`. */
  call<Output>(
    operation: string,
    send: (options: { abortSignal: AbortSignal }) => Promise<Output>,
    signal: AbortSignal,
  ): Promise<Output>;
  clock: { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> };
  log: Log;
}

/** An existing resource does not fit the settings, or an answer of AWS cannot be used. */
export class BootstrapFailure extends Failure {
  override readonly kind: 'invalid' | 'refused' | 'denied';

  constructor(kind: 'invalid' | 'refused' | 'denied', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The code of the error table's row (`errorTable.ts`) for a failed AWS call; null for any other error. */
export function failureCode(error: unknown): string | null {
  return error instanceof Failure && 'code' in error ? String(error.code) : null;
}

/** Whether AWS rejected the call for missing permissions. */
export function isDenied(error: unknown): boolean {
  return error instanceof Failure && error.kind === 'denied';
}

const reported = new WeakMap<Log, Set<EventName>>();

/** Reports what every bootstrap of a daemon finds again, at the first time only. */
export function reportOnce<Name extends EventName>(
  log: Log,
  name: Name,
  fields: EventFields<Name>,
): void {
  const names = reported.get(log) ?? new Set();
  if (names.has(name)) return;
  reported.set(log, names.add(name));
  log.report(name, fields);
}

const firstPauseMs = 500;
const maxPauseMs = 8_000;
const retryForMs = 60_000;

/**
 * Runs `attempt` and repeats it while it fails with one of `codes`, with pauses that double from 0.5 s to 8 s,
 * for at most 60 s. Rejects with the last error.
 */
export async function retryWhile<Output>(
  codes: readonly string[],
  { clock }: Pick<AwsTools, 'clock'>,
  signal: AbortSignal,
  attempt: () => Promise<Output>,
): Promise<Output> {
  const deadline = clock.now() + retryForMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(maxPauseMs, pauseMs * 2)) {
    try {
      return await attempt();
    } catch (error) {
      const isListed = codes.includes(failureCode(error) ?? '');
      if (!isListed || clock.now() + pauseMs > deadline) throw error;
      await clock.sleep(pauseMs, signal);
    }
  }
}
