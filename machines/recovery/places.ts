import { clusterOfLaunch, clusterOfTask, sameCluster } from '../shared/taskPlace.ts';
import type { JournaledLaunch, JournalFacts, UsedPlaces } from './journalFacts.ts';

function clusterOf({ cluster, revision }: JournaledLaunch): string | undefined {
  return cluster === undefined ? undefined : clusterOfLaunch({ cluster, revision });
}

type Known = Pick<JournalFacts, 'openLaunches' | 'groups' | 'usedPlaces'>;

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
 * A launch that no record tells of may have gone to the cluster of these settings. The next start may have other
 * settings, so this start journals its cluster and tag as long as an inventory is owed. Null: none is owed.
 */
export function homeUsed(
  ledger: Pick<JournalFacts, 'inventoryOwed'>,
  home: Home,
): { cluster: string; tag: string } | null {
  return ledger.inventoryOwed() && { cluster: arnOf(home), tag: home.tag };
}

/** Where lists of our tasks must look besides the cluster of the settings, and for which other tags. */
export function placesElsewhere(ledger: Known, home: Home): UsedPlaces {
  return { clusters: clustersElsewhere(ledger, home), tags: otherTags(ledger, home.tag) };
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
