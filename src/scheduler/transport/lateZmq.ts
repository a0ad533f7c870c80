import { Failure } from '../../shared/failure.ts';
import { connectChosen } from './chosenConnection.ts';
import type { Connect } from './connection.ts';

/** The library of ZeroMQ is missing or made for another system. The message is one line. */
export class ZmqFailure extends Failure {
  readonly kind = 'zmq';
}

/** The transports over ZeroMQ, which load a native library. */
export interface ZmqTransports {
  connectDealer: Connect;
  connectSubscriber: Connect;
}

type Load = () => Promise<ZmqTransports>;

async function load(): Promise<ZmqTransports> {
  const [{ connectDealer }, { connectSubscriber }] = await Promise.all([
    import('./dealer.ts'),
    import('./subscriber.ts'),
  ]);
  return { connectDealer, connectSubscriber };
}

/** Loads the transports over ZeroMQ. Rejects with a ZmqFailure if the library cannot be loaded. */
export async function loadZmq(from: Load = load): Promise<ZmqTransports> {
  try {
    return await from();
  } catch (error) {
    const [line] = String((error as Error)?.message ?? error).split('\n', 1);
    throw new ZmqFailure(
      `ZeroMQ cannot be loaded: ${line}; install the dependencies anew on this system (npm ci), or let the scheduler use YMQ`,
      { cause: error },
    );
  }
}

/** A Connect over ZeroMQ that loads the library when it is used. Calls back each time that fails. */
export function connectLate(
  name: keyof ZmqTransports,
  onFailed: (reason: string) => void,
  from: Load = load,
): Connect {
  return (options, handlers) =>
    connectChosen(
      async () => {
        try {
          return (await loadZmq(from))[name];
        } catch (error) {
          if (error instanceof ZmqFailure) onFailed(error.message);
          throw error;
        }
      },
      options,
      handlers,
    );
}
