import type {
  InventoryOwed,
  InventoryReason,
  JournaledGroup,
  JournaledSpending,
  OwedLaunch,
  UsedPlaces,
} from '../../machines/recovery/journalFacts.ts';
import { presumedAt } from '../../machines/shared/presumedAt.ts';
import { clusterOfLaunch } from '../../machines/shared/taskPlace.ts';
import { History } from './history.ts';
import { LastUse } from './lastUse.ts';
import {
  type Claim,
  type EndedRecord,
  type JournalRecord,
  type LaunchRecord,
  mergeTimes,
  type ObservedRecord,
  type RotationRecord,
  type SettledRecord,
  type SpentRecord,
  type StartRecord,
  unknownTimes,
} from './records.ts';

/** A claim that was not granted. */
export interface DroppedClaim extends Claim {
  /** The live group that owns the task; null when none does (the launch was already over, or the group has another task). */
  ownedBy: string | null;
}

/** A group that is over. */
export type EndedGroup = Omit<EndedRecord, 'kind' | 'at'>;

/** What others may ask the ledger. Only the journal writes to it. */
export type LedgerView = Omit<Ledger, 'apply' | 'withdraw'>;

/**
 * The sum of the records: launches without an outcome, which group owns which task, what is known of each task, the
 * last groups that ended, and whether an inventory is owed. No I/O.
 */
export class Ledger {
  #start: StartRecord | null = null;
  #lastLaunchAt: number | null = null;
  readonly #open = new Map<string, LaunchRecord>();
  readonly #groups = new Map<string, JournaledGroup>();
  readonly #owners = new Map<string, string>();
  readonly #history = new History();
  readonly #inventoryOwed = new Map<InventoryReason, number>();
  readonly #clusters = new LastUse();
  readonly #tags = new LastUse();
  readonly #launchesOwed = new Map<string, OwedLaunch>();
  #spent: SpentRecord | null = null;
  #rotation: RotationRecord | null = null;
  /** USD of tasks that have ended. */
  #endedUsd = 0;

  static replay(records: Iterable<JournalRecord>): Ledger {
    const ledger = new Ledger();
    for (const record of records) ledger.apply(record);
    return ledger;
  }

