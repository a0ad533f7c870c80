import type { Generation, MonitorMessage } from '../../../machines/scheduler/messages.ts';
import { openMessage } from './codec.ts';
import { Frame } from './frame.ts';

import { idText } from './idText.ts';
import { readStruct } from './read.ts';
import * as layouts from './schema/layouts.ts';
import { WorkerLists } from './workerLists.ts';

// One message every second contains all workers, so only the needed fields are read.
const Counted = { taskManager: layouts.StateScheduler.taskManager } as const;
const workersAt = layouts.StateScheduler.workerManager[1];
const ownersAt = layouts.StateScheduler.scalingManager[1];
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

/**
 * Decodes one payload of the monitor stream. Null: a message about something else. `lists`: what remembers the lists of
 * workers of this stream. Throws a ProtocolFailure.
 */
export function decodeMonitor(
  bytes: Uint8Array,
  hint?: Generation,
  lists = new WorkerLists(),
): MonitorMessage | null {
  const frame = new Frame(bytes);
  const { message, layout, body } = openMessage(frame, hint);
  switch (message) {
    case 'stateScheduler': {
      const { taskManager } = readStruct(frame, body, Counted);
      const canceling = taskManager.stateToCount
        .filter(({ state }) => state === cancelingNumber)
        .reduce((sum, { count }) => sum + count, 0);
      const held = taskManager.stateToCount
        .filter(({ state }) => heldNumbers.has(state))
        .reduce((sum, { count }) => sum + count, 0);
      // The list of groups has the same place and layout as that of the managers' workers.
      const hasGroups = layout === layouts.GroupStateScheduler;
      const { workers, owners } = lists.read(
        frame,
        {
          workers: body && frame.struct(body, workersAt),
          owners: body && frame.struct(body, ownersAt),
        },
        hasGroups ? 'groupId' : 'managerId',
      );
      return {
        type: 'monitor.workers',
        workers,
        groups: hasGroups ? owners : null,
        ...(canceling > 0 && { canceling }),
        ...(taskManager.stateToCount.length > 0 && { tasks: held }),
        ...(!hasGroups && { managers: owners }),
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
