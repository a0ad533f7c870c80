import type {
  InventoryReason,
  JournaledLaunch,
  JournaledSpending,
  OwedLaunch,
  TaskTimes,
} from '../../machines/recovery/journalFacts.ts';
import type { Cause, Market, Refusal } from '../../machines/shared/domain.ts';
import {
  bool,
  count,
  fields,
  finite,
  firstOf,
  list,
  oneOf,
  orNull,
  text,
  texts,
  Unfit,
  words,
} from './fields.ts';

/*
 * The records of the journal: a file format. Another meaning, or a field that a reader may not ignore, is another version
 * of the journal, with a step in upgrade.ts. All times are milliseconds since the epoch by the clock of this host.
 */

/** A task and the group that owns it. */
export interface Claim {
  groupId: string;
  taskArn: string;
}

/** One start of the daemon. `epoch` is the random part of its launch tokens. */
export interface StartRecord {
  kind: 'start';
  epoch: string;
  /** When the journal was last written before, by the clock of then; left out: not known. */
  writtenAt?: number | undefined;
  at: number;
}

/** The intent to send one RunTask, durable before it is sent. */
export type LaunchRecord = JournaledLaunch;

/** The outcome of a launch. No groups: it started no task, or it was given up and its tasks are left to adoption. */
export interface SettledRecord {
  kind: 'settled';
  label: string;
  at: number;
  groups: (Claim & Pick<TaskTimes, 'createdAt'>)[];
  refusals: Refusal[];
}

/** A running task with our ownership tag that no group owned. Compaction writes every live group as one. */
export interface AdoptedRecord extends Claim, Pick<TaskTimes, 'createdAt'> {
  kind: 'adopted';
  /** The moment its deadlines count from: when it came to be owned, however old the task is. */
  deadlinesFrom: number;
  /** What the last start presumed of its creation, by the clock of that start; left out: it was not there yet. */
  presumedFrom?: number | undefined;
  /** Where its launch went, or as ECS listed it; left out: not known. */
  market?: Market;
  /** Workers that its launch gave it; left out: not known. */
  workers?: number | undefined;
  at: number;
}

/** Times of an owned task that were not known before. */
export interface ObservedRecord extends Claim, TaskTimes {
  kind: 'observed';
  at: number;
}

/** The end of a group. Times that the ledger knows already may be left null. */
export interface EndedRecord extends TaskTimes {
  kind: 'ended';
  groupId: string;
  /** Null: its launch brought it no task. */
  taskArn: string | null;
  cause: Cause;
  /** The words of AWS about the end, redacted by the writer; cut to 600 characters here. */
  detail: string | null;
  endedAt: number;
  /** What its task cost, USD; null: no price was known. */
  usd: number | null;
  at: number;
}

/** What was spent, besides the cost of each task that ends. A later one takes the place of an earlier one. */
export interface SpentRecord extends JournaledSpending {
  kind: 'spent';
  at: number;
}

/** What no command tells a start while groups that are too old are replaced. A later one takes the place of an earlier one. */
export interface RotationRecord {
  kind: 'rotation';
  /** Workers that are desired without the replacements; null: no group is replaced. */
  workers: number | null;
  at: number;
}

/** No launch was later than this: what compaction keeps of launches that are over. */
export interface LastLaunchRecord {
  kind: 'lastLaunch';
  at: number;
}

/** As a record, so that none can be left out. */
const allReasons: Record<InventoryReason, true> = {
  journalMissing: true,
  journalDamaged: true,
  launchesAbandoned: true,
};

export const inventoryReasons = Object.keys(allReasons) as InventoryReason[];

/** A complete inventory is needed, also by later starts, until one was taken. */
export interface InventoryOwedRecord {
  kind: 'inventoryOwed';
  reason: InventoryReason;
  /** The launch that was given up; left out: none, or of a journal of an earlier release. */
  launch?: OwedLaunch | undefined;
  /** Of a journal of version 4, in place of PlaceUsedRecord: ARNs of the clusters that it must cover. */
  clusters?: string[] | undefined;
  at: number;
}

/**
 * Tasks may have been started there until then that no group owns: lists must cover it for a while, also at starts with
 * other settings. Of a launch that is settled this need not be told, except in place of its record.
 */
export interface PlaceUsedRecord {
  kind: 'placeUsed';
  /** The ARN of a cluster; that of a start's own settings is without partition and account: they are not known yet. */
  cluster?: string | undefined;
  /** An ownership tag. */
  tag?: string | undefined;
  at: number;
}

/** A complete inventory was taken: every reason for one that was journaled before is settled. */
export interface InventoriedRecord {
  kind: 'inventoried';
  at: number;
}

/**
 * The run ended in order: no launch is open, none was given up without an answer, and nothing follows. `file`: of the
 * journal; in another file, such as a copy that was put back, the record says nothing.
 */
export interface ClosedRecord {
  kind: 'closed';
  file: string;
  at: number;
}

export type JournalRecord =
  | StartRecord
  | LaunchRecord
  | SettledRecord
  | AdoptedRecord
  | ObservedRecord
  | EndedRecord
  | SpentRecord
  | RotationRecord
  | LastLaunchRecord
  | InventoryOwedRecord
  | PlaceUsedRecord
  | InventoriedRecord
  | ClosedRecord;

export const unknownTimes: TaskTimes = { createdAt: null, runningAt: null, registeredAt: null };

