import { compareReleases, type Options } from './options.ts';

export type Scheme = Options['addressScheme'];

/** One way to have a scheduler at the address that was asked for. */
export interface Binding {
  /** Where the scheduler itself listens; never ipc in front of a relay. */
  own: { scheme: Scheme; host: string };
  /** What stands before it for our daemon: nothing, a relay as it is, one that ends TLS, one at a Unix socket. */
  front: 'none' | 'plain' | 'tls' | 'unix';
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
      { own: { scheme, host }, front: 'none' },
      { own: { scheme: 'tcp', host: loopback }, front: 'unix' },
    ];
  const encrypted = scheme === 'tls' || scheme === 'wss';
  const hasTls = compareReleases(scaler, firstWithTls) >= 0;
  const ways: Binding[] = [];
  if (scheme !== 'wss' || hasTls || transport === 'zmq')
    ways.push({ own: { scheme, host }, front: 'none' });
  const canStandIn = scheme === 'tcp' || transport === 'ymq';
  if (host !== loopback && canStandIn && (hasTls || !encrypted))
    // A name is looked up by our daemon; a scheduler that does not look it up listens where it leads.
    ways.push({
      own: { scheme, host: loopback },
      front: host === 'localhost' ? 'none' : 'plain',
    });
  if (encrypted && canStandIn)
    ways.push({ own: { scheme: scheme === 'tls' ? 'tcp' : 'ws', host: loopback }, front: 'tls' });
  return ways;
}

/** An address as each of the programs writes and parses it. */
export function addressText(scheme: Scheme, host: string, port: number): string {
  return `${scheme}://${host}:${port}${scheme === 'ws' || scheme === 'wss' ? '/' : ''}`;
}
