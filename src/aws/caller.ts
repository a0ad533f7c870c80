import { setMaxListeners } from 'node:events';
import { backoff } from '../../machines/shared/backoff.ts';
import type { Log } from '../telemetry/log.ts';
import type { Credentials } from './credentials.ts';
import { classifyError, EcsFailure } from './errors.ts';
import type { Limiter } from './limiter.ts';
import { createPauses, type Pauses } from './pauses.ts';
import type { Clock } from './systemClock.ts';
import { createTurns, type Turns } from './turns.ts';
import { wellFormed } from './wellFormed.ts';

export interface CallerTools {
  /** Left out: credentials that AWS refuses are not renewed. */
  credentials?: Pick<Credentials, 'version' | 'source' | 'renew'>;
  limiter: Pick<Limiter, 'acquire' | 'throttled'>;
  /** Left out: no turn is ever reserved. */
  turns?: Turns;
  /** Before a call is sent again. Left out: nothing ends them early. */
  pauses?: Pauses;
  clock: Clock;
  log: Log;
  /** Jitter source in [0, 1). Default: Math.random. */
  random?: () => number;
  /** How long one call may be retried after its first attempt, ms. Default: 30 s. */
  retryTimeoutMs?: number;
  /** How long one attempt may take: credentials, connection, headers and body together, ms; Infinity: any time. Default: 30 s. */
  attemptTimeoutMs?: number;
}

type Send<Output> = (options: { abortSignal: AbortSignal }) => Promise<Output>;

/**
 * Sends an AWS request once the limiter allows it, and retries it where that is safe. Resolves to an answer in AWS's
 * form (`wellFormed`). Rejects with an EcsFailure or the signal's reason, nothing else, and always: an attempt that has
 * no end is given up. `secrets`: values of the request that must not appear in a message.
 */
export type Call = <Output>(
  operation: string,
  send: Send<Output>,
  signal: AbortSignal,
  secrets?: readonly string[],
) => Promise<Output>;

/**
 * Operations that create something on each call, or that must be decided on again. The launch machine repeats RunTask
 * under the same client token; RegisterTaskDefinition is repeated only after the family was described again; the cohort
 * repeats StopTask, if the group is still to stop.
 */
const notRetried: ReadonlySet<string> = new Set(['RunTask', 'RegisterTaskDefinition', 'StopTask']);

/** Of these, what must still be wanted at the moment of sending: reading credentials again can take long. */
const decidedAnew: ReadonlySet<string> = new Set(['RunTask', 'StopTask']);

const firstPauseMs = { throttled: 1_000, unreachable: 500 };
const maxPauseMs = 20_000;

/**
 * Creates the function through which every AWS request goes. It retries failures of kind `throttled` and
 * `unreachable` with full-jitter exponential backoff, starting at 1 s and 0.5 s, up to 20 s per pause.
 */
export function createCaller({
  credentials,
  limiter,
  clock,
  log,
  turns = createTurns(limiter, clock, log),
  pauses = createPauses(clock),
  random = Math.random,
  retryTimeoutMs = 30_000,
  attemptTimeoutMs = 30_000,
}: CallerTools): Call {
  /**
   * Sends the request. The SDK's own timeouts end neither a hanging credential helper nor an answer that stalls after
   * its headers, and not every step of the SDK heeds the signal: this does.
   */
  async function sendInTime<Output>(
    operation: string,
    send: Send<Output>,
    signal: AbortSignal,
  ): Promise<Output> {
    signal.throwIfAborted();
    const attempt = new AbortController();
    const settled = new AbortController();
    let onAbort = () => {};
    const ended = new Promise<never>((_, reject) => {
      const end = (reason: unknown) => {
        reject(reason);
        attempt.abort(reason);
      };
      onAbort = () => end(signal.reason);
      signal.addEventListener('abort', onAbort);
      if (Number.isFinite(attemptTimeoutMs))
        clock.sleep(attemptTimeoutMs, settled.signal).then(
          () => end(tooLate(operation, attemptTimeoutMs)),
          () => {},
        );
    });
    try {
      return await Promise.race([send({ abortSignal: attempt.signal }), ended]);
    } finally {
      // A listener with a signal of its own would register with a FinalizationRegistry, at each call.
      signal.removeEventListener('abort', onAbort);
      settled.abort();
    }
  }

  const attempt: Call = async (operation, send, signal, secrets) => {
    const endTurn = await turns.take(operation, signal);
    try {
      return await exchange(operation, send, signal, secrets);
    } finally {
      endTurn();
    }
  };

  const exchange: Call = async (operation, send, signal, secrets) => {
    const startedAt = clock.now();
    const timing = () => ({ operation, ms: Math.round(clock.now() - startedAt) });
    try {
      const output = wellFormed(operation, await sendInTime(operation, send, signal));
      log.report('awsCall.answered', { ...timing(), requestId: requestIdOf(output) });
      return output;
    } catch (error) {
      signal.throwIfAborted();
      const failure = classifyError(operation, error, secrets);
      if (failure.kind === 'throttled' || failure.code === 'throttled')
        limiter.throttled(operation);
      const { kind, code, awsName, message, requestId, endpoint } = failure;
      const what = { kind, code, awsName, message, requestId, endpoint };
      log.report('awsCall.failed', { ...timing(), ...what });
      throw failure;
    }
  };

  return async (operation, send, signal, secrets) => {
    // A list describes all its pages at once with one signal, and Node.js would warn of a leak from the eleventh on.
    setMaxListeners(0, signal);
    const deadline = clock.now() + retryTimeoutMs;
    for (let retries = 0, isRenewed = false; ; retries++) {
      const version = credentials?.version() ?? 0;
      try {
        return await attempt(operation, send, signal, secrets);
      } catch (error) {
        signal.throwIfAborted();
        const failure = classifyError(operation, error, secrets);
        if (failure.code === 'credentials' && credentials) {
          const refusal = failure.from(credentials.source());
          const renewing = isRenewed ? false : credentials.renew(version, refusal);
          // AWS has not carried out the call, so it may be sent again with other credentials.
          if (!(await orAbort(renewing, signal))) throw refusal;
          if (decidedAnew.has(operation)) throw refusal.mended();
          isRenewed = true;
          continue;
        }
        const pauseMs = notRetried.has(operation) ? null : pauseAfter(failure, retries, random);
        if (pauseMs === null || clock.now() + pauseMs > deadline) throw failure;
        await pauses.pause(pauseMs, signal);
      }
    }
  };
}

function requestIdOf(output: unknown): string | undefined {
  const { $metadata } = (output ?? {}) as { $metadata?: { requestId?: string } };
  return $metadata?.requestId;
}

function tooLate(operation: string, timeoutMs: number): EcsFailure {
  return new EcsFailure(
    { kind: 'unreachable', awsName: 'TimeoutError', code: 'deadline' },
    `${operation}: no whole answer within ${timeoutMs / 1000} s`,
  );
}

/** Resolves like the promise; rejects with the signal's reason when that is aborted first. */
async function orAbort<T>(promise: T | Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Milliseconds before the next attempt; null if the failure is not retried. */
function pauseAfter({ kind }: EcsFailure, retries: number, random: () => number): number | null {
  return kind === 'throttled' || kind === 'unreachable'
    ? random() * backoff(retries + 1, { firstMs: firstPauseMs[kind], longestMs: maxPauseMs })
    : null;
}
