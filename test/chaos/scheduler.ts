import { encodeMonitorMessage, type WorkerStatus } from '../../src/demo/monitorMessage.ts';
import { startYmqServer } from '../../src/demo/ymqServer.ts';
import { decodeMessage } from '../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../src/scheduler/protocol/encodeMessage.ts';
import { freePorts } from '../interop/scenarioContext.ts';

/** A g3 scheduler that requests `desiredWorkers`, whatever runs. */
export interface ScriptedScheduler {
  address: string;
  /** Number of workers to request; null: it answers heartbeats, and never commands. */
  desiredWorkers: number | null;
  /** Workers in the monitor stream; null: no monitor stream. */
  workers: WorkerStatus[] | null;
  /** Number of received heartbeats. */
  heartbeats: number;
  close(): void;
}

const publishMs = 500;

/** Starts the scheduler, with a monitor stream if `hasMonitor`. */
export async function startScheduler({
  monitored: hasMonitor,
}: {
  monitored: boolean;
}): Promise<ScriptedScheduler> {
  const port = await freePorts(3);
  const generation = 'g3';
  const server = await startYmqServer('scheduler', port, {
    onMessage(peer, payload) {
      if (decodeMessage(payload, generation).message !== 'workerManagerHeartbeat') return;
      scheduler.heartbeats++;
      peer.send(encodeMessage({ generation, message: 'workerManagerHeartbeatEcho', fields: {} }));
      if (scheduler.desiredWorkers === null) return;
      const request = { taskConcurrency: scheduler.desiredWorkers, capabilities: [] };
      const fields = { setDesiredTaskConcurrencyRequests: [request] };
      peer.send(encodeMessage({ generation, message: 'workerManagerCommand', fields }));
    },
  });
  const monitor = hasMonitor ? await startYmqServer('monitor', port + 2, {}) : null;
  const publisher = setInterval(() => {
    if (scheduler.workers !== null) monitor?.broadcast(encodeMonitorMessage(scheduler.workers));
  }, publishMs);
  const scheduler: ScriptedScheduler = {
    address: `tcp://127.0.0.1:${port}`,
    desiredWorkers: 0,
    workers: hasMonitor ? [] : null,
    heartbeats: 0,
    close() {
      clearInterval(publisher);
      server.close();
      monitor?.close();
    },
  };
  return scheduler;
}
