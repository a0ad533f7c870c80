import { createCaller } from '../../../../src/aws/caller.ts';
import { createLimiter } from '../../../../src/aws/limiter.ts';
import { systemClock } from '../../../../src/aws/systemClock.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';

/** A caller that retries without pauses. */
export const eagerCall = createCaller({
  limiter: createLimiter(systemClock),
  clock: { now: systemClock.now, sleep: async () => {} },
  log: silentLog,
  attemptTimeoutMs: Number.POSITIVE_INFINITY,
});

/** A caller that does not retry, and hardly ever waits for a token of the calls that read. */
export const singleCall = createCaller({
  limiter: createLimiter(systemClock, { read: { burst: 1000, perSecond: 1000 } }),
  clock: systemClock,
  log: silentLog,
  random: () => 1,
  retryTimeoutMs: 0,
});

export const arn = (id: string | number) => `arn:aws:ecs:us-east-1:123456789012:task/c/${id}`;
