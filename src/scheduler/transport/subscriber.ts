import { Subscriber } from 'zeromq';
import {
  assertScheme,
  type Connection,
  type ConnectionHandlers,
  type ConnectOptions,
} from './connection.ts';
import { connectZmq, zmqOptions } from './zmqConnection.ts';

/** Limit of libzmq's receive queue in messages. The publisher drops the newest messages beyond it. */
const highWaterMark = 100;

/** A ZeroMQ SUB connection that receives every published message. It cannot send: `send` returns false. */
export function connectSubscriber(
  options: ConnectOptions,
  handlers: ConnectionHandlers,
): Connection {
  assertScheme('zmq', options.address);
  const socket = new Subscriber({
    ...zmqOptions(options),
    receiveHighWaterMark: highWaterMark,
  });
  socket.subscribe();
  return connectZmq(socket, options, handlers);
}
