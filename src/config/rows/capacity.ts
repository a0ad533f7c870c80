import { cpus } from 'node:os';
import {
  atMostTen,
  connections,
  cooldownSeconds,
  limit,
  positive,
  seconds,
  tasksPerWorker,
} from '../constraints.ts';
import { optional, setting } from '../row.ts';
import { capabilities, choice } from '../valueTypes.ts';

/** How much may run. */
export const capacityRows = {
  max_task_concurrency: setting(limit, () => cpus().length, {
    short: 'mtc',
    group: 'Capacity',
    defaultText: "CPUs of the manager's host",
    help: 'Maximum number of Fargate tasks, each with ecs_task_cpu workers; -1 means no limit',
  }),
  max_task_concurrency_counts: optional(choice(['tasks', 'workers']), {
    group: 'Capacity',
    defaultText: 'tasks',
    help: 'What max_task_concurrency counts: Fargate tasks, or workers as in Scaler 2.1.2 and later, rounded up to whole Fargate tasks',
  }),
  max_workers: setting(limit, -1, {
    group: 'Capacity',
    help: 'Maximum number of workers, rounded down to whole Fargate tasks; -1 means no limit',
  }),
  scale_ahead: setting(choice(['on', 'off']), 'on', {
    group: 'Capacity',
    help: "Grow at once to the size at which the scheduler's default policy stops asking for more, instead of by one Fargate task per boot; needs the monitor stream",
  }),
  tasks_per_worker: setting(tasksPerWorker, 10, {
    group: 'Capacity',
    help: "With scale_ahead, how many of the scheduler's tasks each worker is to have, from 1 to 10; 10 is the size that the scheduler itself grows to",
    check: atMostTen,
  }),
  scale_down_cooldown_seconds: setting(cooldownSeconds, 30, {
    short: 'sdc',
    group: 'Capacity',
    help: 'Seconds for which fewer workers must be desired before any is stopped; 0 means at once',
  }),
  min_idle_seconds: setting(seconds, 0, {
    group: 'Capacity',
    help: 'Seconds for which a Fargate task must have had no task of the scheduler before it is stopped as idle; the cooldown that comes before is enough for most',
  }),
  launch_burst: setting(positive, 100, {
    group: 'Capacity',
    help: "Fargate tasks that may be launched at once (the account's quota)",
  }),
  launch_rate: setting(positive, 20, {
    group: 'Capacity',
    help: "Fargate tasks that may be launched per second after that (the account's quota)",
  }),
  ecs_call_burst: setting(positive, 100, {
    group: 'Capacity',
    help: "Calls of RunTask and StopTask together that ECS takes at once (the account's quota)",
  }),
  ecs_call_rate: setting(positive, 40, {
    group: 'Capacity',
    help: "Such calls that ECS takes per second after that (the account's quota)",
  }),
  ecs_connections: setting(connections, 100, {
    group: 'Capacity',
    help: 'Connections to ECS at most, 5 or more; RunTask and StopTask use up to 40 of 100 each',
  }),
  per_worker_capabilities: setting(capabilities, [], {
    short: 'pwc',
    group: 'Capacity',
    help: 'Capabilities of each worker, like "linux,gpu=1"',
  }),
};
