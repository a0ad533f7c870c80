import { notNegative, positive, positiveSeconds, scalerRelease } from '../constraints.ts';
import { optional, setting } from '../row.ts';
import { choice, flag, integer, text } from '../valueTypes.ts';

/** The worker processes. */
export const workersRows = {
  per_worker_task_queue_size: setting(positive, 1000, {
    short: 'wtqs',
    group: 'Workers',
    help: 'Maximum number of tasks queued in each worker',
  }),
  heartbeat_interval_seconds: setting(positiveSeconds, 2, {
    short: 'his',
    group: 'Workers',
    help: 'Seconds between heartbeats, of this manager and of its workers',
  }),
  task_timeout_seconds: setting(integer('a non-negative integer', 0), 0, {
    short: 'tts',
    group: 'Workers',
    help: 'Seconds a task may run; 0 means no limit',
  }),
  death_timeout_seconds: setting(positive, 300, {
    short: 'dts',
    group: 'Workers',
    help: 'Seconds without contact to the scheduler after which a worker exits',
  }),
  garbage_collect_interval_seconds: setting(positive, 30, {
    short: 'gc',
    group: 'Workers',
    help: "Seconds between a worker's garbage collections",
  }),
  trim_memory_threshold_bytes: setting(notNegative, 1024 ** 3, {
    short: 'tm',
    group: 'Workers',
    help: 'Bytes of memory above which a worker returns free memory to the system',
  }),
  hard_processor_suspend: setting(flag, false, {
    short: 'hps',
    group: 'Workers',
    help: 'Suspend task processes with SIGSTOP instead of a cooperative pause',
  }),
  io_threads: setting(positive, 1, {
    short: 'it',
    group: 'Workers',
    help: 'Network threads of each worker',
  }),
  event_loop: setting(choice(['builtin', 'uvloop']), 'builtin', {
    short: 'el',
    group: 'Workers',
    help: 'Event loop of the workers',
  }),
  preload: optional(text, {
    group: 'Workers',
    defaultText: 'none',
    help: 'Python "module:function" that each worker calls before its first task',
  }),
  worker_scaler_version: optional(text, {
    group: 'Workers',
    defaultText: 'from the requirements, else the newest compatible release',
    help: 'Scaler release that runs in the Fargate tasks, like 2.6.0',
    check: scalerRelease,
  }),
};
