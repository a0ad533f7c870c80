import { cohortSize } from '../cohort/groupRecords.ts';
import type { CohortCommand } from '../cohort/messages.ts';
import type { WorkerLoad } from '../scheduler/messages.ts';
import { type CohortStatus, isObserved } from './cohortStatus.ts';
import type { Enqueue } from './fleetSetup.ts';
import type { Fleet } from './state.ts';
import { byCohort } from './taskIndex.ts';

type Loads = Record<string, WorkerLoad>;

type WaitingLoads = Fleet['waitingLoads'];

/** So many loads are passed on per turn of the event loop, so that a heartbeat can be sent: each may register a group. */
const loadsPerTurn = 2 * cohortSize;

/** What waits once these loads are shown: of a task that waits already, the newer load counts. */
export function withShown({ taskIndex, waitingLoads }: Fleet, shown: Loads): WaitingLoads {
  const waiting = { ...waitingLoads };
  for (const [cohortId, loads] of byCohort(taskIndex, shown))
    waiting[cohortId] = { ...waiting[cohortId], ...loads };
  return waiting;
}

/** Some of its groups are to leave: whether these are at work decides what is stopped. */
function isUrgent(status: CohortStatus): boolean {
  const { drainPending, cancelled, stopping } = status.counts;
  return !isObserved(status) || drainPending + cancelled + stopping > 0;
}

/** Cohorts whose loads cannot wait, and of the others as many as this turn of the event loop may take. */
function dueNow({ cohorts, waitingLoads }: Fleet): string[] {
  let room = loadsPerTurn;
  return Object.entries(waitingLoads).flatMap(([cohortId, loads]) => {
    const status = cohorts[cohortId];
    if (status && !isUrgent(status) && room <= 0) return [];
    room -= Object.keys(loads).length;
    return [cohortId];
  });
}

/** Passes on what waits for these cohorts: what they are told next may follow from it. */
export function sendWaitingLoads(
  { cohorts, waitingLoads, now: at }: Fleet,
  cohortIds: readonly string[],
  enqueue: Enqueue,
): void {
  const concerned = new Set(cohortIds.filter((cohortId) => cohortId in waitingLoads));
  if (concerned.size === 0) return;
  for (const cohortId of concerned) {
    const loads = waitingLoads[cohortId] ?? null;
    // A cohort may have ended meanwhile.
    if (cohortId in cohorts)
      enqueue.sendTo(cohortId, { type: 'cohort.loads', at, loads } satisfies CohortCommand);
  }
  enqueue.assign({
    waitingLoads: ({ context }) =>
      Object.fromEntries(
        Object.entries(context.waitingLoads).filter(([cohortId]) => !concerned.has(cohortId)),
      ),
  });
}

/** Passes on one turn's worth of what waits; the rest follows when the event loop has turned. */
export function sendLoadsOfTurn(fleet: Fleet, enqueue: Enqueue): void {
  const due = dueNow(fleet);
  sendWaitingLoads(fleet, due, enqueue);
  enqueue.cancel('nextLoads');
  if (due.length < Object.keys(fleet.waitingLoads).length)
    enqueue.raise({ type: 'fleet.nextLoads' }, { id: 'nextLoads', delay: 0 });
}
