/** What machines and effects tell each other. JSON only: these travel in events, context and journal. */

/** What kind of failure an effect met; the only thing about a failure that may steer a machine. */
export type FailureKind =
  /** AWS asked us to slow down; nothing was done. */
  | 'throttled'
  /** In doubt, for whatever reason (no answer, a 5xx, an answer that cannot be read): ask again under the same token. */
  | 'unreachable'
  /** A clear no for now. Ask again later under a new token. */
  | 'refused'
  /** The same, because AWS has no machines left where we ask for them. */
  | 'capacity'
  /** The same, because a subnet has no address left. */
  | 'addresses'
  /** The same, because this account may run no more. */
  | 'quota'
  /** A clear no until a person changes something: parameters, definitions. */
  | 'invalid'
  /** The same, because what we had made ready is gone: cluster, definition, capacity provider. */
  | 'unprepared'
  /** Rights are missing. Re-probed slowly, never given up. */
  | 'denied'
  /** There are no credentials, or AWS does not accept them. Re-probed slowly, never given up. */
  | 'credentials'
  /** Our own disk would not take the journal record. */
  | 'journal'
  /** Anything else is a bug. */
  | 'bug';

/** What holds launches back: a launch that went wrong, or a task that was launched and did not start. */
export type FailureReason =
  | FailureKind
  /** It ended before its workers were known to the scheduler. */
  | 'startFailed'
  /** The same, because it got no network interface. */
  | 'network'
  /** Its workers came to serve, and it ended soon after; and so did those that replaced it. */
  | 'exited';

/** Why a group ended. Persisted and counted: a wire format. */
export type Cause =
  | 'drained'
  | 'launchFailed'
  | 'startFailed'
  | 'exited'
  | 'interrupted'
  | 'lost'
  | 'stoppedOutside';

export type Market = 'onDemand' | 'spot';

/** One RunTask for up to ten Fargate tasks, as it is journaled before it is sent. */
export interface LaunchOrder {
  /** Names the launch: in the journal, in the actor tree and in SCALER_ECS_LAUNCH. No dots. */
  label: string;
  clientToken: string;
  /** 1 to 10. */
  count: number;
  /** The task definition revision's ARN. */
  revision: string;
  /** Spot capacity is cheaper, and can be refused or reclaimed. */
  market: Market;
  /** Left out: all that the settings name. */
  subnets?: string[] | undefined;
  /** Key of the template that the request is made from, such as `ymq 2.6.0`; left out in journals of earlier releases. */
  template?: string | undefined;
  /** Workers of each task, as the settings had it; left out in journals of earlier releases. */
  workers?: number | undefined;
}

/** One clear "no" for one task of a launch. */
export interface Refusal {
  kind: FailureKind;
  /** AWS's own words. */
  reason: string;
  /** The one that it named, if it did. */
  subnet?: string | undefined;
}

/** What RunTask answered: `taskArns.length + refusals.length` may be any split of the count. */
export interface LaunchAnswer {
  taskArns: string[];
  /** By task ARN, when ECS created the task, milliseconds since the epoch by our clock; not every task need be in it. */
  createdAt?: Record<string, number> | undefined;
  refusals: Refusal[];
  /** AWS's id of the request, for people. */
  requestId?: string | undefined;
}

/** The part of an ECS task's life that decides anything. `missing`: ECS does not know it (yet, or any more). */
export type TaskPhase = 'starting' | 'running' | 'stopping' | 'stopped' | 'missing';

/** One Fargate task as DescribeTasks showed it, digested. */
export interface TaskObservation {
  taskArn: string;
  /** `unknown`: ECS gives it a status that we do not know, which says only that it is not known to run. */
  phase: TaskPhase | 'unknown';
  /** Set when phase is `stopped`, or `stopping` by another hand than ours. */
  cause: Cause | null;
  /** AWS's words about the end: stopCode, stoppedReason, container reason, exit code. */
  detail: string | null;
  /** Milliseconds since the epoch; null when ECS did not say. */
  createdAt: number | null;
  /** When it was first RUNNING, milliseconds since the epoch; left out when ECS did not say. */
  startedAt?: number | undefined;
  /** Its container has ended, and ECS still clears up; left out when that is not known. */
  executionStopped?: boolean | undefined;
  /** Where it was placed; left out when ECS did not say. */
  subnet?: string | undefined;
  /** Where it was bought; left out when ECS did not say. */
  market?: Market | undefined;
  /** From its creation to its end, ms; left out while it lives, or when ECS did not say. */
  livedMs?: number | undefined;
  /** With phase `missing`: there is no such cluster either; left out otherwise. */
  clusterGone?: boolean | undefined;
  /** What was wrong, where it says more than that the task did not start. */
  failureReason?: FailureReason | undefined;
}