/** The times of a task, each as it was first told. */
export function mergeTimes(known: TaskTimes, told: TaskTimes): TaskTimes {
  return {
    createdAt: known.createdAt ?? told.createdAt,
    runningAt: known.runningAt ?? told.runningAt,
    registeredAt: known.registeredAt ?? told.registeredAt,
  };
}

/** The words of AWS about a refusal are for people; their beginning is enough. */
const longestReason = 300;
/** As long as a redacted text in the log. */
const longestDetail = 600;

const markets: readonly Market[] = ['onDemand', 'spot'];

function claim(r: Record<string, unknown>): Claim {
  return { groupId: text(r.groupId), taskArn: text(r.taskArn) };
}

function created(r: Record<string, unknown>): Pick<TaskTimes, 'createdAt'> {
  return { createdAt: orNull(r.createdAt, finite) };
}

function times(r: Record<string, unknown>): TaskTimes {
  return {
    ...created(r),
    ...{ runningAt: orNull(r.runningAt, finite), registeredAt: orNull(r.registeredAt, finite) },
  };
}

function owedLaunch(r: Record<string, unknown>): OwedLaunch {
  return { label: text(r.label), count: count(r.count), market: oneOf(r.market, markets) };
}

function refusal(r: Record<string, unknown>): Refusal {
  return { kind: text(r.kind) as Refusal['kind'], reason: words(r.reason, longestReason) };
}

function read(r: Record<string, unknown>): JournalRecord {
  const at = finite(r.at);
  switch (r.kind) {
    case 'start':
      return {
        kind: 'start',
        epoch: text(r.epoch),
        ...(r.writtenAt !== undefined && { writtenAt: finite(r.writtenAt) }),
        at,
      };
    case 'launch':
      return {
        kind: 'launch',
        ...{ label: text(r.label), clientToken: text(r.clientToken), count: count(r.count) },
        ...{ revision: text(r.revision), market: oneOf(r.market, markets) },
        ...(r.subnets !== undefined && { subnets: texts(r.subnets) }),
        ...(r.workers !== undefined && { workers: finite(r.workers) }),
        requestHash: text(r.requestHash),
        ...(r.cluster !== undefined && { cluster: text(r.cluster) }),
        ...(r.tag !== undefined && { tag: text(r.tag) }),
        at,
      };
    case 'settled':
      return {
        kind: 'settled',
        ...{ label: text(r.label), at },
        groups: list(r.groups, (one) => ({ ...claim(one), ...created(one) })),
        // AWS may send any number; they are for people and claim nothing.
        refusals: list(firstOf(r.refusals), refusal),
      };
    case 'adopted':
      return {
        kind: 'adopted',
        ...{ ...claim(r), ...created(r) },
        deadlinesFrom: finite(r.deadlinesFrom),
        ...(r.presumedFrom !== undefined && { presumedFrom: finite(r.presumedFrom) }),
        ...(r.market !== undefined && { market: oneOf(r.market, markets) }),
        ...(r.workers !== undefined && { workers: finite(r.workers) }),
        at,
      };
    case 'observed':
      return { kind: 'observed', ...claim(r), ...times(r), at };
    case 'ended':
      return {
        kind: 'ended',
        ...{ groupId: text(r.groupId), taskArn: orNull(r.taskArn, text) },
        cause: text(r.cause) as Cause,
        detail: orNull(r.detail, (value) => words(value, longestDetail)),
        ...{ ...times(r), endedAt: finite(r.endedAt), usd: orNull(r.usd, finite), at },
      };
    case 'spent':
      return {
        kind: 'spent',
        ...{ endedUsd: finite(r.endedUsd), day: finite(r.day) },
        ...{ usdAtMidnight: finite(r.usdAtMidnight), isLowerBound: bool(r.isLowerBound) },
        ...(r.unseenUsd !== undefined && { unseenUsd: finite(r.unseenUsd) }),
        ...(r.unseenAtMidnight !== undefined && { unseenAtMidnight: finite(r.unseenAtMidnight) }),
        at,
      };
    case 'rotation':
      return { kind: 'rotation', workers: orNull(r.workers, finite), at };
    case 'lastLaunch':
      return { kind: 'lastLaunch', at };
    case 'inventoryOwed':
      return {
        kind: 'inventoryOwed',
        reason: oneOf(r.reason, inventoryReasons),
        ...(r.launch !== undefined && { launch: owedLaunch(fields(r.launch)) }),
        ...(r.clusters !== undefined && { clusters: texts(r.clusters) }),
        at,
      };
    case 'placeUsed':
      return {
        kind: 'placeUsed',
        ...(r.cluster !== undefined && { cluster: text(r.cluster) }),
        ...(r.tag !== undefined && { tag: text(r.tag) }),
        at,
      };
    case 'inventoried':
      return { kind: 'inventoried', at };
    case 'closed':
      return { kind: 'closed', file: text(r.file), at };
    default:
      throw new Unfit();
  }
}

/**
 * A record with exactly the fields of its kind, or null when the value is no record. Never throws. Records are read
 * and written through this: a record that could not be read back is not written, and a field that does not belong
 * (an environment, for example) never reaches the disk.
 */
export function parseRecord(value: unknown): JournalRecord | null {
  try {
    return read(fields(value));
  } catch (error) {
    if (error instanceof Unfit) return null;
    throw error;
  }
}
