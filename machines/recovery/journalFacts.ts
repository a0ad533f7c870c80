import type { LaunchOrder, OwnedGroup } from '../shared/domain.ts';

/* What the records of a state directory add up to: all that a start knows of earlier runs. */

/** A launch, as it is journaled before it is sent. */
export interface JournaledLaunch extends LaunchOrder {
  kind: 'launch';
  /** Of everything that is sent; the same token with another request would be a conflict. */
  requestHash: string;
  /** The cluster that it is sent to, by name or ARN; left out in journals of earlier versions. */
  cluster?: string | undefined;
  /** The ownership tag that its tasks carry; left out in journals of earlier versions. */
  tag?: string | undefined;
  at: number;
}

/** What is known of the life of a Fargate task. Null: not known, or not yet. A time that is known never changes. */
export interface TaskTimes {
  /** When ECS created the task, as ECS said it. What a task costs counts from here. */
  createdAt: number | null;
  /** When the task was first RUNNING, as ECS said it. */
  runningAt: number | null;
  /** When its workers first counted as known to the scheduler. */
  registeredAt: number | null;
}

/** A live group, with all that is known of its task. */
export interface JournaledGroup extends OwnedGroup, TaskTimes {}

/** Clusters and ownership tags. As `usedPlaces` of the ledger: those that open launches and living groups do not name. */
export interface UsedPlaces {
  /** ARNs of clusters. */
  clusters: string[];
  /** Ownership tags. */
  tags: string[];
}

/** Why only a complete inventory shows which tasks are ours. */
export type InventoryReason =
  /** The state directory held no journal, and nothing else of an earlier run. */
  | 'journalMissing'
  /** Records, or the whole journal, may be lost. */
  | 'journalDamaged'
  /** Launches were given up: they have no answer, and may have started tasks. */
  | 'launchesAbandoned';

/** A launch that was given up without an answer. */
export type OwedLaunch = Pick<LaunchOrder, 'label' | 'count' | 'market'>;

/** A complete inventory is needed before it is known which tasks are ours. */
export interface InventoryOwed {
  /** Milliseconds since the epoch, by the clock of the start that found the first reason. */
  since: number;
  reasons: InventoryReason[];
  /** Launches that were given up without an answer. */
  launches: OwedLaunch[];
}

/** What was spent, as far as the records tell. */
export interface JournaledSpending {
  /** USD of all tasks that have ended. */
  endedUsd: number;
  /** A midnight in UTC, and what all tasks had cost by then, USD. */
  day: number;
  usdAtMidnight: number;
  /** Tasks of earlier runs may be missing. */
  isLowerBound: boolean;
  /** USD that tasks may have cost besides that no inventory has shown, or whose end ECS has not; left out: none. */
  unseenUsd?: number;
  /** All that tasks may have cost besides at that midnight; left out: none, or of a journal of an earlier release. */
  unseenAtMidnight?: number;
}

/** The ledger, as far as decisions read it. */
export interface JournalFacts {
  /** Launches whose outcome is unknown, oldest first. */
  openLaunches(): JournaledLaunch[];
  /** Live groups, in the order in which they got their task. */
  groups(): JournaledGroup[];
  usedPlaces(): UsedPlaces;
  /** Milliseconds since the epoch; null: there was no launch. */
  readonly lastLaunchAt: number | null;
  /** Null: every reason for an inventory was followed by a complete one. */
  inventoryOwed(): InventoryOwed | null;
  /** USD of all tasks that have ended. */
  readonly endedUsd: number;
  /** Null: no run has counted what it spends. */
  spent(): JournaledSpending | null;
  /** Workers that were desired without replacements, while groups that are too old were replaced; null: none was. */
  readonly rotatesFrom: number | null;
}
