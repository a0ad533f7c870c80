import { cohortSize, type LaunchPlan } from '../cohort/groupRecords.ts';
import { templateKey, workersFor } from '../scheduler/releases.ts';
import type { OwnedGroup } from '../shared/domain.ts';
import { groupIdsOf, launchLabelOf, taskIdOf } from '../shared/ids.ts';
import { tasksPerRunTask } from '../shared/limits.ts';
import { parent } from '../shared/parent.ts';
import { assignProbe } from './circuitBreaker.ts';
import { newStatus } from './cohortStatus.ts';
import { withStatuses } from './cohortTotals.ts';
import { type Enqueue, fleetSetup, modesIn } from './fleetSetup.ts';
import type { Permit } from './launchGate.ts';
import type { Modes } from './modes.ts';
import { moneySettings } from './money.ts';
import { total } from './plan.ts';
import { type Command, sendCommands } from './sendCommands.ts';
import { cohortWithRoom, type Fleet } from './state.ts';
import { updateBreakers } from './updateBreakers.ts';

/** Groups: some 15 ms of work once the code is warm. */
const launchesPerTurn = 2 * cohortSize;

export const resetTurnBudget = fleetSetup.assign({ turnAllowance: launchesPerTurn });

function spawnCohort(fleet: Fleet, { monitor }: Modes, enqueue: Enqueue): string {
  const cohortId = `cohort.${fleet.opened}`;
  const { workersPerTask, workerSchedulerAddress } = fleet.settings;
  const timeouts = { ...fleet.settings.timeouts, workerSchedulerAddress };
  const { prices } = moneySettings(fleet);
  const input = {
    ...{ cohortId, timeouts, workersPerTask, monitor, loadsAreOld: fleet.loadsAreOld },
    ...(prices && { prices }),
  };
  enqueue.spawnChild('cohort', { id: cohortId, input });
  enqueue.assign({ opened: fleet.opened + 1 });
  return cohortId;
}

const taskIdsIn = (groups: readonly OwnedGroup[]): string[] =>
  groups.map(({ taskArn }) => taskIdOf(taskArn));

/**
 * Tasks of ours that no cohort has yet, as they were last told and as they are: a cohort takes those that have waited
 * the longest, and others come after the last.
 */
function changeOfQueue(told: readonly OwnedGroup[], owned: readonly OwnedGroup[]) {
  const next = told.findIndex(({ taskArn }) => taskArn === owned[0]?.taskArn);
  const taken = next < 0 ? told.length : next;
  const added = taskIdsIn(owned.slice(told.length - taken));
  return { added, removed: taskIdsIn(told.slice(0, taken)) };
}

/** Tells which tasks no cohort has yet; the cohorts that have taken some have reported them by now. */
export const reportRecovered = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const { toldOwned, owned } = context;
  const change = changeOfQueue(toldOwned, owned);
  if (change.added.length + change.removed.length === 0) return;
  enqueue.assign({ toldOwned: owned });
  enqueue.sendTo(parent, { type: 'fleet.tasksChanged', cohortId: 'recovered', ...change });
});

/** Puts up to one cohort's worth of what was restored or adopted into a cohort of its own. */
export const restoreNextCohort = fleetSetup.enqueueActions(({ context, enqueue, check }) => {
  const launches = context.resend.slice(0, cohortSize / tasksPerRunTask);
  const groups = context.owned.slice(0, launches.length > 0 ? 0 : cohortSize);
  const cohortId = spawnCohort(context, modesIn(check), enqueue);
  const { now } = context;
  enqueue.assign({
    resend: context.resend.slice(launches.length),
    owned: context.owned.slice(groups.length),
    // Whatever a launch that is sent again may start, it starts from now on.
    lastLaunchAt: launches.length > 0 ? now : context.lastLaunchAt,
  });
  const restored = { ...context, ...withStatuses(context, { [cohortId]: newStatus(0) }) };
  const command: Command =
    launches.length > 0
      ? { type: 'cohort.admit', launches, at: now }
      : { type: 'cohort.adopt', groups };
  sendCommands(restored, [[cohortId, command]], enqueue);
  enqueue.raise({ type: 'fleet.restoreNext' }, { delay: 0 });
});

function newLaunches(fleet: Fleet, revision: string, groups: number, permit: Permit): LaunchPlan[] {
  const { market, subnets } = permit;
  const { terms, settings } = fleet;
  const template = terms && templateKey(workersFor(terms, settings.workerRelease));
  return Array.from({ length: Math.ceil(groups / tasksPerRunTask) }, (_, i) => {
    const label = launchLabelOf(fleet.epoch, fleet.launched + i + 1);
    const count = Math.min(tasksPerRunTask, groups - i * tasksPerRunTask);
    return {
      order: {
        ...{ label, clientToken: `se-${label}`, count, revision, market },
        ...(subnets && { subnets }),
        ...(template && { template }),
        workers: settings.workersPerTask,
      },
      groupIds: groupIdsOf(label, count),
      outcomeUnknown: false,
    };
  });
}

/** Launches at most one cohort's worth of groups. */
export function launchGroups(
  fleet: Fleet,
  { admit, permit, revision }: { admit: number; permit: Permit; revision: string },
  modes: Modes,
  enqueue: Enqueue,
): void {
  const some = Math.min(admit, cohortSize);
  const roomy = cohortWithRoom(fleet, Math.min(some, tasksPerRunTask));
  const cohortId = roomy ?? spawnCohort(fleet, modes, enqueue);
  const { counts } = fleet.cohorts[cohortId] ?? newStatus(fleet.now);
  const size = Math.min(some, cohortSize - total(counts));
  const launches = newLaunches(fleet, revision, size, permit);
  const { now: at, turnAllowance, allowance, launched } = fleet;
  sendCommands(fleet, [[cohortId, { type: 'cohort.admit', launches, at }]], enqueue);
  enqueue.assign({
    launched: launched + launches.length,
    turnAllowance: turnAllowance - size,
    lastLaunchAt: at,
    allowance: allowance - size,
  });
  const [probe = ''] = launches[0]?.groupIds ?? [];
  updateBreakers(fleet.breakers, assignProbe(fleet.breakers, permit.probes, probe), enqueue);
  // The cohort's report makes us plan again in this turn; this event does so in the next.
  if (turnAllowance === size) enqueue.raise({ type: 'fleet.nextTurn' }, { delay: 0 });
}
