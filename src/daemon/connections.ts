import type { Config } from '../config/config.ts';
import { ConfigFailure } from '../config/configFailure.ts';
import { named } from '../config/schema.ts';
import { connectAuto } from '../scheduler/transport/connectAuto.ts';
import type { Connect } from '../scheduler/transport/connection.ts';
import { connectLate, loadZmq, ZmqFailure } from '../scheduler/transport/lateZmq.ts';
import { connectYmq } from '../scheduler/transport/ymq.ts';
import type { Log } from '../telemetry/log.ts';

/** How the scheduler and its monitor are connected to. */
export interface Connections {
  scheduler: Connect;
  monitor: Connect;
}

function withTrust(connect: Connect, tls: Config['tls']): Connect {
  return (options, handlers) => connect({ ...options, tls }, handlers);
}

/** The connections by the settings. The library of ZeroMQ is loaded only for a peer that speaks it. */
export function connectionsFor({ networkBackend, tls }: Config, log: Log): Connections {
  let isReported = false;
  const onFailed = (reason: string) => {
    if (!isReported) log.report('zeromq.notLoaded', { reason });
    isReported = true;
  };
  const connectDealer = connectLate('connectDealer', onFailed);
  const transports = { auto: connectAuto(connectDealer), ymq: connectYmq, zmq: connectDealer };
  return {
    scheduler: withTrust(transports[networkBackend], tls),
    // The monitor may speak another transport than its scheduler: up to 2.1.3 it is ZeroMQ in any case.
    monitor: withTrust(connectAuto(connectLate('connectSubscriber', onFailed)), tls),
  };
}

/** Throws a ConfigFailure if ZeroMQ is asked for and cannot be loaded: no connection will ever be made. */
export async function checkTransport(
  { networkBackend }: Pick<Config, 'networkBackend'>,
  load = loadZmq,
): Promise<void> {
  if (networkBackend !== 'zmq') return;
  try {
    await load();
  } catch (error) {
    if (!(error instanceof ZmqFailure)) throw error;
    throw new ConfigFailure(`${named('network_backend')}: ${error.message}`);
  }
}
