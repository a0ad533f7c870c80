import { Dealer } from 'zeromq';
import { assertScheme, type Connect, identityBytes } from './connection.ts';
import { connectZmq, zmqOptions } from './zmqConnection.ts';

/** libzmq's own queue, in messages: behind it ours counts bytes. */
const highWaterMark = 100;

/** A ZeroMQ DEALER connection, one frame a message each way. */
export const connectDealer: Connect = (options, handlers) => {
  assertScheme('zmq', options.address);
  const socket = new Dealer({
    ...zmqOptions(options),
    routingId: identityBytes(options.identity).toString(),
    sendHighWaterMark: highWaterMark,
  });
  return connectZmq(socket, options, handlers);
};
