import type { CohortCommand } from '../cohort/messages.ts';
import { excessDrainMs, never } from '../shared/timing.ts';
import { type CohortStatus, newStatus } from './cohortStatus.ts';
import { withStatuses } from './cohortTotals.ts';
import { excessConfirmed } from './excess.ts';
import type { Enqueue } from './fleetSetup.ts';
import { tasksThatMayStay } from './money.ts';
import { kept, recallable } from './plan.ts';
import { undrainsOf } from './shares.ts';
import { type Fleet, fleetCounts } from './state.ts';
import { sendWaitingLoads } from './waitingLoads.ts';

/** A command before it gets its generation. */
export type Command = CohortCommand extends infer C
  ? C extends { generation: number }
    ? Omit<C, 'generation'>
    : never
  : never;

/**
 * Until when a group at work that is to leave may wait for an idle moment. As long as nothing else needs its slot that
 * may be for ever; what is above the limit has no slot.
 */
export function drainUntil(fleet: Fleet): number {
  const { now, settings } = fleet;
  if (settings.drainTimeoutMs !== null) return now + settings.drainTimeoutMs;
  return excessConfirmed(fleet) ? now + excessDrainMs : never;
}

/** Sends a command to each of these cohorts, under one new generation, after the loads that wait for it. */
export function sendCommands(
  fleet: Fleet,
  commands: readonly (readonly [cohortId: string, command: Command])[],
  enqueue: Enqueue,
): void {
  if (commands.length === 0) return;
  sendWaitingLoads(
    fleet,
    commands.map(([cohortId]) => cohortId),
    enqueue,
  );
  const generation = fleet.generation + 1;
  const told: Record<string, CohortStatus> = {};
  for (const [cohortId, command] of commands) {
    told[cohortId] = { ...(fleet.cohorts[cohortId] ?? newStatus(fleet.now)), generation };
    enqueue.sendTo(cohortId, { ...command, generation } as CohortCommand);
  }
  enqueue.assign({ ...withStatuses(fleet, told), generation });
}

/**
 * Takes back every group that is to leave and whose StopTask is not sent yet, except those that an operator drains and
 * those for which a limit has no room: their time goes on.
 */
export function cancelDrains(fleet: Fleet, enqueue: Enqueue): void {
  const counts = fleetCounts(fleet);
  const limits = [fleet.settings.maxTasks, tasksThatMayStay(fleet)].filter((one) => one !== null);
  const room = Math.max(0, Math.min(...limits) - kept(counts));
  // Without a shortage of room also those that a cohort has not reported yet.
  const taken: [cohortId: string, most: number][] =
    room < recallable(counts)
      ? undrainsOf(fleet, room)
      : Object.keys(fleet.cohorts).map((cohortId) => [cohortId, Number.MAX_SAFE_INTEGER]);
  const commands = taken.map(
    ([cohortId, most]) => [cohortId, { type: 'cohort.cancelDrain', most }] as const,
  );
  sendCommands(fleet, commands, enqueue);
}
