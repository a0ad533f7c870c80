import type { Capability } from '../shared/domain.ts';
import { leastEchoLimitMs } from '../shared/timing.ts';
import type { CohortTasks } from './cohortTasks.ts';
import { type DeadWorkers, noneNoted } from './deadWorkers.ts';
import { type Dialect, unknownDialect } from './dialect.ts';
import type { ConnectionStatus } from './events.ts';
import { type IdentityConflict, noConflict } from './identityConflict.ts';
import type { FleetView, GroupsView, Terms, WorkerLoad } from './messages.ts';
import * as pending from './pendingResponse.ts';
import type { UnitProtocol } from './unitState.ts';

export interface SessionInput {
  /** Workers to advertise. */
  workers: number;
  heartbeatIntervalMs: number;
  workerManagerId: string;
  capabilities: Capability[];
  /** The most Fargate tasks at one time; null: no limit. */
  maxTasks: number | null;
  workersPerTask: number;
  /** The release of the workers that a person has chosen; null: it follows the scheduler. */
  workerRelease: string | null;
  /** An earlier process of ours may have ended before it answered a command. */
  responsePending: boolean;
}

export interface SessionContext extends SessionInput, DeadWorkers {
  /** The last time that an event has told. */
  now: number;
  /** Heartbeats since the last echo: for how long the scheduler has not answered. */
  missedEchoes: number;
  /** Heartbeats on this connection without their own echo; a reset now could wedge the scheduler. */
  outstanding: number;
  /** Heartbeats in a row on this connection that an echo followed before the next one. */
  echoedInARow: number;
  /** Connections since the last echo. */
  attempts: number;
  /** The last attempt to connect ended with an answer of the host, though it may have been a refusal. */
  hostAnswers: boolean;
  jitter: number;
  trouble: string | null;
  connection: ConnectionStatus;
  /** Connections that have opened. */
  opened: number;
  dialect: Dialect;
  terms: Terms | null;
  pendingResponse: pending.PendingResponse;
  identityConflict: IdentityConflict;
  /** A new scheduler process may not know its clients and workers before then. */
  newUntil: number;
  unitProtocol: UnitProtocol | null;
  /** The shutdown of the cluster has been reported. */
  shutdownReported: boolean;
  tasks: CohortTasks;
  inventoryComplete: boolean;
  loads: Record<string, WorkerLoad>;
  /** When the last list was told in which each worker of ours names its task; null: never yet. */
  listedAt: number | null;
  groups: GroupsView | null;
  /** The monitor stream has shown groups, on this connection or when it was made: the scheduler waits for no response. */
  groupsShown: boolean;
  /** Since when there is work for more workers than are connected; null: not as far as is known. */
  workWaitsSince: number | null;
  /** The workers whose reports on this connection the scheduler has not acknowledged. */
  unacknowledged: string[];
}

/** No launch, and no calm, when the last echo is older than this, ms. */
export function echoLimit(heartbeatIntervalMs: number): number {
  return Math.max(2 * heartbeatIntervalMs, leastEchoLimitMs);
}

/** What belongs to one connection, before it has opened. */
export const newConnection = {
  missedEchoes: 0,
  outstanding: 0,
  echoedInARow: 0,
  dialect: unknownDialect,
  unitProtocol: null,
  shutdownReported: false,
  groupsShown: false,
  unacknowledged: [] as string[],
} satisfies Partial<SessionContext>;

export function newSession(input: SessionInput): SessionContext {
  return {
    ...input,
    ...newConnection,
    now: 0,
    attempts: 0,
    hostAnswers: true,
    jitter: 0,
    trouble: null,
    connection: 'closed',
    opened: 0,
    terms: null,
    pendingResponse: pending.newPendingResponse(input.responsePending),
    identityConflict: noConflict,
    newUntil: 0,
    tasks: {},
    inventoryComplete: false,
    loads: {},
    listedAt: null,
    groups: null,
    workWaitsSince: null,
    ...{ deadWorkers: [], unreported: [], reported: noneNoted },
  };
}

/** A task that moves from one cohort to another is in both for a moment. */
export function fleetView(context: SessionContext): FleetView {
  const { now, tasks, loads, listedAt, inventoryComplete, groups } = context;
  const taskIds = [...new Set(Object.values(tasks).flat())];
  return { at: now, taskIds, loads, listedAt, inventoryComplete, groups };
}

/** Why to stay away from the scheduler instead of sending the next heartbeat; null: nothing asks for it. */
export function reasonToLeave(context: SessionContext): pending.LeaveReason | null {
  const { pendingResponse, now, outstanding, workWaitsSince, groupsShown, terms } = context;
  // Also as known from an earlier connection.
  const isKnown = terms?.exact === true && !pending.waitsForResponses(terms.generation);
  const mayWait = !groupsShown && !isKnown;
  return pending.reasonToLeave(pendingResponse, now, outstanding, { workWaitsSince, mayWait });
}
