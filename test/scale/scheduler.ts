import { startYmqServer } from '../../src/demo/ymqServer.ts';
import { decodeMessage } from '../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../src/scheduler/protocol/encodeMessage.ts';
import { epochMs } from './child.ts';

/**
 * A stand-in scheduler as a program of its own: it echoes every heartbeat and wants as many workers as it was last
 * told to want. It says when each heartbeat came.
 */
export type SchedulerOrder = { want: number };
export type SchedulerNews =
  | { event: 'listening'; port: number }
  | { event: 'heartbeat'; at: number };

const say = (news: SchedulerNews) => process.send?.(news);
const generation = 'g3';
let wanted = 0;

const server = await startYmqServer('scheduler', 0, {
  onMessage(peer, payload) {
    const at = epochMs();
    const wire = decodeMessage(payload, generation);
    if (wire.message !== 'workerManagerHeartbeat') return;
    say({ event: 'heartbeat', at });
    peer.send(encodeMessage({ generation, message: 'workerManagerHeartbeatEcho', fields: {} }));
    peer.send(
      encodeMessage({
        generation,
        message: 'workerManagerCommand',
        fields: {
          setDesiredTaskConcurrencyRequests: [{ taskConcurrency: wanted, capabilities: [] }],
        },
      }),
    );
  },
});

process.on('message', ({ want }: SchedulerOrder) => {
  wanted = want;
});
process.on('disconnect', () => process.exit());
say({ event: 'listening', port: server.port });
