import { cpus } from 'node:os';
import { limit, positive } from '../constraints.ts';
import { setting } from '../row.ts';
import { capabilities } from '../valueTypes.ts';

/** How much may run. */
export const capacityRows = {
  max_task_concurrency: setting(limit, () => cpus().length, {
    short: 'mtc',
    group: 'Capacity',
    defaultText: "CPUs of the manager's host",
    help: 'Maximum number of Fargate tasks, each with ecs_task_cpu workers; -1 means no limit',
  }),
  max_workers: setting(limit, -1, {
    group: 'Capacity',
    help: 'Maximum number of workers, rounded down to whole Fargate tasks; -1 means no limit',
  }),
  launch_burst: setting(positive, 100, {
    group: 'Capacity',
    help: "Fargate tasks that may be launched at once (the account's quota)",
  }),
  launch_rate: setting(positive, 20, {
    group: 'Capacity',
    help: "Fargate tasks that may be launched per second after that (the account's quota)",
  }),
  per_worker_capabilities: setting(capabilities, [], {
    short: 'pwc',
    group: 'Capacity',
    help: 'Capabilities of each worker, like "linux,gpu=1"',
  }),
};
