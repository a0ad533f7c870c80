import { decodeMessage } from '../scheduler/protocol/codec.ts';
import { encodeMessage } from '../scheduler/protocol/encodeMessage.ts';
import { idText } from '../scheduler/protocol/idText.ts';
import { ProtocolFailure } from '../scheduler/protocol/protocolFailure.ts';
import { encodeMonitorMessage } from './monitorMessage.ts';
import { desiredWorkers } from './scalingPolicy.ts';
import { type TaskCounts, TaskQueue } from './taskQueue.ts';
import { decodeWorkerMessage, encodeWorkerMessage, isWorkerMessage } from './workerMessages.ts';
import { type Peer, type PeerHandlers, startYmqServer, type YmqServer } from './ymqServer.ts';

/** Events of the scheduler. `worker` is a worker id, which contains the id of its Fargate task. */
export type SchedulerEvent =
  | { type: 'manager.joined'; cap: number }
  | { type: 'worker.joined' | 'worker.left' | 'task.done'; worker: string };

export interface Scheduler {
  /** Address for the daemon and the workers. */
  address: string;
  counts(): TaskCounts & { workers: number };
  close(): void;
}

const publishMs = 1000;
/** Attempts to find a free port whose second next port is free as well. */
const maxAttempts = 20;

/**
 * A minimal scheduler that behaves towards a worker manager like Scaler 2.3.5 to 2.6: it answers each heartbeat with an
 * echo and with the desired number of workers, in Scaler's own messages.
 */
export async function startScheduler(
  tasks: number,
  onEvent: (news: SchedulerEvent) => void,
): Promise<Scheduler> {
  const queue = new TaskQueue(tasks);
  const workers = new Map<string, { peer: Peer; managerId: string }>();
  const managers = new Set<string>();

  const assignTask = (worker: string, peer: Peer): void => {
    const task = queue.assign(worker);
    if (task) peer.send(encodeWorkerMessage(task));
  };
  const assignTasks = (): void => {
    for (const [worker, { peer }] of workers) assignTask(worker, peer);
  };

  function onWorkerMessage(peer: Peer, payload: Uint8Array): void {
    const message = decodeWorkerMessage(payload);
    const worker = peer.identity;
    if (message.type === 'join') {
      workers.set(worker, { peer, managerId: message.managerId });
      onEvent({ type: 'worker.joined', worker });
      assignTask(worker, peer);
    } else if (message.type === 'result') {
      if (queue.finish(worker, message.task, message.square))
        onEvent({ type: 'task.done', worker });
      assignTasks();
    }
  }

  function onManagerMessage(peer: Peer, payload: Uint8Array): void {
    const wire = decodeMessage(payload, 'g3');
    if (wire.message !== 'workerManagerHeartbeat' || wire.generation !== 'g3') return;
    const { maxTaskConcurrency: cap } = wire.fields;
    const managerId = idText(wire.fields.workerManagerID);
    if (!managers.has(peer.identity)) {
      managers.add(peer.identity);
      onEvent({ type: 'manager.joined', cap });
    }
    const managed = [...workers.values()].filter((one) => one.managerId === managerId).length;
    const load = { tasks: queue.unfinished, workers: workers.size, managed, cap };
    const request = { taskConcurrency: desiredWorkers(load), capabilities: [] };
    const generation = 'g3';
    peer.send(encodeMessage({ generation, message: 'workerManagerHeartbeatEcho', fields: {} }));
    peer.send(
      encodeMessage({
        generation,
        message: 'workerManagerCommand',
        fields: { setDesiredTaskConcurrencyRequests: [request] },
      }),
    );
  }

  const [server, monitor] = await startServers({
    onMessage(peer, payload) {
      if (isWorkerMessage(payload)) return onWorkerMessage(peer, payload);
      try {
        onManagerMessage(peer, payload);
      } catch (error) {
        if (!(error instanceof ProtocolFailure)) throw error;
      }
    },
    onDisconnected({ identity }) {
      managers.delete(identity);
      if (!workers.delete(identity)) return;
      onEvent({ type: 'worker.left', worker: identity });
      queue.requeue(identity);
      assignTasks();
    },
  });

  const publish = (): void => {
    const workerStatuses = [...workers].map(([workerId, { managerId }]) => ({
      workerId,
      managerId,
      tasks: queue.isBusy(workerId) ? 1 : 0,
    }));
    monitor.broadcast(encodeMonitorMessage(workerStatuses));
  };
  const publisher = setInterval(publish, publishMs);

  return {
    address: `tcp://127.0.0.1:${server.port}`,
    counts: () => ({ ...queue.counts, workers: workers.size }),
    close() {
      clearInterval(publisher);
      server.close();
      monitor.close();
    },
  };
}

/** The monitor stream listens two ports above the scheduler, as in Scaler by default. */
async function startServers(handlers: PeerHandlers): Promise<[YmqServer, YmqServer]> {
  for (let attempt = 1; ; attempt++) {
    const server = await startYmqServer('scheduler', 0, handlers);
    try {
      return [server, await startYmqServer('monitor', server.port + 2, {})];
    } catch (error) {
      server.close();
      if (attempt === maxAttempts) throw error;
    }
  }
}