  /**
   * Takes a record in; taking it in once more changes nothing. Returns the claims that were not granted:
   * a task has one owner, a group one task, and a launch that is over claims nothing new.
   */
  apply(record: JournalRecord): DroppedClaim[] {
    switch (record.kind) {
      case 'start':
        this.#begin(record);
        return [];
      case 'launch':
        // The first counts: told again by a restart, a launch is no younger, and neither is its token.
        if (!this.#open.has(record.label)) this.#open.set(record.label, record);
        this.#noteLaunch(record.at);
        return [];
      case 'settled':
        return this.#settle(record);
      case 'adopted': {
        const { kind: _, at: __, ...group } = record;
        return this.#claim({ ...unknownTimes, ...group });
      }
      case 'observed':
        this.#observe(record);
        return [];
      case 'ended':
        this.#end(record);
        return [];
      case 'spent':
        this.#spent = record;
        this.#endedUsd = record.endedUsd;
        return [];
      case 'rotation':
        this.#rotation = record.workers === null ? null : record;
        return [];
      case 'lastLaunch':
        this.#noteLaunch(record.at);
        return [];
      case 'inventoryOwed':
        if (!this.#inventoryOwed.has(record.reason))
          this.#inventoryOwed.set(record.reason, record.at);
        if (record.launch) this.#launchesOwed.set(record.launch.label, record.launch);
        for (const cluster of record.clusters ?? []) this.#clusters.note(cluster, record.at);
        return [];
      case 'inventoried':
        // By the order of the records: the clock may have been set since the reason was journaled.
        this.#inventoryOwed.clear();
        this.#launchesOwed.clear();
        this.#clusters.listed(record.at);
        this.#tags.listed(record.at);
        return [];
      case 'placeUsed':
        this.#noteUse(record, record.at);
        return [];
      case 'closed':
        return [];
    }
  }

  /** Takes back a launch that did not reach the disk: it is not sent. */
  withdraw(label: string): void {
    this.#open.delete(label);
  }

  /** Of the latest start; null before the first. */
  get epoch(): string | null {
    return this.#start?.epoch ?? null;
  }

  /** Milliseconds since the epoch; null: there was no launch. */
  get lastLaunchAt(): number | null {
    return this.#lastLaunchAt;
  }

  /** Launches whose outcome is unknown, oldest first. */
  openLaunches(): LaunchRecord[] {
    return [...this.#open.values()];
  }

  /** Whether the outcome of the launch is unknown. It may not be on disk yet: the journal knows that. */
  isOpen(label: string): boolean {
    return this.#open.has(label);
  }

  /** The launch of this label while its outcome is unknown. */
  openLaunch(label: string): LaunchRecord | null {
    return this.#open.get(label) ?? null;
  }

  /** Live groups, in the order in which they got their task. */
  groups(): JournaledGroup[] {
    return [...this.#groups.values()];
  }

  /** How many live groups there are. */
  get groupCount(): number {
    return this.#groups.size;
  }

  group(groupId: string): JournaledGroup | undefined {
    return this.#groups.get(groupId);
  }

  owner(taskArn: string): string | undefined {
    return this.#owners.get(taskArn);
  }

  /** The last groups that ended, newest first: a bounded number of them (`historyLimits`). */
  history(): EndedGroup[] {
    return this.#history
      .records()
      .reverse()
      .map(({ kind: _, at: __, ...ended }) => ended);
  }

  /** USD of all tasks that have ended. */
  get endedUsd(): number {
    return this.#endedUsd;
  }

  /** Null: no run has counted what it spends. */
  spent(): JournaledSpending | null {
    if (this.#spent === null) return null;
    const { kind: _, at: __, ...spent } = this.#spent;
    return { ...spent, endedUsd: this.#endedUsd };
  }

  /** Workers that were desired without replacements, while groups that are too old were replaced; null: none was. */
  get rotatesFrom(): number | null {
    return this.#rotation?.workers ?? null;
  }

  /** Null: every reason for an inventory was followed by a complete one. */
  inventoryOwed(): InventoryOwed | null {
    if (this.#inventoryOwed.size === 0) return null;
    return {
      since: Math.min(...this.#inventoryOwed.values()),
      reasons: [...this.#inventoryOwed.keys()],
      launches: [...this.#launchesOwed.values()],
    };
  }

  usedPlaces(): UsedPlaces {
    return { clusters: this.#clusters.names(), tags: this.#tags.names() };
  }

  /** The shortest list of records with the same sum. */
  compact(): JournalRecord[] {
    const records: JournalRecord[] = this.#start ? [this.#start] : [];
    if (this.#lastLaunchAt !== null) records.push({ kind: 'lastLaunch', at: this.#lastLaunchAt });
    for (const [cluster, at] of this.#clusters.entries())
      records.push({ kind: 'placeUsed', cluster, at });
    for (const [tag, at] of this.#tags.entries()) records.push({ kind: 'placeUsed', tag, at });
    if (this.#spent !== null) records.push({ ...this.#spent, endedUsd: this.#endedUsd });
    if (this.#rotation !== null) records.push(this.#rotation);
    for (const [reason, at] of this.#inventoryOwed)
      records.push({ kind: 'inventoryOwed', reason, at });
    for (const [reason, at] of [...this.#inventoryOwed].slice(0, 1))
      for (const launch of this.#launchesOwed.values())
        records.push({ kind: 'inventoryOwed', reason, launch, at });
    records.push(...this.#history.records(), ...this.#open.values());
    for (const { deadlinesFrom, runningAt, registeredAt, ...group } of this.#groups.values()) {
      const { groupId, taskArn, createdAt } = group;
      const at = deadlinesFrom;
      records.push({ kind: 'adopted', ...group, deadlinesFrom, at });
      const times = { createdAt, runningAt, registeredAt };
      if (runningAt !== null || registeredAt !== null)
        records.push({ kind: 'observed', groupId, taskArn, ...times, at });
    }
    return records;
  }

  /** The groups that are there lived until the journal was written, and not longer for all that is known. */
  #begin(record: StartRecord): void {
    const isAgain = record.epoch === this.epoch;
    this.#start = record;
    const { writtenAt, at } = record;
    if (isAgain) return;
    for (const names of [this.#clusters, this.#tags]) names.begin(at, writtenAt);
    if (writtenAt === undefined) return;
    for (const [groupId, group] of this.#groups) {
      const presumedFrom = presumedAt(at, writtenAt, group);
      if (presumedFrom !== null) this.#groups.set(groupId, { ...group, presumedFrom });
    }
  }

  #noteLaunch(at: number): void {
    this.#lastLaunchAt = Math.max(at, this.#lastLaunchAt ?? at);
  }

  #noteUse(
    { cluster, tag }: { cluster?: string | undefined; tag?: string | undefined },
    at: number,
  ): void {
    if (cluster !== undefined) this.#clusters.note(cluster, at);
    if (tag !== undefined) this.#tags.note(tag, at);
  }

  #settle({ label, groups, at }: SettledRecord): DroppedClaim[] {
    const launch = this.#open.get(label);
    this.#open.delete(label);
    if (launch) {
      const { cluster, revision, tag } = launch;
      // ECS may have started more than it answered.
      this.#noteUse({ cluster: cluster && clusterOfLaunch({ cluster, revision }), tag }, at);
      // Since its answer: a launch that was sent long before may have started its tasks a moment ago.
      const { market, workers } = launch;
      const size = workers !== undefined && { workers };
      const facts = { deadlinesFrom: Math.max(launch.at, at), market, ...size };
      return groups.flatMap((claim) => this.#claim({ ...unknownTimes, ...claim, ...facts }));
    }
    // Told before, or too late. To grant it now could bring back a group that has ended since.
    return groups
      .map(({ groupId, taskArn }) => ({ groupId, taskArn, ownedBy: this.owner(taskArn) ?? null }))
      .filter(({ groupId, ownedBy }) => ownedBy !== groupId);
  }

  #claim(group: JournaledGroup): DroppedClaim[] {
    const { groupId, taskArn } = group;
    const owner = this.#owners.get(taskArn);
    if (owner === groupId) return [];
    if (owner !== undefined || this.#groups.has(groupId))
      return [{ groupId, taskArn, ownedBy: owner ?? null }];
    this.#owners.set(taskArn, groupId);
    this.#groups.set(groupId, group);
    return [];
  }

  #observe(record: ObservedRecord): void {
    const group = this.#groups.get(record.groupId);
    if (group?.taskArn === record.taskArn)
      this.#groups.set(record.groupId, { ...group, ...mergeTimes(group, record) });
  }

  /** Every group that ends passes here once. */
  #end(record: EndedRecord): void {
    const { groupId, taskArn } = record;
    const group = this.#groups.get(groupId);
    if (group && group.taskArn === taskArn) {
      this.#owners.delete(taskArn);
      this.#groups.delete(groupId);
      this.#history.add({ ...record, ...mergeTimes(group, record) });
      this.#endedUsd += record.usd ?? 0;
      return;
    }
    // Of a live group or a task that lives on, this ends nothing. Else it is from a compacted past, or without a task.
    const lives = group !== undefined || (taskArn !== null && this.#owners.has(taskArn));
    if (!lives && !this.#history.has(groupId)) this.#history.add(record);
  }
}
