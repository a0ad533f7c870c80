import type { ECSClient } from '@aws-sdk/client-ecs';
import type { IAMClient } from '@aws-sdk/client-iam';
import { Failure } from '../../shared/failure.ts';
import type { Log } from '../../telemetry/log.ts';

/** The neighbours of this room, handed in by the wiring. */
export interface AwsTools {
  ecs: Pick<ECSClient, 'send'>;
  iam: Pick<IAMClient, 'send'>;
  /** Sends within the rate limits, repeats what may be repeated, throws failures that carry `kind` and `code`. */
  call<Output>(
    operation: string,
    send: (options: { abortSignal: AbortSignal }) => Promise<Output>,
    signal: AbortSignal,
  ): Promise<Output>;
  clock: { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> };
  log: Log;
}

/** What is there does not fit and a repetition would not change it. */
export class BootstrapFailure extends Failure {
  override readonly kind: 'invalid' | 'refused' | 'denied';

  constructor(kind: 'invalid' | 'refused' | 'denied', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The row of the failure table that names this error; null for anything else. */
export const failureCode = (error: unknown): string | null =>
  error instanceof Failure && 'code' in error ? String(error.code) : null;

export const isDenied = (error: unknown): boolean =>
  error instanceof Failure && error.kind === 'denied';

const longest = 8_000;

/** Tries again, with growing pauses for up to a minute, while the error's row is one of these. */
export const retryWhile = async <Output>(
  codes: readonly string[],
  { clock }: Pick<AwsTools, 'clock'>,
  signal: AbortSignal,
  attempt: () => Promise<Output>,
): Promise<Output> => {
  const until = clock.now() + 60_000;
  for (let pause = 500; ; pause = Math.min(longest, pause * 2)) {
    try {
      return await attempt();
    } catch (error) {
      if (!codes.includes(failureCode(error) ?? '') || clock.now() + pause > until) throw error;
      await clock.sleep(pause, signal);
    }
  }
};
