import { openMessage } from './codec.ts';
import { Frame } from './frame.ts';
import type { Generation } from './generations.ts';
import { idText } from './idText.ts';
import { readStruct } from './read.ts';
import * as layouts from './schema/layouts.ts';

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
  } | null;
}

/** What the monitor stream says about workers and tasks. */
export type MonitorMessage =
  /**
   * All workers there are, about once a second. `groups`: the groups that a scheduler of the oldest
   * generation knows, those included that have no worker; one later release lists managers there.
   * `canceling`: how many tasks are being cancelled; left out: none.
   */
  | {
      type: 'monitor.workers';
      workers: MonitoredWorker[];
      groups: string[] | null;
      canceling?: number;
    }
  | { type: 'monitor.worker'; workerId: string; connected: boolean }
  /** The worker's id is empty while the task has none; the state is null where we do not know its number. */
  | { type: 'monitor.task'; taskId: string; workerId: string; state: TaskState | null };

export type TaskState = (typeof layouts.StateTask.state)[2][number];

// Tens of thousands of workers come in one message every second: only what is used of it is read.
const { workerId, free, sent, queued } = layouts.WorkerStatus;
const Workers = { workers: ['structs', 0, { workerId, free, sent, queued }] } as const;
const Managed = {
  managedWorkers: layouts.ScalingManagerStatus.managedWorkers,
} as const;
const Scheduler = {
  taskManager: layouts.StateScheduler.taskManager,
  workerManager: ['struct', layouts.StateScheduler.workerManager[1], Workers],
  scalingManager: ['struct', layouts.StateScheduler.scalingManager[1], Managed],
} as const;
const Task = {
  taskId: layouts.StateTask.taskId,
  state: layouts.StateTask.state,
  worker: layouts.StateTask.worker,
} as const;

const cancelingNumber = layouts.StateTask.state[2].indexOf('canceling');

/** One payload of the monitor stream. Null: a message about something else. Throws ProtocolFailure. */
export function decodeMonitor(bytes: Uint8Array, hint?: Generation): MonitorMessage | null {
  const frame = new Frame(bytes);
  const { message, layout, body } = openMessage(frame, hint);
  switch (message) {
    case 'stateScheduler': {
      const { taskManager, workerManager, scalingManager } = readStruct(frame, body, Scheduler);
      const canceling = taskManager.stateToCount
        .filter(({ state }) => state === cancelingNumber)
        .reduce((sum, { count }) => sum + count, 0);
      const workers = new Map<string, MonitoredWorker>();
      for (const { workerId, free, sent, queued } of workerManager.workers) {
        const id = idText(workerId);
        const load = { free, sent, queued };
        workers.set(id, { workerId: id, managerId: null, groupId: null, load });
      }
      // Groups lie where the managers' workers lie.
      const grouped = layout === layouts.GroupStateScheduler;
      const owner = grouped ? 'groupId' : 'managerId';
      const groups: string[] = [];
      for (const { workerManagerID, workerIDs } of scalingManager.managedWorkers) {
        const ownerId = idText(workerManagerID);
        groups.push(ownerId);
        for (const id of workerIDs.map(idText)) {
          const worker = workers.get(id);
          if (worker) worker[owner] = ownerId;
          else
            workers.set(id, {
              workerId: id,
              managerId: null,
              groupId: null,
              load: null,
              [owner]: ownerId,
            });
        }
      }
      return {
        type: 'monitor.workers',
        workers: [...workers.values()],
        groups: grouped ? groups : null,
        ...(canceling > 0 && { canceling }),
      };
    }
    case 'stateWorker': {
      const { workerId, state } = readStruct(frame, body, layouts.StateWorker);
      if (state.name === null) return null;
      return {
        type: 'monitor.worker',
        workerId: idText(workerId),
        connected: state.name === 'connected',
      };
    }
    case 'stateTask': {
      const { taskId, state, worker } = readStruct(frame, body, Task);
      return {
        type: 'monitor.task',
        taskId: idText(taskId),
        workerId: idText(worker),
        state: state.name,
      };
    }
    default:
      return null;
  }
}
