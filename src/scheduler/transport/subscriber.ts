import { Subscriber } from 'zeromq';
import { assertScheme, type Connect } from './connection.ts';
import { connectZmq, zmqOptions } from './zmqConnection.ts';

/** Behind it the publisher's messages are lost, oldest last: better than to let them pile up here. */
const highWaterMark = 100;

/** A ZeroMQ SUB connection to everything that is published there. It says nothing: `send` answers false. */
export const connectSubscriber: Connect = (options, handlers) => {
  assertScheme('zmq', options.address);
  const socket = new Subscriber({
    ...zmqOptions(options),
    receiveHighWaterMark: highWaterMark,
  });
  socket.subscribe();
  return connectZmq(socket, options, handlers);
};
