import { drainSeconds, positiveSeconds, seconds } from '../constraints.ts';
import { optional, setting } from '../row.ts';
import { choice } from '../valueTypes.ts';

/** How long things may take. */
export const timeoutsRows = {
  sigterm_policy: setting(choice(['stop', 'leave']), 'stop', {
    group: 'Timeouts',
    help: 'At SIGTERM stop all Fargate tasks, or leave them running until the next start adopts them',
  }),
  scheduler_grace: setting(seconds, 600, {
    group: 'Timeouts',
    help: 'Seconds without the scheduler after which all Fargate tasks are drained',
  }),
  settle_seconds: setting(seconds, 10, {
    group: 'Timeouts',
    help: 'Seconds after the last launch of an earlier run before a list of the Fargate tasks counts as complete',
  }),
  start_deadline: setting(positiveSeconds, 600, {
    group: 'Timeouts',
    help: 'Seconds from launch within which a Fargate task must be running',
  }),
  drain_timeout: setting(drainSeconds, -1, {
    group: 'Timeouts',
    help: 'Seconds to wait until a Fargate task that is no longer desired is idle before it is stopped anyway; -1: as long as it is at work',
  }),
  degraded_grace: setting(seconds, 60, {
    group: 'Timeouts',
    help: 'Seconds for which a Fargate task may have lost some of its workers before it counts only for those that it has, and is replaced where more are desired',
  }),
  sweep_seconds: setting(positiveSeconds, 30, {
    group: 'Timeouts',
    help: 'Seconds between two complete lists of the Fargate tasks, which find orphans; a second for every hundred tasks, where that is more and nothing waits for a list',
  }),
  max_lifetime: optional(positiveSeconds, {
    group: 'Timeouts',
    defaultText: 'no limit',
    help: 'Seconds after which a Fargate task is replaced: another is launched first, then the old one is stopped when it is idle',
  }),
  stop_timeout: setting(seconds, 60, {
    group: 'Timeouts',
    help: 'Seconds to stop all Fargate tasks at SIGTERM',
  }),
};
