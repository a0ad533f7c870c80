import { assertEvent } from 'xstate';
import type { CohortCommand } from '../cohort/messages.ts';
import { excessConfirmed } from './excess.ts';
import { fleetSetup, modesIn } from './fleetSetup.ts';
import { mayBeSent } from './launchGate.ts';
import { usefulBooting } from './lookAhead.ts';
import { type Counts, groupsToKeep, livingWorkers, plan } from './plan.ts';
import { echoFreshAt, type Fleet, fleetCounts } from './state.ts';

/** How many booting groups could get a task of the scheduler; undefined: not known. */
export function usefulPendingOf(
  { views, now, settings }: Fleet,
  counts: Counts,
): number | undefined {
  if (settings.tasksPerWorker === null) return undefined;
  const workers = usefulBooting(views, livingWorkers(counts, settings.workersPerTask), now);
  return workers === null ? undefined : Math.ceil(workers / settings.workersPerTask);
}

/**
 * Booting groups are too many by now. The cooldown lets those stay that there are: what is not sent yet costs nothing, and
 * waits for no cooldown.
 */
function tooManyBoot(fleet: Fleet): boolean {
  const { desired, desiredWorkers, settings } = fleet;
  const counts = fleetCounts(fleet);
  const { drainPendingGroups } = plan(desired, counts, {
    ...{ launches: 0, swapping: false, mayNotSwap: true },
    maxTasks: settings.maxTasks,
    excessConfirmed: excessConfirmed(fleet),
    keep: groupsToKeep(desiredWorkers, counts, settings.workersPerTask),
    usefulPending: usefulPendingOf(fleet, counts),
  });
  return drainPendingGroups > 0;
}

/** AWS's limits let a launch pass, possibly long after it was decided: may it still be sent? */
export const answerLaunchTurn = fleetSetup.enqueueActions(({ context, event, enqueue, check }) => {
  assertEvent(event, 'cohort.launchTurn');
  const { cohortId, label, at } = event;
  if (!(cohortId in context.cohorts)) return;
  const isFresh = echoFreshAt(context, at);
  const allowed = isFresh && mayBeSent(context, modesIn(check)) && !tooManyBoot(context);
  if (!isFresh) enqueue.assign({ decisionStale: true });
  const answer = { type: 'cohort.launchTurnAnswered', label, allowed } satisfies CohortCommand;
  enqueue.sendTo(cohortId, answer);
});
