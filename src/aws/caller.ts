import { backoff } from '../../machines/shared/backoff.ts';
import type { Log } from '../telemetry/log.ts';
import { classifyError, type EcsFailure } from './errors.ts';
import type { Limiter } from './limiter.ts';
import type { Clock } from './systemClock.ts';
import { wellFormed } from './wellFormed.ts';

export interface CallerTools {
  limiter: Limiter;
  clock: Clock;
  log: Log;
  /** Jitter source in [0, 1). Default: Math.random. */
  random?: () => number;
  /** How long one call may be retried after its first attempt, ms. Default: 30 s. */
  retryTimeoutMs?: number;
}

/**
 * Sends an AWS request once the limiter allows it, and retries it where that is safe. Resolves to an answer in AWS's
 * form (`wellFormed`). Rejects with an EcsFailure or the signal's reason, nothing else. `secrets`: values of the request that must not appear in a message.
 */
export type Call = <Output>(
  operation: string,
  send: (options: { abortSignal: AbortSignal }) => Promise<Output>,
  signal: AbortSignal,
  secrets?: readonly string[],
) => Promise<Output>;

/**
 * Operations that create something on each call. The launch machine repeats RunTask under the same client token;
 * RegisterTaskDefinition is repeated only after the family was described again.
 */
const notRetried: ReadonlySet<string> = new Set(['RunTask', 'RegisterTaskDefinition']);

const firstPauseMs = { throttled: 1_000, unreachable: 500 };
const maxPauseMs = 20_000;

/**
 * Creates the function through which every AWS request goes. It retries failures of kind `throttled` and
 * `unreachable` with full-jitter exponential backoff, starting at 1 s and 0.5 s, up to 20 s per pause.
 */
export function createCaller({
  limiter,
  clock,
  log,
  random = Math.random,
  retryTimeoutMs = 30_000,
}: CallerTools): Call {
  const attempt: Call = async (operation, send, signal, secrets) => {
    await limiter.acquire(operation, signal);
    const startedAt = clock.now();
    const timing = () => ({ operation, ms: Math.round(clock.now() - startedAt) });
    try {
      const output = wellFormed(operation, await send({ abortSignal: signal }));
      log.report('awsCall.answered', timing());
      return output;
    } catch (error) {
      signal.throwIfAborted();
      const failure = classifyError(operation, error, secrets);
      if (failure.kind === 'throttled' || failure.code === 'throttled')
        limiter.throttled(operation);
      const { kind, code, awsName, message } = failure;
      log.report('awsCall.failed', { ...timing(), kind, code, awsName, message });
      throw failure;
    }
  };

  return async (operation, send, signal, secrets) => {
    const deadline = clock.now() + retryTimeoutMs;
    for (let retries = 0; ; retries++) {
      try {
        return await attempt(operation, send, signal, secrets);
      } catch (error) {
        signal.throwIfAborted();
        const failure = classifyError(operation, error, secrets);
        const pauseMs = notRetried.has(operation) ? null : pauseAfter(failure, retries, random);
        if (pauseMs === null || clock.now() + pauseMs > deadline) throw failure;
        await clock.sleep(pauseMs, signal);
      }
    }
  };
}

/** Milliseconds before the next attempt; null if the failure is not retried. */
function pauseAfter({ kind }: EcsFailure, retries: number, random: () => number): number | null {
  return kind === 'throttled' || kind === 'unreachable'
    ? random() * backoff(retries + 1, { firstMs: firstPauseMs[kind], longestMs: maxPauseMs })
    : null;
}
