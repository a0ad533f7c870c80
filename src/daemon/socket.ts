import { fromCallback } from 'xstate';
import type { SocketEvent, SocketOrder } from '../../machines/session.ts';
import type { Address } from '../address.ts';
import { now } from '../clock.ts';
import type { Connect } from '../net/connection.ts';
import type { Log } from '../observe/log.ts';
import { decodeMessage, encodeHeartbeat, type Heartbeat } from '../protocol/codec.ts';
import { ProtocolFailure } from '../protocol/failure.ts';
import type { Generation } from '../protocol/generations.ts';
import { toSchedulerMessage } from '../protocol/translate.ts';

export interface SocketSettings {
  connect: Connect;
  address: Address;
  identity: string;
  heartbeat: Omit<Heartbeat, 'maxTaskConcurrency'>;
}

/** Unreadable frames are logged this often at most, ms. */
const complaintEvery = 60_000;

/** One connection to the scheduler: bytes on one side, the session's events on the other. */
export const socket = ({ connect, address, identity, heartbeat }: SocketSettings, log: Log) => {
  let unreadable = 0;
  let complainedAt = Number.NEGATIVE_INFINITY;
  const complain = (reason: string) => {
    unreadable++;
    if (now() - complainedAt < complaintEvery) return;
    complainedAt = now();
    log.warn({ frames: unreadable, reason }, 'scheduler.unreadable');
  };
  return fromCallback<SocketOrder>(({ sendBack, receive }) => {
    const tell = (event: SocketEvent) => sendBack(event);
    let generation: Generation = 'g3';
    const connection = connect(
      { address, identity },
      {
        onOpen: () => tell({ type: 'socket.open' }),
        onMessage(payload) {
          try {
            const wire = decodeMessage(payload, generation);
            generation = wire.generation;
            const message = toSchedulerMessage(wire);
            if (message?.type === 'heartbeatEcho')
              tell({ type: 'scheduler.heartbeatEcho', at: now() });
            else if (message?.type === 'command')
              tell({ type: 'scheduler.command', at: now(), requests: message.requests });
          } catch (error) {
            if (!(error instanceof ProtocolFailure)) throw error;
            complain(error.message);
          }
        },
        onClosed: ({ kind, reason }) =>
          tell({ type: 'socket.closed', reason: `${kind}: ${reason}`, jitter: Math.random() }),
      },
    );
    receive((order) => {
      if (order.type === 'socket.close') connection.close();
      else {
        const beat = encodeHeartbeat(generation, {
          ...heartbeat,
          maxTaskConcurrency: order.workers,
        });
        if (!connection.send(beat)) log.warn({}, 'scheduler.heartbeatNotSent');
      }
    });
    return () => connection.destroy();
  });
};
