import { noLongerDesired } from '../../../machines/group/workerGroup.ts';
import { isOfRun } from '../../../machines/shared/ids.ts';
import { type Moments, noMoments } from '../../control/life.ts';
import type { EventFields, EventName } from '../../telemetry/events.ts';

/** Ended groups whose moments are kept: as many as the journal's history holds. */
const mostEnded = 1000;

/** What the events of this run tell of the life of each group, beside what the journal holds. `epoch`: of this run. */
export function createLives(now: () => number, epoch: string) {
  const living = new Map<string, Moments>();
  const ended = new Map<string, Moments>();
  const evicted = new Set<string>();

  function onState({ group, state, why }: EventFields<'group.stateChanged'>): void {
    const known = living.get(group) ?? noMoments;
    const at = now();
    const [phase, detail] = state.split('.');
    if (phase === 'requested')
      living.set(group, { ...known, requestedAt: known.requestedAt ?? at });
    else if (phase === 'provisioning')
      living.set(
        group,
        isOfRun(epoch, group)
          ? { ...known, launchedAt: at }
          : { ...known, requestedAt: null, adoptedAt: at },
      );
    else if (phase === 'running' && known.drainAt !== null)
      living.set(group, { ...known, drainAt: null, drainWhy: null });
    else if (phase === 'draining') {
      const drainWhy = known.drainWhy ?? why ?? noLongerDesired;
      const drain = { drainAt: known.drainAt ?? at, drainWhy };
      const stopAt = detail === 'stopping' ? (known.stopAt ?? at) : known.stopAt;
      living.set(group, { ...known, ...drain, stopAt, wasEvicted: evicted.has(group) });
    } else if (phase === 'stopped') onEnd(group);
  }

  function onEnd(group: string): void {
    const moments = living.get(group) ?? noMoments;
    living.delete(group);
    evicted.delete(group);
    ended.delete(group);
    ended.set(group, moments);
    const [oldest] = ended.keys();
    if (ended.size > mostEnded && oldest !== undefined) ended.delete(oldest);
  }

  return {
    /** Of the telemetry. */
    onEvent(name: EventName, fields: object): void {
      if (name === 'group.stateChanged') onState(fields as EventFields<typeof name>);
    },

    /** A person has ordered the drain of these groups. */
    onEvicted(groupIds: readonly string[]): void {
      for (const groupId of groupIds) evicted.add(groupId);
    },

    of: (groupId: string): Moments => living.get(groupId) ?? ended.get(groupId) ?? noMoments,
  };
}

export type Lives = ReturnType<typeof createLives>;