/** Tasks that could not be described: nothing is known about them. */
export interface DescribeFailure {
  /** Name of the cluster that the tasks' ARNs name. With kind `unprepared` there is no such cluster. */
  cluster: string;
  kind: FailureKind;
  /** AWS's own words. */
  reason: string;
  taskArns: string[];
}

/** What DescribeTasks has told of the tasks that were asked for: each is in exactly one of the two lists. */
export interface DescribedTasks {
  observations: TaskObservation[];
  failures: DescribeFailure[];
}

/** A group of ours, by the ledger or by adoption: a Fargate task that already has an ARN. */
export interface OwnedGroup {
  groupId: string;
  taskArn: string;
  /** When ECS created the task, milliseconds since the epoch by our clock; null: not known yet. Never changes. */
  createdAt: number | null;
  /**
   * Of a group of the journal: from when on its task is billed as far as it is known to have lived, as if this run had
   * followed the last one at once. `createdAt` may be by another clock, and the task may have ended meanwhile.
   */
  presumedFrom?: number | undefined;
  /** The moment its deadlines count from, milliseconds since the epoch: when this run came to own it. */
  deadlinesFrom: number;
  /** Where its launch went, or as ECS listed it; left out: not known before ECS shows it. */
  market?: Market | undefined;
  /** The journal knows that it has run; left out: not known. */
  hasRun?: boolean | undefined;
  /** Workers that its launch gave it; left out: not known before the monitor stream shows them. */
  workers?: number | undefined;
}

/** A task with our ownership tag, as a complete list showed it. */
export interface ListedTask {
  taskArn: string;
  /** The launch that made it; null when it was not one of this program's. */
  label: string | null;
  phase: TaskPhase;
  /** Milliseconds since the epoch by our clock; null when ECS did not say. */
  createdAt: number | null;
  /** The scheduler its COMMAND names; null when that was not recognized. */
  scheduler: string | null;
  /** Where it was bought; left out when ECS did not say. */
  market?: Market | undefined;
  /** Its ownership tag is that of settings from before. */
  hasFormerTag?: boolean;
  /** A group of the ledger owns it. */
  owned: boolean;
  /** Its launch is open in the ledger: the answer brings it to its group. */
  launchOpen: boolean;
}

/** Why a cluster other than that of the settings could not be listed. */
export interface ClusterFailure {
  /** Its ARN. */
  cluster: string;
  kind: FailureKind;
  /** What AWS's error says more exactly; `otherAccount`: the cluster is not in the account of our credentials. */
  code: string;
  /** AWS's own words. */
  reason: string;
}

/** ListTasks + DescribeTasks as they were answered: by the cluster of the settings, and by others that are in use. */
export interface TaskList {
  /** When the first page was asked for, milliseconds since the epoch. */
  startedAt: number;
  /** Those of phase `missing` are listed by ListTasks and unknown to DescribeTasks. */
  tasks: ListedTask[];
  /** Those of the other clusters that could not be listed. */
  unlisted: ClusterFailure[];
}

/** A complete list of our tasks. */
export interface Inventory {
  /** When the first page was asked for, milliseconds since the epoch. */
  startedAt: number;
  tasks: ListedTask[];
}

/** One worker capability; the value is a decimal string because it is an Int64. */
export interface Capability {
  name: string;
  value: string;
}

/** What the scheduler wants: so many workers with these capabilities. */
export interface DesiredRequest {
  taskConcurrency: number;
  capabilities: Capability[];
}
