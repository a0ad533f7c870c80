import { awsRates } from '../aws/limiter.ts';
import type { Config } from '../config/config.ts';

/** How many of the seconds of a stop tasks at work may wait for an idle moment: the rest is for the tasks to stop in. */
export function idleWaitSeconds({
  drainTimeoutSeconds,
  stopTimeoutSeconds,
}: Pick<Config, 'drainTimeoutSeconds' | 'stopTimeoutSeconds'>): number {
  return Math.min(drainTimeoutSeconds, stopTimeoutSeconds / 2);
}

/** A stop_timeout that so many tasks do not fit into, seconds. */
export interface ShortStopTimeout {
  tasks: number;
  timeout: number;
  needed: number;
}

/** Compares `stop_timeout` with what AWS takes to accept StopTask for so many tasks. Null: it suffices, or none is stopped. */
export function shortStopTimeout(
  config: Pick<Config, 'drainTimeoutSeconds' | 'stopTimeoutSeconds' | 'sigtermPolicy'>,
  tasks: number,
): ShortStopTimeout | null {
  if (config.sigtermPolicy === 'leave') return null;
  const { burst, perSecond } = awsRates.modify;
  const stopSeconds = Math.ceil(Math.max(0, tasks - burst) / perSecond);
  const timeout = config.stopTimeoutSeconds;
  if (stopSeconds <= timeout - idleWaitSeconds(config)) return null;
  return {
    tasks,
    timeout,
    needed: stopSeconds + Math.min(config.drainTimeoutSeconds, stopSeconds),
  };
}
