import { compareReleases, type Options } from './options.ts';

export type Scheme = Options['addressScheme'];

/** One way to have a scheduler at the address that was asked for. */
export interface Binding {
  /** Where the scheduler itself listens; never ipc in front of a relay. */
  scheduler: { scheme: Scheme; host: string };
  /** What stands before it for our daemon: nothing, a relay as it is, one that ends TLS, one at a Unix socket. */
  relay: 'none' | 'plain' | 'tls' | 'unix';
}

/** Releases before it take wss:// and leave out the TLS. */
export const firstWithTls = '2.6.0';

const loopback = '127.0.0.1';

/**
 * Ways in the order to try them: the scheduler's own, and where it cannot, what stands in for the part that it lacks.
 * ZeroMQ has neither WebSocket nor TLS on any side, so for these nothing can stand in.
 */
export function bindings({ addressScheme, addressHost, transport, scaler }: Options): Binding[] {
  const scheme = addressScheme;
  const host = addressHost;
  if (scheme === 'ipc')
    return [
      { scheduler: { scheme, host }, relay: 'none' },
      { scheduler: { scheme: 'tcp', host: loopback }, relay: 'unix' },
    ];
  const encrypted = scheme === 'tls' || scheme === 'wss';
  const hasTls = compareReleases(scaler, firstWithTls) >= 0;
  const candidates: Binding[] = [];
  if (scheme !== 'wss' || hasTls || transport === 'zmq')
    candidates.push({ scheduler: { scheme, host }, relay: 'none' });
  const canRelay = scheme === 'tcp' || transport === 'ymq';
  if (host !== loopback && canRelay && (hasTls || !encrypted))
    // A name is looked up by our daemon; a scheduler that does not look it up listens where it leads.
    candidates.push({
      scheduler: { scheme, host: loopback },
      relay: host === 'localhost' ? 'none' : 'plain',
    });
  if (encrypted && canRelay)
    candidates.push({
      scheduler: { scheme: scheme === 'tls' ? 'tcp' : 'ws', host: loopback },
      relay: 'tls',
    });
  return candidates;
}

/** An address as each of the programs writes and parses it. */
export function addressText(scheme: Scheme, host: string, port: number): string {
  return `${scheme}://${host}:${port}${scheme === 'ws' || scheme === 'wss' ? '/' : ''}`;
}
