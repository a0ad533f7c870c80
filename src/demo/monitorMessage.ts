import { encodeMessage } from '../scheduler/protocol/encodeMessage.ts';
import { idBytes } from '../scheduler/protocol/idText.ts';

export interface WorkerStatus {
  workerId: string;
  managerId: string;
  /** Tasks assigned to the worker and not finished. */
  tasks: number;
}

const noResource = { cpu: 0, rss: '0' };
const queueSize = 1000;

/** Encodes a g3 StateScheduler message, which a scheduler publishes once per second; only the fields about workers are filled in. */
export function encodeMonitorMessage(workers: readonly WorkerStatus[]): Uint8Array {
  const managers = new Map<string, Uint8Array[]>();
  for (const { workerId, managerId } of workers) {
    const own = managers.get(managerId) ?? [];
    own.push(idBytes(workerId));
    managers.set(managerId, own);
  }
  return encodeMessage({
    generation: 'g3',
    message: 'stateScheduler',
    fields: {
      binder: { received: [], sent: [] },
      scheduler: noResource,
      rssFree: '0',
      clientManager: { clientToNumOfTask: [] },
      objectManager: { numberOfObjects: 0 },
      taskManager: { stateToCount: [] },
      workerManager: {
        workers: workers.map(({ workerId, tasks }) => ({
          workerId: idBytes(workerId),
          agent: noResource,
          rssFree: '0',
          free: queueSize - tasks,
          sent: tasks,
          queued: 0,
          suspended: 0,
          lastS: 0,
          lagUS: '0',
          itl: '100',
          processorStatuses: [],
        })),
      },
      scalingManager: {
        managedWorkers: [...managers].map(([managerId, workerIDs]) => ({
          workerManagerID: idBytes(managerId),
          workerIDs,
        })),
        workerManagerDetails: [],
      },
    },
  });
}
