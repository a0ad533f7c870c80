import { createCaller } from '../../../src/ecs/caller.ts';
import { createLimiter } from '../../../src/ecs/limiter.ts';
import { systemClock } from '../../../src/ecs/systemClock.ts';
import { silentLog } from '../../../src/observe/log.ts';

/** A caller that does not wait between its tries. */
export const eagerCall = createCaller({
  limiter: createLimiter(systemClock),
  clock: { now: systemClock.now, sleep: async () => {} },
  log: silentLog,
});

export const arn = (id: string | number) => `arn:aws:ecs:us-east-1:123456789012:task/c/${id}`;
