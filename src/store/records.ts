import type { Cause, LaunchOrder, Refusal } from '../../machines/shared/domain.ts';
import { tasksPerRunTask } from '../../machines/shared/limits.ts';

/*
 * The journal's records: a file format. Another field or another meaning is another journal version.
 * Times are milliseconds since the epoch.
 */

/** A task and the group that says it is its own. */
export interface Claim {
  groupId: string;
  taskArn: string;
}

/** A group in the ledger. */
export interface StoredGroup extends Claim {
  /** When it was launched. */
  launchedAt: number;
}

/** One start of the daemon. `epoch` is the random part of its launch tokens. */
export interface StartRecord {
  kind: 'start';
  epoch: string;
  at: number;
}

/** The intent to send one RunTask, durable before it is sent. */
export interface LaunchRecord extends LaunchOrder {
  kind: 'launch';
  /** Of everything that is sent; the same token with another request would be a conflict. */
  requestHash: string;
  at: number;
}

/** What came of a launch. No groups: it bought nothing, or it was given up and what it bought is left to adoption. */
export interface SettledRecord {
  kind: 'settled';
  label: string;
  at: number;
  groups: Claim[];
  refusals: Refusal[];
}

/** A running task with our mark that no group owned. */
export interface AdoptedRecord extends StoredGroup {
  kind: 'adopted';
  at: number;
}

export interface EndedRecord extends Claim {
  kind: 'ended';
  cause: Cause;
  at: number;
}

/** No launch was later than this: what compaction keeps of launches that are over. */
export interface LastLaunchRecord {
  kind: 'lastLaunch';
  at: number;
}

export type JournalRecord =
  | StartRecord
  | LaunchRecord
  | SettledRecord
  | AdoptedRecord
  | EndedRecord
  | LastLaunchRecord;

const longestText = 2048;
/** AWS's words about a refusal are for people; their beginning is enough. */
const longestReason = 300;
const mostSubnets = 16;

class Unfit extends Error {}

const text = (value: unknown): string => {
  if (typeof value !== 'string' || value === '' || value.length > longestText) throw new Unfit();
  return value;
};
const time = (value: unknown): number => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Unfit();
  return value;
};
const fields = (value: unknown): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unfit();
  return value as Record<string, unknown>;
};
const list = <T>(value: unknown, item: (value: Record<string, unknown>) => T): T[] => {
  if (!Array.isArray(value) || value.length > tasksPerRunTask) throw new Unfit();
  return value.map((one) => item(fields(one)));
};
const texts = (value: unknown): string[] => {
  if (!Array.isArray(value) || value.length === 0 || value.length > mostSubnets) throw new Unfit();
  return value.map(text);
};
const oneOf = <T extends string>(value: unknown, known: readonly T[]): T => {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Unfit();
  return found;
};
const firstOf = (value: unknown): unknown =>
  Array.isArray(value) ? value.slice(0, tasksPerRunTask) : value;
const count = (value: unknown): number => {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > tasksPerRunTask)
    throw new Unfit();
  return value as number;
};
const claim = (r: Record<string, unknown>): Claim => ({
  groupId: text(r.groupId),
  taskArn: text(r.taskArn),
});
const refusal = (r: Record<string, unknown>): Refusal => {
  if (typeof r.reason !== 'string') throw new Unfit();
  return { kind: text(r.kind) as Refusal['kind'], reason: r.reason.slice(0, longestReason) };
};

const read = (r: Record<string, unknown>): JournalRecord => {
  const at = time(r.at);
  switch (r.kind) {
    case 'start':
      return { kind: 'start', epoch: text(r.epoch), at };
    case 'launch':
      return {
        kind: 'launch',
        label: text(r.label),
        clientToken: text(r.clientToken),
        count: count(r.count),
        revision: text(r.revision),
        market: oneOf(r.market, ['onDemand', 'spot']),
        ...(r.subnets !== undefined && { subnets: texts(r.subnets) }),
        requestHash: text(r.requestHash),
        at,
      };
    case 'settled':
      return {
        kind: 'settled',
        label: text(r.label),
        at,
        groups: list(r.groups, claim),
        // However many AWS sends: they are told to people, and claim nothing.
        refusals: list(firstOf(r.refusals), refusal),
      };
    case 'adopted':
      return { kind: 'adopted', ...claim(r), launchedAt: time(r.launchedAt), at };
    case 'ended':
      return { kind: 'ended', ...claim(r), cause: text(r.cause) as EndedRecord['cause'], at };
    case 'lastLaunch':
      return { kind: 'lastLaunch', at };
    default:
      throw new Unfit();
  }
};

/**
 * A record with just the fields of its kind, or null when it is none. Read and written through this:
 * what cannot be read back is not written, and a field that does not belong (an environment, say) never reaches the disk.
 */
export const parseRecord = (value: unknown): JournalRecord | null => {
  try {
    return read(fields(value));
  } catch (error) {
    if (error instanceof Unfit) return null;
    throw error;
  }
};
