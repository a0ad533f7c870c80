import type { Capability, DesiredRequest } from '../shared/domain.ts';

/**
 * The protocol's generations in the order of the scheduler's releases. g1 starts and stops groups of workers,
 * g1b only added the manager's id to the heartbeat; g2 starts and stops workers; g23 does that and names desired
 * counts; g3 only names desired counts; g4 is g3 under other variant numbers.
 */
export type Generation = 'g1' | 'g1b' | 'g2' | 'g23' | 'g3' | 'g4';

/** g1 and g1b start and stop groups under ids that the manager chooses; all others name workers. */
export function speaksGroups(generation: Generation | null): boolean {
  return generation === 'g1' || generation === 'g1b';
}

/** What a scheduler was found to speak. */
export interface Terms {
  transport: 'ymq' | 'zmq';
  generation: Generation;
  /** A command has shown it; until then older generations look alike. */
  exact: boolean;
  /** YMQ without a magic. */
  bare: boolean;
}

/** What the scheduler sends to its worker manager, in the same terms for every generation. */
export type SchedulerMessage =
  | { type: 'heartbeatEcho' }
  /** All that the scheduler desires of this manager, as a level. */
  | { type: 'desired'; requests: DesiredRequest[] }
  /** One more unit; must be answered. */
  | { type: 'start'; capabilities: Capability[] }
  /** Less: these workers, or this group (null for generations without groups); must be answered. */
  | { type: 'shutdown'; groupId: string | null; workerIds: string[] }
  /** The scheduler has taken our report of a dead worker. */
  | { type: 'disconnected'; workerId: string }
  /** End in good order. */
  | { type: 'shutdownAsked' };

/** A command that must be answered. */
export type UnitCommand = Extract<SchedulerMessage, { type: 'start' | 'shutdown' }>;

/** An answer to start or shutdown. The only outcomes with a name here are those that no scheduler dies of. */
export type CommandResponse = {
  capabilities: readonly Capability[];
  /** Ids of g1's groups; empty for the others. */
  groupId: string;
  workerIds: readonly string[];
} & (
  | { command: 'start'; outcome: 'success' | 'tooMany' }
  | { command: 'shutdown'; outcome: 'success' | 'notFound' }
);

export interface Heartbeat {
  /** 0 to 4294967295: workers, but groups to a g1 scheduler. */
  maxTaskConcurrency: number;
  /** Workers in one group; only a g1 or g1b scheduler may be told. */
  workersPerGroup?: number;
  capabilities: readonly Capability[];
  workerManagerID: string;
}

/** What the session sends to the scheduler, and how to write it. */
export type OutgoingMessage = { generation: Generation } & (
  | { type: 'heartbeat'; heartbeat: Heartbeat }
  | { type: 'response'; response: CommandResponse }
  | { type: 'disconnectRequest'; workerId: string }
);

/** What the scheduler shows of the workers of one Fargate task. */
export interface WorkerLoad {
  /** Connected workers. */
  workers: number;
  /** Tasks assigned to them and not finished. */
  tasks: number;
  /** Tasks among these that are being cancelled. */
  canceling: number;
  /** Those that its workers work at; left out: none, or the scheduler does not show it. */
  running?: RunningTime;
}

/** Since when some tasks run: their number, and the sum of the moments at which they began, ms since the epoch. */
export interface RunningTime {
  tasks: number;
  begunSum: number;
}

/** What the monitor stream shows of the scheduler's work. */
export interface WorkView {
  /** Milliseconds since the epoch. */
  at: number;
  /** All tasks that the scheduler holds: unassigned, queued and running. */
  tasks: number;
  /** All connected workers. */
  workers: number;
  /** Those of this manager. */
  own: number;
  /** Managers of the same scheduler beside this one. */
  otherManagers: number;
  /** How far apart the last reports came, ms; null: there was only one. */
  everyMs: number | null;
}

/** What the monitor stream of a g1 scheduler shows; it does not name the Fargate task of a worker. */
export interface GroupsView {
  /** Ids of the groups that the scheduler knows. */
  known: string[];
  /**
   * Since when and until when lists have shown that the scheduler has workers, and none of them a task; null: the last one
   * did not. `until` is moved on every `calmMs` only, so it may be older than the last list by that much.
   */
  calm: { since: number; until: number } | null;
}

/** What the unit protocol may know of the fleet. */
export interface FleetView {
  at: number;
  /** Fargate tasks of ours, the stopping ones included. */
  taskIds: string[];
  /** What the monitor stream shows of them; empty without one. */
  loads: Record<string, WorkerLoad>;
  /** When the last list was told in which each worker of ours names its task; null: never yet. */
  listedAt: number | null;
  /** All that an earlier run may have left is known: what is not among `taskIds` is not ours. */
  inventoryComplete: boolean;
  /** Null: the monitor stream does not show groups. */
  groups: GroupsView | null;
}

/** A connected worker as the scheduler counts it. */
export interface MonitoredWorker {
  workerId: string;
  /** The manager it named in its heartbeats; null before managers had ids, or when it named none. */
  managerId: string | null;
  /** The group it was declared in; only the oldest generation has groups. */
  groupId: string | null;
  /** Null: connected, but its first heartbeat is not counted yet. */
  load: {
    /** Room in its queue. */
    free: number;
    /** Tasks assigned to it and unfinished, the running one included. */
    sent: number;
    /** Tasks waiting inside it, as of its last heartbeat. */
    queued: number;
    /** Tasks that it works at, as of its last heartbeat, and their ages added up; left out: none, or not shown. */
    running?: { tasks: number; ageSeconds: number };
  } | null;
}

export type TaskState =
  | 'inactive'
  | 'running'
  | 'canceling'
  | 'balanceCanceling'
  | 'success'
  | 'failed'
  | 'failedWorkerDied'
  | 'canceled'
  | 'canceledNotFound'
  | 'balanceCanceled'
  | 'workerDisconnecting';

/** What the monitor stream says about workers and tasks. */
export type MonitorMessage =
  /**
   * All workers there are, about once a second. `groups`: the groups that a scheduler of the oldest
   * generation knows, those included that have no worker; one later release lists managers there.
   * `canceling`: how many tasks are being cancelled; left out: none. `tasks`: how many the scheduler holds; left
   * out: not said. `managers`: those that it knows; left out: not said.
   */
  | {
      type: 'monitor.workers';
      workers: MonitoredWorker[];
      groups: string[] | null;
      canceling?: number;
      tasks?: number;
      managers?: string[];
    }
  | { type: 'monitor.worker'; workerId: string; connected: boolean }
  /** The worker's id is empty while the task has none; the state is null where we do not know its number. */
  | { type: 'monitor.task'; taskId: string; workerId: string; state: TaskState | null };
