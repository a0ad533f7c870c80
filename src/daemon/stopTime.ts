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

type StopSettings = Pick<Config, 'drainTimeoutSeconds' | 'stopTimeoutSeconds' | 'sigtermPolicy'>;

/**
 * Returns a function that is told how many tasks there are, or can be, and finds once that `stop_timeout` is too short
 * for them: without a cap a fleet can grow beyond it at any time.
 */
export function stopTimeoutCheck(config: StopSettings): (tasks: number) => ShortStopTimeout | null {
  let isFound = false;
  return (tasks) => {
    const short = isFound ? null : shortStopTimeout(config, tasks);
    isFound ||= short !== null;
    return short;
  };
}

/** Compares `stop_timeout` with what AWS takes to accept StopTask for so many tasks. Null: it suffices, or none is stopped. */
export function shortStopTimeout(config: StopSettings, tasks: number): ShortStopTimeout | null {
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
