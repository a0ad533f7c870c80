import { listDenied } from '../../../machines/fleet/state.ts';
import { calmListEveryMs } from '../../../machines/fleet/whenToList.ts';
import type { ManagerFacts } from './managerFacts.ts';

/** The control loop ticks each second; it counts as stuck after that, ms. */
const stuckAfterMs = 15_000;
/** How much later than planned a complete list of our tasks may be, ms. */
const inventorySlackMs = 60_000;

/** Why the process should be restarted; empty: it need not. `now`: milliseconds since the epoch. */
export function livenessTroubles(facts: ManagerFacts | null, now: number): string[] {
  if (facts === null) return [];
  const silentMs = now - facts.fleet.now;
  return silentMs > stuckAfterMs
    ? [`the control loop stands still: no tick for ${Math.round(silentMs / 1000)} s`]
    : [];
}

/** Why the manager cannot do its work at the moment; empty: it can. `now`: milliseconds since the epoch. */
export function readinessTroubles(facts: ManagerFacts | null, now: number): string[] {
  if (facts === null) return ['the manager is starting'];
  const { fleet, lifecycle } = facts;
  if (lifecycle !== 'preparing' && lifecycle !== 'unprepared' && lifecycle !== 'serving')
    return ['the manager is stopping'];
  return [
    ...livenessTroubles(facts, now),
    ...schedulerTroubles(facts, now),
    ...(fleet.revision === null ? ['cluster and task definition are not prepared yet'] : []),
    ...inventoryTroubles(facts, now),
  ];
}

function schedulerTroubles({ fleet }: ManagerFacts, now: number): string[] {
  const { connection, lastEchoAt, mismatch, settings } = fleet;
  if (connection === 'conflict') return ['another manager uses the identity of this one'];
  if (lastEchoAt === null) return ['the scheduler has not answered any heartbeat yet'];
  const silentMs = now - lastEchoAt;
  if (silentMs > settings.echoLimitMs)
    return [
      `the scheduler does not answer: last echo ${Math.round(silentMs / 1000)} s ago (limit ${settings.echoLimitMs / 1000} s)`,
    ];
  if (connection !== 'ready') return [`the connection to the scheduler is ${connection}`];
  return mismatch === null ? [] : [mismatch];
}

function inventoryTroubles({ fleet }: ManagerFacts, now: number): string[] {
  const { inventoryAt } = fleet;
  // The journal and the monitor stream are used instead, for good.
  if (listDenied(fleet)) return [];
  if (inventoryAt === null) return ['there is no complete list of our tasks yet'];
  const limitMs = 2 * calmListEveryMs(fleet) + inventorySlackMs;
  const ageMs = now - inventoryAt;
  return ageMs > limitMs
    ? [
        `the list of our tasks is too old: ${Math.round(ageMs / 1000)} s (limit ${limitMs / 1000} s)`,
      ]
    : [];
}
