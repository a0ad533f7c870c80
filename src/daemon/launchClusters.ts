import { clusterOfLaunch, clusterOfTask, sameCluster } from '../shared/taskPlace.ts';
import type { LedgerView } from '../store/ledger.ts';
import type { InventoryOwedRecord, LaunchRecord, PlaceUsedRecord } from '../store/records.ts';

function clusterOf({ cluster, revision }: LaunchRecord): string | undefined {
  return cluster === undefined ? undefined : clusterOfLaunch({ cluster, revision });
}

/** What is journaled before a launch is given up without an answer: only a list shows what it started. */
export function inventoryOwedFor(launch: LaunchRecord | null, at: number): InventoryOwedRecord {
  const owed = { kind: 'inventoryOwed', reason: 'launchesAbandoned', at } as const;
  if (launch === null) return owed;
  const { label, count, market } = launch;
  return { ...owed, launch: { label, count, market } };
}

type Known = Pick<LedgerView, 'openLaunches' | 'groups' | 'usedPlaces'>;

interface HomeCluster {
  region: string;
  /** By name or ARN. */
  cluster: string;
}

/** Where a run launches: that of its settings. */
export interface Home extends HomeCluster {
  /** The ownership tag. */
  tag: string;
}

/** Of a cluster that the settings name, partition and account are not known before AWS has answered. */
function arnOf({ region, cluster }: HomeCluster): string {
  return cluster.startsWith('arn:') ? cluster : `arn::ecs:${region}::cluster/${cluster}`;
}

/**
 * What a start journals as long as an inventory is owed: launches that no record tells of may have gone where these
 * settings say, and those of the next start may be others. Null: none is owed.
 */
export function homeUsed(
  ledger: Pick<LedgerView, 'inventoryOwed'>,
  home: Home,
  at: number,
): PlaceUsedRecord | null {
  if (ledger.inventoryOwed() === null) return null;
  return { kind: 'placeUsed', cluster: arnOf(home), tag: home.tag, at };
}

/** Tasks of a ledger, and the number of its open launches. */
export interface KnownTasks {
  taskArns: string[];
  launches: number;
}

/** What of a ledger is in clusters that no list of our tasks covers: neither that of the settings nor these. */
export function unlistedIn(
  ledger: Known,
  home: HomeCluster,
  covered: readonly string[],
): KnownTasks {
  // As everywhere, an ARN without its account may be the same cluster as one with it.
  const isIn = (clusters: readonly string[], arn: string) =>
    clusters.some((each) => sameCluster(each, arn));
  const elsewhere = clustersElsewhere(ledger, home).filter((arn) => !isIn(covered, arn));
  const isUnlisted = (cluster = '') => isIn(elsewhere, cluster);
  return {
    taskArns: ledger
      .groups()
      .map(({ taskArn }) => taskArn)
      .filter((arn) => isUnlisted(clusterOfTask(arn))),
    launches: ledger.openLaunches().filter((launch) => isUnlisted(clusterOf(launch))).length,
  };
}

/**
 * ARNs of clusters other than that of the settings in which earlier runs have, or may have, started tasks: those of
 * open launches, of living groups, and those that were used lately. A list of our tasks must cover them.
 */
export function clustersElsewhere(ledger: Known, home: HomeCluster): string[] {
  const found = [
    ...ledger.openLaunches().map(clusterOf),
    ...ledger.groups().map(({ taskArn }) => clusterOfTask(taskArn)),
    ...ledger.usedPlaces().clusters,
  ].filter((arn) => arn !== undefined);
  const elsewhere = new Set(found.filter((arn) => !sameCluster(arn, arnOf(home))));
  // One that is known with its account and without is one.
  const isNamed = (arn: string) =>
    arn.startsWith('arn::') &&
    [...elsewhere].some((other) => other !== arn && sameCluster(arn, other));
  return [...elsewhere].filter((arn) => !isNamed(arn));
}

/** The same for ownership tags: with which earlier runs may have started tasks that no group owns. */
export function otherTags(ledger: Known, ownTag: string): string[] {
  const launched = ledger.openLaunches().flatMap(({ tag }) => tag ?? []);
  const tags = new Set([...launched, ...ledger.usedPlaces().tags]);
  tags.delete(ownTag);
  return [...tags];
}
