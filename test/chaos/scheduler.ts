import { encodeMonitorMessage, type WorkerStatus } from '../../src/demo/monitorMessage.ts';
import { startYmqServer } from '../../src/demo/ymqServer.ts';
import { decodeMessage } from '../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../src/scheduler/protocol/encodeMessage.ts';
import { freePorts } from '../interop/scenarioContext.ts';

/** A scheduler that wants what it is told to want, whatever runs. */
export interface FickleScheduler {
  address: string;
  /** Workers; one a Fargate task. */
  wanted: number;
  /** Shown in the monitor stream; null: there is no such stream. */
  workers: WorkerStatus[] | null;
  heartbeats: number;
  close(): void;
}

const publishMs = 500;

/** `monitored`: it has a monitor stream. */
export async function startScheduler({
  monitored,
}: {
  monitored: boolean;
}): Promise<FickleScheduler> {
  const port = await freePorts(3);
  const generation = 'g3';
  const server = await startYmqServer('scheduler', port, {
    onMessage(peer, payload) {
      if (decodeMessage(payload, generation).message !== 'workerManagerHeartbeat') return;
      scheduler.heartbeats++;
      peer.send(encodeMessage({ generation, message: 'workerManagerHeartbeatEcho', fields: {} }));
      const wish = { taskConcurrency: scheduler.wanted, capabilities: [] };
      const fields = { setDesiredTaskConcurrencyRequests: [wish] };
      peer.send(encodeMessage({ generation, message: 'workerManagerCommand', fields }));
    },
  });
  const monitor = monitored ? await startYmqServer('monitor', port + 2, {}) : null;
  const publisher = setInterval(() => {
    if (scheduler.workers !== null) monitor?.broadcast(encodeMonitorMessage(scheduler.workers));
  }, publishMs);
  const scheduler: FickleScheduler = {
    address: `tcp://127.0.0.1:${port}`,
    wanted: 0,
    workers: monitored ? [] : null,
    heartbeats: 0,
    close() {
      clearInterval(publisher);
      server.close();
      monitor?.close();
    },
  };
  return scheduler;
}
