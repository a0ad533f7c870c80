import type { CohortCommand } from '../cohort/messages.ts';
import { type Breakers, changesBetween } from './circuitBreaker.ts';
import type { Enqueue } from './fleetSetup.ts';
import { noCounts } from './plan.ts';
import type { CohortStatus, Fleet } from './state.ts';

/** Of a cohort that has not reported yet. */
export const newStatus = (now: number): CohortStatus => ({
  ...{ counts: noCounts, launches: 0, generation: 0, observedGeneration: 0 },
  lastPolledAt: now,
});

/** A command before it gets its generation. */
export type Command = CohortCommand extends infer C
  ? C extends { generation: number }
    ? Omit<C, 'generation'>
    : never
  : never;

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

/** Takes these breakers in the place of those before, and notes what that changes. */
export function updateBreakers(before: Breakers, after: Breakers, enqueue: Enqueue): void {
  if (after === before) return;
  enqueue.assign({ breakers: after });
  for (const change of changesBetween(before, after))
    enqueue({ type: 'noteBreaker', params: change });
}
