import { fromCallback } from 'xstate';
import type { SocketCommand, SocketEvent } from '../../machines/scheduler/events.ts';
import type { Generation, OutgoingMessage } from '../../machines/scheduler/messages.ts';
import type { Address } from '../shared/address.ts';
import { now } from '../shared/clock.ts';
import {
  decodeMessage,
  encodeCommandResponse,
  encodeDisconnectRequest,
  encodeHeartbeat,
} from './protocol/codec.ts';
import { ProtocolFailure } from './protocol/protocolFailure.ts';
import { toSchedulerMessage } from './protocol/translate.ts';
import type { Connect } from './transport/connection.ts';

export interface SocketSettings {
  connect: Connect;
  address: Address;
  identity: string;
}

function encode(message: OutgoingMessage): Uint8Array {
  switch (message.type) {
    case 'heartbeat':
      return encodeHeartbeat(message.generation, message.heartbeat);
    case 'response':
      return encodeCommandResponse(message.generation, message.response);
    case 'disconnectRequest':
      return encodeDisconnectRequest(message.generation, message.workerId);
  }
}

/** One connection to the scheduler: bytes on one side, the session's events on the other. */
export const schedulerSocket = ({ connect, address, identity }: SocketSettings) =>
  fromCallback<SocketCommand>(({ sendBack, receive }) => {
    const tell = (event: SocketEvent) => sendBack(event);
    let expected: Generation | undefined;

    const connection = connect(
      { address, identity },
      {
        onOpen: ({ magic }) => tell({ type: 'socket.open', at: now(), magic }),
        onMessage(payload) {
          const at = now();
          try {
            const wire = decodeMessage(payload, expected);
            const message = toSchedulerMessage(wire);
            const { generation } = wire;
            if (message !== null) tell({ type: 'socket.message', at, generation, message });
          } catch (error) {
            if (!(error instanceof ProtocolFailure)) throw error;
            tell({ type: 'socket.unreadable', at, reason: error.message });
          }
        },
        onClosed: ({ kind, reason }) =>
          tell({ type: 'socket.closed', at: now(), kind, reason, jitter: Math.random() }),
      },
    );

    receive((command) => {
      if (command.type === 'socket.expect') expected = command.generation ?? undefined;
      else if (command.type === 'socket.close') connection.close();
      else if (!connection.send(encode(command.message)))
        tell({ type: 'socket.sendFailed', at: now(), what: command.message });
    });
    return () => connection.destroy();
  });
