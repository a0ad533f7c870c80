import { backoff } from '../../machines/shared/backoff.ts';
import type { Log } from '../telemetry/log.ts';
import { classifyError, type EcsFailure } from './errors.ts';
import type { Limiter } from './limiter.ts';
import type { Clock } from './systemClock.ts';

export interface CallerTools {
  limiter: Limiter;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random?: () => number;
  /** How long one call may be repeated, counted from its first sending. */
  patience?: number;
}

/**
 * Asks AWS once the limiter allows it; throws nothing but an EcsFailure, or the signal's reason.
 * `secrets`: texts of the request that no message may quote.
 */
export type Call = <Output>(
  operation: string,
  send: (options: { abortSignal: AbortSignal }) => Promise<Output>,
  signal: AbortSignal,
  secrets?: readonly string[],
) => Promise<Output>;

/**
 * These make something new each time. A launch is asked for again by the launch machine, which keeps the
 * token; a new revision only after another look at what there is.
 */
const notRepeated: ReadonlySet<string> = new Set(['RunTask', 'RegisterTaskDefinition']);

const firstPause = { throttled: 1_000, unreachable: 500 };
const longestPause = 20_000;

export const createCaller = ({
  limiter,
  clock,
  log,
  random = Math.random,
  patience = 30_000,
}: CallerTools): Call => {
  const attempt: Call = async (operation, send, signal, secrets) => {
    await limiter.acquire(operation, signal);
    const begun = clock.now();
    const seen = () => ({ operation, ms: Math.round(clock.now() - begun) });
    try {
      const output = await send({ abortSignal: signal });
      log.debug(seen(), 'aws.answered');
      return output;
    } catch (error) {
      signal.throwIfAborted();
      const failure = classifyError(operation, error, secrets);
      if (failure.kind === 'throttled') limiter.throttled(operation);
      const { kind, code, awsName, message } = failure;
      log.debug({ ...seen(), kind, code, awsName, message }, 'aws.failed');
      throw failure;
    }
  };

  const pauseAfter = ({ kind }: EcsFailure, attempts: number): number | null =>
    kind === 'throttled' || kind === 'unreachable'
      ? random() * backoff(attempts + 1, { firstMs: firstPause[kind], longestMs: longestPause })
      : null;

  return async (operation, send, signal, secrets) => {
    const until = clock.now() + patience;
    for (let attempts = 0; ; attempts++) {
      try {
        return await attempt(operation, send, signal, secrets);
      } catch (error) {
        signal.throwIfAborted();
        const failure = classifyError(operation, error, secrets);
        const pause = notRepeated.has(operation) ? null : pauseAfter(failure, attempts);
        if (pause === null || clock.now() + pause > until) throw failure;
        await clock.sleep(pause, signal);
      }
    }
  };
};
