import type { Config } from '../config/config.ts';
import { connectAuto } from '../scheduler/transport/connectAuto.ts';
import type { Connect } from '../scheduler/transport/connection.ts';
import { connectDealer } from '../scheduler/transport/dealer.ts';
import { connectSubscriber } from '../scheduler/transport/subscriber.ts';
import { connectYmq } from '../scheduler/transport/ymq.ts';

function withTrust(connect: Connect, tls: Config['tls']): Connect {
  return (options, handlers) => connect({ ...options, tls }, handlers);
}

/** How the scheduler is connected to, by the settings. */
export function schedulerConnect({ networkBackend, tls }: Config): Connect {
  const transports = { auto: connectAuto(connectDealer), ymq: connectYmq, zmq: connectDealer };
  return withTrust(transports[networkBackend], tls);
}

/** The monitor may speak another transport than its scheduler: up to 2.1.3 it is ZeroMQ in any case. */
export function monitorConnect({ tls }: Config): Connect {
  return withTrust(connectAuto(connectSubscriber), tls);
}

/** The same connections; `firstSend` resolves when something was first sent over one of them. */
export function watchFirstSend(connect: Connect): { connect: Connect; firstSend: Promise<void> } {
  let onSend = () => {};
  const firstSend = new Promise<void>((resolve) => {
    onSend = resolve;
  });
  return {
    firstSend,
    connect(options, handlers) {
      const connection = connect(options, handlers);
      return {
        send(payload) {
          const isQueued = connection.send(payload);
          if (isQueued) onSend();
          return isQueued;
        },
        close: () => connection.close(),
        destroy: () => connection.destroy(),
        get dropped() {
          return connection.dropped;
        },
      };
    },
  };
}
