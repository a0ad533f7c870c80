import type { Degraded, GroupCategory, GroupStatus } from '../../machines/cohort/groupStatus.ts';
import type { FleetStatus } from '../../machines/fleet/fleetStatus.ts';
import type { Cause } from '../../machines/shared/domain.ts';
import type { LogLevel } from '../telemetry/events/definition.ts';

/*
 * What may be asked of a running daemon, and what it answers. JSON only. All times are milliseconds since the epoch;
 * null: not known, or not yet. A field that is added keeps the version; one that changes its meaning or goes ends it.
 */

/** Of this protocol. A daemon refuses the requests of another. */
export const protocolVersion = 1;

/** Groups in one page. */
export const groupsPerPage = 100;

/** A daemon at one moment. */
export interface Status {
  at: number;
  /** Release of scaler-ecs. */
  release: string;
  pid: number;
  startedAt: number;
  manager: string;
  scheduler: {
    address: string;
    /** What it was found to speak; null: not known yet. */
    generation: string | null;
    /** The same as releases of Scaler, in words. */
    releases: string | null;
    transport: string | null;
    /** Of the workers that are launched; null: it follows the scheduler, which is not known yet. */
    workerRelease: string | null;
  };
  aws: {
    region: string;
    cluster: string;
    /** `startedBy` of our Fargate tasks. */
    mark: string;
    /** State of the root machine: preparing, unprepared, serving, stopping, disconnecting. */
    state: string;
    /** Why AWS could not be prepared last; null: it could, or was not tried yet. */
    trouble: string | null;
  };
  fleet: FleetStatus;
  /** Groups with which something is wrong: how many, and the first of them. */
  degraded: { count: number; groups: Degraded[] };
  /** The last groups that ended otherwise than drained, newest first. */
  deaths: EndedSummary[];
}

export interface GroupsPage {
  groups: GroupStatus[];
  /** For the next page; null: this was the last. */
  next: string | null;
}

/** A group that has ended. */
export interface EndedSummary {
  groupId: string;
  taskArn: string | null;
  cause: Cause;
  /** The words of AWS about the end, redacted. */
  detail: string | null;
  createdAt: number | null;
  runningAt: number | null;
  registeredAt: number | null;
  endedAt: number;
  /** What it cost, USD; null: not known. */
  usd: number | null;
}

export interface LifeStep {
  at: number | null;
  /** One plain sentence without a full stop. */
  what: string;
}

/** What happened to a group, in sentences. */
export interface Life {
  groupId: string;
  taskArn: string | null;
  isAlive: boolean;
  /** Of a living group. */
  category: GroupCategory | null;
  /** In the order in which they happened. */
  steps: LifeStep[];
  /** Why it ended; null: it lives. */
  cause: Cause | null;
  /** The words of AWS about the end, redacted; or ours, where we have ended it. */
  words: string | null;
  wordsAreOurs: boolean;
  /** What that means, in our words; of a living group: what is wrong with it. Null: nothing is wrong. */
  diagnosis: string | null;
  /** What a person can do; null: nothing needs to be done. */
  remedy: string | null;
  /** What it cost, USD; null: not known, or not yet. */
  usd: number | null;
}

/** An event of the telemetry table. */
export interface ToldEvent {
  at: number;
  level: LogLevel;
  event: string;
  sentence: string;
  remedy: string | null;
  /** Those that the table declares. */
  fields: Record<string, unknown>;
}

export interface DrainAnswer {
  /** Ids of the groups that are drained now. */
  draining: string[];
  /** What was asked for and is no living group. */
  unknown: string[];
  /** What was asked for and could mean several groups. */
  ambiguous: string[];
}

/** What a name (an id, the beginning of a task's id, `last`) stands for. */
export type Explained = { life: Life } | { unknown: true } | { ambiguous: string[] };

/** The requests and their answers. */
export interface Operations {
  status: { args: Record<string, never>; result: Status };
  /** `cursor`: of the page before; left out: the first. */
  groups: { args: { cursor?: string | undefined }; result: GroupsPage };
  /** `group`: an id of a group or of a task, or its beginning, or `last`. */
  explain: { args: { group: string }; result: Explained };
  /** The last groups that ended, newest first. */
  history: { args: { limit?: number | undefined }; result: EndedSummary[] };
  /** The last events of at least info, oldest first. */
  events: { args: { limit?: number | undefined }; result: ToldEvent[] };
  drain: { args: { groups: string[] }; result: DrainAnswer };
  hold: { args: { reason: string }; result: { held: true } };
  resume: { args: Record<string, never>; result: { held: false } };
  /** Every breaker is tried at once. */
  retry: { args: Record<string, never>; result: { breakers: number } };
  subscribe: { args: Subscription; result: { subscribed: Topic } };
  unsubscribe: { args: { topic: Topic }; result: { unsubscribed: Topic } };
}

export type Operation = keyof Operations;
export type Args<O extends Operation> = Operations[O]['args'];
export type Result<O extends Operation> = Operations[O]['result'];

/** `status`: a Status each second. `events`: events as they happen. */
export type Topic = 'status' | 'events';

export interface Subscription {
  topic: Topic;
  /** Of events: the lowest level; default info. */
  level?: LogLevel | undefined;
  /** Of events: only those whose names begin with one of these, as `group.` does for those of groups. */
  names?: string[] | undefined;
}

/** Names of what can be asked. */
export const operations = [
  ...['status', 'groups', 'explain', 'history', 'events', 'drain', 'hold', 'resume', 'retry'],
  ...['subscribe', 'unsubscribe'],
] as Operation[];

export type ErrorCode =
  /** The request has another version of the protocol. */
  | 'version'
  /** It is no request, or its arguments do not fit. */
  | 'invalid'
  /** As many subscriptions as there may be. */
  | 'busy'
  /** The daemon ends, or a bug kept it from answering. */
  | 'failed';

export type Reply =
  | { v: number; id: number; ok: true; result: unknown }
  | { v: number; id: number; ok: false; error: { code: ErrorCode; message: string } };

/** What a subscriber gets without asking again. Empty `items` say that the daemon lives. */
export type Push =
  | { v: number; topic: 'status'; items: Status[] }
  /** `dropped`: events that were left out since the push before, because this subscriber did not keep up. */
  | { v: number; topic: 'events'; items: ToldEvent[]; dropped: number };

/** What the daemon does for a request. Answers at once: it looks at snapshots and sends events. */
export type ControlSource = {
  [O in Exclude<Operation, 'subscribe' | 'unsubscribe'>]: (args: Args<O>) => Result<O>;
};
