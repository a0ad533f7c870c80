import type { CohortCommand } from '../cohort/messages.ts';
import { never } from '../shared/timing.ts';
import { newStatus } from './cohortStatus.ts';
import type { Enqueue } from './fleetSetup.ts';
import { excessConfirmed, type Fleet } from './state.ts';

/** How long a group above the limit may wait for an idle moment, ms. */
const excessDrainMs = 300_000;

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

/** Sends a command to each of these cohorts, under one new generation. */
export function sendCommands(
  fleet: Fleet,
  commands: readonly (readonly [cohortId: string, command: Command])[],
  enqueue: Enqueue,
): void {
  if (commands.length === 0) return;
  const generation = fleet.generation + 1;
  const cohorts = { ...fleet.cohorts };
  for (const [cohortId, command] of commands) {
    cohorts[cohortId] = { ...(cohorts[cohortId] ?? newStatus(fleet.now)), generation };
    enqueue.sendTo(cohortId, { ...command, generation } as CohortCommand);
  }
  enqueue.assign({ cohorts, generation });
}

/** Every group stays that is to leave, is not told to stop yet, and was not chosen by an operator. */
export function cancelDrains(fleet: Fleet, enqueue: Enqueue): void {
  const keep = { type: 'cohort.cancelDrain', most: Number.MAX_SAFE_INTEGER } as const;
  sendCommands(
    fleet,
    Object.keys(fleet.cohorts).map((cohortId) => [cohortId, keep]),
    enqueue,
  );
}
