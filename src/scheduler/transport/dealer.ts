import { Dealer } from 'zeromq';
import {
  assertScheme,
  type Connection,
  type ConnectionHandlers,
  type ConnectOptions,
  identityBytes,
} from './connection.ts';
import { connectZmq, zmqOptions } from './zmqConnection.ts';

/** Limit of libzmq's own send queue in messages. Further messages wait in our queue, which is limited in bytes. */
const highWaterMark = 100;

/** A ZeroMQ DEALER connection, with one frame per message in both directions. */
export function connectDealer(options: ConnectOptions, handlers: ConnectionHandlers): Connection {
  assertScheme('zmq', options.address);
  const socket = new Dealer({
    ...zmqOptions(options),
    routingId: identityBytes(options.identity).toString(),
    sendHighWaterMark: highWaterMark,
  });
  return connectZmq(socket, options, handlers);
}
