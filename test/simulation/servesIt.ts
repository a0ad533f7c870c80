import type { Terms } from '../../machines/scheduler/messages.ts';
import { mismatch } from '../../machines/scheduler/releases.ts';
import type { Scheduler } from './scheduler/scheduler.ts';

/** The workers' release that a person has chosen can serve the scheduler that is there now; null: it follows the scheduler. */
export function servesIt(scheduler: Scheduler, workerRelease: string | null): boolean {
  const { generation } = scheduler.release();
  const magic = scheduler.magic();
  const transport = magic === null ? 'zmq' : 'ymq';
  const terms: Terms = { transport, generation, exact: true, bare: magic === 0 };
  return workerRelease === null || mismatch(workerRelease, terms) === null;
}
