import type {
  Generation,
  MonitoredWorker,
  MonitorMessage,
} from '../../../machines/scheduler/messages.ts';
import { openMessage } from './codec.ts';
import { Frame } from './frame.ts';

import { idText } from './idText.ts';
import { readStruct } from './read.ts';
import * as layouts from './schema/layouts.ts';

// One message every second contains all workers, so only the needed fields are read.
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

const stateNumbers: readonly string[] = layouts.StateTask.state[2];
const cancelingNumber = stateNumbers.indexOf('canceling');
/** Of a task that the scheduler still holds. The counts of all other states only grow. */
const heldNumbers = new Set(
  ['inactive', 'running', 'canceling', 'balanceCanceling', 'workerDisconnecting'].map((state) =>
    stateNumbers.indexOf(state),
  ),
);

/** Decodes one payload of the monitor stream. Null: a message about something else. Throws a ProtocolFailure. */
export function decodeMonitor(bytes: Uint8Array, hint?: Generation): MonitorMessage | null {
  const frame = new Frame(bytes);
  const { message, layout, body } = openMessage(frame, hint);
  switch (message) {
    case 'stateScheduler': {
      const { taskManager, workerManager, scalingManager } = readStruct(frame, body, Scheduler);
      const canceling = taskManager.stateToCount
        .filter(({ state }) => state === cancelingNumber)
        .reduce((sum, { count }) => sum + count, 0);
      const held = taskManager.stateToCount
        .filter(({ state }) => heldNumbers.has(state))
        .reduce((sum, { count }) => sum + count, 0);
      const workers = new Map<string, MonitoredWorker>();
      for (const { workerId, free, sent, queued } of workerManager.workers) {
        const id = idText(workerId);
        const load = { free, sent, queued };
        workers.set(id, { workerId: id, managerId: null, groupId: null, load });
      }
      // The list of groups has the same place and layout as that of the managers' workers.
      const hasGroups = layout === layouts.GroupStateScheduler;
      const owner = hasGroups ? 'groupId' : 'managerId';
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
        groups: hasGroups ? groups : null,
        ...(canceling > 0 && { canceling }),
        ...(taskManager.stateToCount.length > 0 && { tasks: held }),
        ...(!hasGroups && { managers: groups }),
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
