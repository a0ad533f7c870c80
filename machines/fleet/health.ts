import { inventorySlackMs, stuckAfterMs } from '../shared/timing.ts';
import type { Blocker, BlockerKind } from './launchGate.ts';
import { echoFreshAt, type Fleet, listDenied } from './state.ts';
import { calmListEveryMs } from './whenToList.ts';

/** What health is judged by. */
export interface HealthFacts {
  /** The root machine's state. */
  lifecycle: string;
  fleet: Fleet;
  /** Why nothing is launched. */
  blockers: readonly Blocker[];
}

/** Why the process should be restarted; empty: it need not. `now`: milliseconds since the epoch. */
export function livenessTroubles(facts: HealthFacts | null, now: number): string[] {
  if (facts === null) return [];
  const silentMs = now - facts.fleet.now;
  return silentMs > stuckAfterMs
    ? [`the control loop stands still: no tick for ${Math.round(silentMs / 1000)} s`]
    : [];
}

/** Why the manager cannot do its work at the moment; empty: it can. `now`: milliseconds since the epoch. */
export function readinessTroubles(facts: HealthFacts | null, now: number): string[] {
  if (facts === null) return ['the manager is starting'];
  const { lifecycle } = facts;
  if (lifecycle !== 'preparing' && lifecycle !== 'unprepared' && lifecycle !== 'serving')
    return ['the manager is stopping'];
  return [
    ...livenessTroubles(facts, now),
    ...schedulerTroubles(facts, now),
    ...blockedBy(facts, 'notPrepared'),
    ...inventoryTroubles(facts, now),
  ];
}

/** What the launch gate says of this. */
const blockedBy = ({ blockers }: HealthFacts, kind: BlockerKind): string[] =>
  blockers.flatMap((blocker) => (blocker.kind === kind ? [blocker.sentence] : []));

/** By `now`, not by the last tick as in the launch gate: ticks may have ended. */
function schedulerTroubles(facts: HealthFacts, now: number): string[] {
  const { connection, lastEchoAt, settings } = facts.fleet;
  if (connection === 'conflict') return ['another manager uses the identity of this one'];
  if (lastEchoAt === null) return ['the scheduler has not answered any heartbeat yet'];
  if (!echoFreshAt(facts.fleet, now))
    return [
      `the scheduler does not answer: last echo ${Math.round((now - lastEchoAt) / 1000)} s ago (limit ${settings.echoLimitMs / 1000} s)`,
    ];
  if (connection !== 'ready') return [`the connection to the scheduler is ${connection}`];
  return blockedBy(facts, 'workersIncompatible');
}

function inventoryTroubles({ fleet }: HealthFacts, now: number): string[] {
  const { inventoryAt } = fleet;
  // The journal and the monitor stream are used instead, for good.
  if (listDenied(fleet)) return [];
  if (inventoryAt === null) return ['there is no complete list of our tasks yet'];
  const limitMs = calmListEveryMs(fleet) * 2 + inventorySlackMs;
  const ageMs = now - inventoryAt;
  return ageMs > limitMs
    ? [
        `the list of our tasks is too old: ${Math.round(ageMs / 1000)} s (limit ${limitMs / 1000} s)`,
      ]
    : [];
}
