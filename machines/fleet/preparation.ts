import type { Fleet } from './state.ts';

/** In a cluster that was just created no task can run: the first list need not wait for any to show. */
export function afterPreparation(
  fleet: Fleet,
  { clusterCreated = false }: { clusterCreated?: boolean | undefined },
): Fleet {
  if (!clusterCreated || fleet.inventoryAt !== null) return fleet;
  const { now, lastLaunchAt, settings } = fleet;
  return { ...fleet, lastLaunchAt: Math.min(lastLaunchAt, now - settings.settleMs) };
}
