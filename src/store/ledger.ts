import type {
  Claim,
  JournalRecord,
  LaunchRecord,
  SettledRecord,
  StartRecord,
  StoredGroup,
} from './records.ts';

/** A claim that was not granted. */
export interface DroppedClaim extends Claim {
  /** The live group that owns the task; null when nobody does (the launch was already over, or the group has another task). */
  ownedBy: string | null;
}

/** What others may ask the ledger. Only the journal writes in it. */
export type LedgerView = Omit<Ledger, 'apply' | 'withdraw'>;

/** What the records add up to: launches without an outcome, and which group owns which task. No I/O. */
export class Ledger {
  #start: StartRecord | null = null;
  #lastLaunchAt: number | null = null;
  readonly #open = new Map<string, LaunchRecord>();
  readonly #groups = new Map<string, StoredGroup>();
  readonly #owners = new Map<string, string>();

  static replay(records: Iterable<JournalRecord>): Ledger {
    const ledger = new Ledger();
    for (const record of records) ledger.apply(record);
    return ledger;
  }

  /**
   * Takes a record in; once more changes nothing. Answers the claims it did not grant:
   * a task has one owner, a group one task, and a launch that is over claims nothing new.
   */
  apply(record: JournalRecord): DroppedClaim[] {
    switch (record.kind) {
      case 'start':
        this.#start = record;
        return [];
      case 'launch':
        // The first counts: told again by a restart, a launch is no younger, and neither is its token.
        if (!this.#open.has(record.label)) this.#open.set(record.label, record);
        this.#launchedAt(record.at);
        return [];
      case 'settled':
        return this.#settle(record);
      case 'adopted': {
        const { groupId, taskArn, launchedAt } = record;
        return this.#claim({ groupId, taskArn, launchedAt });
      }
      case 'ended':
        if (this.#owners.get(record.taskArn) === record.groupId) {
          this.#owners.delete(record.taskArn);
          this.#groups.delete(record.groupId);
        }
        return [];
      case 'lastLaunch':
        this.#launchedAt(record.at);
        return [];
    }
  }

  /** Takes back a launch that did not reach the disk: it will not be sent. */
  withdraw(label: string): void {
    this.#open.delete(label);
  }

  /** Of the latest start; null before the first. */
  get epoch(): string | null {
    return this.#start?.epoch ?? null;
  }

  get lastLaunchAt(): number | null {
    return this.#lastLaunchAt;
  }

  /** Launches whose outcome is unknown, oldest first. */
  openLaunches(): LaunchRecord[] {
    return [...this.#open.values()];
  }

  isOpen(label: string): boolean {
    return this.#open.has(label);
  }

  /** The launch of this label while its outcome is unknown. */
  openLaunch(label: string): LaunchRecord | null {
    return this.#open.get(label) ?? null;
  }

  /** Live groups, in the order in which they got their task. */
  groups(): StoredGroup[] {
    return [...this.#groups.values()];
  }

  owner(taskArn: string): string | undefined {
    return this.#owners.get(taskArn);
  }

  /** The shortest list of records that adds up to the same. */
  compact(): JournalRecord[] {
    const records: JournalRecord[] = this.#start ? [this.#start] : [];
    if (this.#lastLaunchAt !== null) records.push({ kind: 'lastLaunch', at: this.#lastLaunchAt });
    records.push(...this.#open.values());
    for (const group of this.#groups.values())
      records.push({ kind: 'adopted', ...group, at: group.launchedAt });
    return records;
  }

  #launchedAt(at: number): void {
    this.#lastLaunchAt = Math.max(at, this.#lastLaunchAt ?? at);
  }

  #settle({ label, groups, at }: SettledRecord): DroppedClaim[] {
    const launch = this.#open.get(label);
    this.#open.delete(label);
    // By its answer: what was asked for long before may have been started a moment ago.
    const launchedAt = launch && Math.max(launch.at, at);
    if (launchedAt !== undefined)
      return groups.flatMap((claim) => this.#claim({ ...claim, launchedAt }));
    // Said before, or too late. Granting it now could bring back a group that has ended since.
    return groups
      .map((claim) => ({ ...claim, ownedBy: this.owner(claim.taskArn) ?? null }))
      .filter(({ groupId, ownedBy }) => ownedBy !== groupId);
  }

  #claim(group: StoredGroup): DroppedClaim[] {
    const { groupId, taskArn } = group;
    const owner = this.#owners.get(taskArn);
    if (owner === groupId) return [];
    if (owner !== undefined || this.#groups.has(groupId))
      return [{ groupId, taskArn, ownedBy: owner ?? null }];
    this.#owners.set(taskArn, groupId);
    this.#groups.set(groupId, group);
    return [];
  }
}
