import type { Change } from '../shared/change.ts';
import type { DesiredRequest } from '../shared/domain.ts';
import type { TasksChange } from './cohortTasks.ts';
import type {
  Generation,
  GroupsView,
  MonitorMessage,
  OutgoingMessage,
  SchedulerMessage,
  Terms,
  WorkerLoad,
  WorkView,
} from './messages.ts';

// In all events `at` and `now` are milliseconds since the epoch, and `jitter` is 0 to 1.

/**
 * `unacknowledged`: connected, and no heartbeat has been echoed yet; `conflict`: another connection with our identity
 * takes our place again and again, whether or not we are connected at the moment.
 */
export type ConnectionStatus = 'closed' | 'unacknowledged' | 'ready' | 'conflict';

/** What the session reports of the scheduler. */
export type SchedulerEvent =
  /** The connection is gone, or was not made. */
  | { type: 'scheduler.lost'; at: number }
  | { type: 'scheduler.heartbeatEcho'; at: number }
  /** All that the scheduler desires, as a level. */
  | { type: 'scheduler.desired'; at: number; requests: DesiredRequest[] }
  /** One Fargate task more than there are. Repeated while one is being started, it is the same request. */
  | { type: 'scheduler.startRequested'; at: number }
  /** Exactly these Fargate tasks are to stop, and no more than there are is desired. */
  | { type: 'scheduler.shutdownRequested'; at: number; taskIds: string[] }
  /** What was desired on an earlier connection is not any more. From now on the scheduler says one by one what is. */
  | { type: 'scheduler.requestsForgotten'; at: number }
  | { type: 'scheduler.identified'; at: number; terms: Terms }
  /** Why our workers could not serve this scheduler; null: they can. */
  | { type: 'scheduler.mismatch'; at: number; reason: string | null }
  | { type: 'scheduler.connection'; at: number; status: ConnectionStatus }
  /** The scheduler ends the whole cluster: all workers are to stop, and the manager is to end. */
  | { type: 'scheduler.shutdown'; at: number };

/** Commands to the effect that holds the connection to the scheduler. */
export type SocketCommand =
  /** How to decode from now on; null: as the bytes suggest. */
  | { type: 'socket.expect'; generation: Generation | null }
  | { type: 'socket.send'; message: OutgoingMessage }
  /** Flush, half-close, and read until the scheduler closes. */
  | { type: 'socket.close' };

export type SocketEvent =
  /** `magic`: the version in YMQ's magic, 0 without one; null: ZeroMQ. */
  | { type: 'socket.open'; at: number; magic: number | null }
  | { type: 'socket.message'; at: number; generation: Generation; message: SchedulerMessage }
  | { type: 'socket.unreadable'; at: number; reason: string }
  | { type: 'socket.sendFailed'; at: number; what: OutgoingMessage }
  | { type: 'socket.closed'; at: number; kind: string; reason: string; jitter: number };

/** What the session and the monitor are told of the fleet. */
export type FleetNews =
  /** A cohort owns the stopping ones, too. */
  | ({ type: 'fleet.tasksChanged' } & TasksChange)
  /** The list of our tasks is complete, or may not be read. */
  | { type: 'fleet.inventoryCompleted'; at: number; looked: boolean };

/** What the effect that holds the connection to the monitor stream tells. */
export type MonitorSocketEvent =
  | { type: 'socket.open'; at: number }
  | { type: 'monitor.messages'; at: number; messages: MonitorMessage[] }
  | { type: 'socket.unreadable'; at: number; reason: string }
  | { type: 'socket.closed'; at: number; reason: string; jitter: number };

/** What the monitor reports. */
export type MonitorEvent =
  /** By Fargate task, only what changed; null: nothing is known any more. */
  | { type: 'monitor.loads'; at: number; loads: Record<string, WorkerLoad> | null }
  /**
   * Before a list of workers has told the loads: how many tasks of the scheduler are being cancelled, by Fargate task,
   * only what changed.
   */
  | { type: 'monitor.canceling'; at: number; canceling: Record<string, number> }
  /** What the scheduler has to do, with each of its reports; null: the stream does not show it. */
  | { type: 'monitor.work'; at: number; work: WorkView | null }
  | { type: 'monitor.groups'; at: number; groups: GroupsView | null }
  /** A list of workers has come, and each of ours in it names its task: the loads are current. */
  | { type: 'monitor.listed'; at: number }
  /** Whether what was last shown as idle still counts as that: not so once the next report is due and has not come. */
  | { type: 'monitor.freshness'; at: number; isCurrent: boolean }
  /**
   * Connected workers whose Fargate task is dead and none of whose tasks is being cancelled: which have come to be so,
   * and which are not so any more.
   */
  | ({ type: 'monitor.deadWorkers'; at: number } & Change)
  /** The stream has ended: what it showed last is not current any more. */
  | { type: 'monitor.closed'; at: number };
