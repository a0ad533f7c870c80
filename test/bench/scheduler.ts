import { connect, createServer } from 'node:net';
import { startYmqServer } from '../../src/demo/ymqServer.ts';
import { decodeMessage } from '../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../src/scheduler/protocol/encodeMessage.ts';
import { epochMs } from './child.ts';

/**
 * A stand-in scheduler as a separate program. It answers each heartbeat with an echo and the number of workers that it
 * desires. With `relayTo` it also stands between the manager and the emulator and sees
 * when each request begins, so that both ends of a reaction are seen by one clock.
 */
export type SchedulerRequest =
  | { ask: 'desire'; id: number; workers: number; now: boolean }
  /** Times of all heartbeats, which are forgotten then. */
  | { ask: 'heartbeats'; id: number };
export type SchedulerEvent =
  | { event: 'listening'; port: number; relay: string | null }
  | { event: 'heartbeat'; at: number }
  | { event: 'request'; operation: string; at: number }
  | { event: 'answer'; id: number; at: number; heartbeats?: number[] };

interface Options {
  generation: 'g3' | 'g4';
  workers: number;
  relayTo: string | null;
}

const { generation, workers, relayTo }: Options = JSON.parse(process.argv[2] ?? '');
const tell = (event: SchedulerEvent) => process.connected && process.send?.(event);

const echo = encodeMessage({ generation, message: 'workerManagerHeartbeatEcho', fields: {} });
const command = (taskConcurrency: number) =>
  encodeMessage({
    generation,
    message: 'workerManagerCommand',
    fields: { setDesiredTaskConcurrencyRequests: [{ taskConcurrency, capabilities: [] }] },
  });

let desired = workers;
let heartbeats: number[] = [];

const main = await startYmqServer('scheduler', 0, {
  magic: generation === 'g4' ? 2 : 1,
  onMessage(peer, payload) {
    const at = epochMs();
    if (decodeMessage(payload, generation).message !== 'workerManagerHeartbeat') return;
    heartbeats.push(at);
    tell({ event: 'heartbeat', at });
    peer.send(echo);
    peer.send(command(desired));
  },
});

process.on('message', (request: SchedulerRequest) => {
  const at = epochMs();
  const { id } = request;
  switch (request.ask) {
    case 'desire':
      desired = request.workers;
      if (request.now) main.broadcast(command(desired));
      tell({ event: 'answer', id, at });
      return;
    case 'heartbeats':
      tell({ event: 'answer', id, at, heartbeats });
      heartbeats = [];
  }
});

/** Raw bytes both ways, with an eye for the name of the operation at the start of a request. */
async function startRelay(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const server = createServer((down) => {
    const up = connect(Number(port), hostname);
    down.setNoDelay(true);
    up.setNoDelay(true);
    down.on('data', (chunk) => {
      const text = chunk.toString('latin1', 0, 1500);
      const [, operation] = /x-amz-target: \w+\.(\w+)/i.exec(text) ?? [];
      // boto3 sends header and body apart: only what begins a request counts.
      if (text.startsWith('POST ') && operation)
        tell({ event: 'request', operation, at: epochMs() });
      up.write(chunk);
    });
    up.on('data', (chunk) => down.write(chunk));
    for (const [one, other] of [
      [down, up],
      [up, down],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

process.on('disconnect', () => process.exit());
tell({
  event: 'listening',
  port: main.port,
  relay: relayTo === null ? null : await startRelay(relayTo),
});
