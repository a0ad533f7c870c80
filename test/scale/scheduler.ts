import { startYmqServer } from '../../src/demo/ymqServer.ts';
import { decodeMessage } from '../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../src/scheduler/protocol/encodeMessage.ts';
import { epochMs } from '../bench/child.ts';

/**
 * A minimal g3 scheduler as a separate program: it answers every heartbeat with an echo and a request for the number of
 * workers of the last message, and reports the time of each heartbeat.
 */
export type SchedulerRequest = { desiredWorkers: number };
export type SchedulerEvent =
  | { event: 'listening'; port: number }
  | { event: 'heartbeat'; at: number };

const sendEvent = (event: SchedulerEvent) => process.send?.(event);
const generation = 'g3';
let desiredWorkers = 0;

const server = await startYmqServer('scheduler', 0, {
  onMessage(peer, payload) {
    const at = epochMs();
    const wire = decodeMessage(payload, generation);
    if (wire.message !== 'workerManagerHeartbeat') return;
    sendEvent({ event: 'heartbeat', at });
    peer.send(encodeMessage({ generation, message: 'workerManagerHeartbeatEcho', fields: {} }));
    peer.send(
      encodeMessage({
        generation,
        message: 'workerManagerCommand',
        fields: {
          setDesiredTaskConcurrencyRequests: [
            { taskConcurrency: desiredWorkers, capabilities: [] },
          ],
        },
      }),
    );
  },
});

process.on('message', (request: SchedulerRequest) => {
  desiredWorkers = request.desiredWorkers;
});
process.on('disconnect', () => process.exit());
sendEvent({ event: 'listening', port: server.port });
