import { clusterOfLaunch, clusterOfTask, regionOf } from '../aws/tasks/taskPlace.ts';
import type { LedgerView } from '../store/ledger.ts';
import { type InventoryOwedRecord, type LaunchRecord, mostClusters } from '../store/records.ts';

function clusterOf({ cluster, revision }: LaunchRecord): string | undefined {
  return cluster === undefined ? undefined : clusterOfLaunch({ cluster, revision });
}

/** What is journaled before these launches are given up without an answer: only a list of their clusters shows what they started. */
export function inventoryOwedFor(launches: LaunchRecord[], at: number): InventoryOwedRecord {
  const clusters = [...new Set(launches.map(clusterOf))].filter((arn) => arn !== undefined);
  const named = clusters.length > 0 && { clusters: clusters.slice(0, mostClusters) };
  return { kind: 'inventoryOwed', reason: 'launchesAbandoned', ...named, at };
}

/**
 * ARNs of clusters other than that of the settings in which earlier runs have, or may have, started tasks: those of
 * open launches, of living groups, and of an inventory that is owed. A list of our tasks must cover them. To be asked
 * before open launches are given up.
 */
export function clustersElsewhere(
  ledger: Pick<LedgerView, 'openLaunches' | 'groups' | 'inventoryOwed'>,
  home: { region: string; cluster: string },
): string[] {
  const found = [
    ...(ledger.inventoryOwed()?.clusters ?? []),
    ...ledger.openLaunches().map(clusterOf),
    ...ledger.groups().map(({ taskArn }) => clusterOfTask(taskArn)),
  ];
  const isHome = (arn: string) =>
    arn === home.cluster ||
    (regionOf(arn) === home.region && arn.endsWith(`:cluster/${home.cluster}`));
  return [...new Set(found)].filter((arn) => arn !== undefined).filter((arn) => !isHome(arn));
}
