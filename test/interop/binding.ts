import { compareReleases, type Options } from './options.ts';

export type Scheme = Options['addressScheme'];

/** One way to provide a scheduler at the requested address. */
export interface Binding {
  /** Where the scheduler itself listens; never ipc behind a relay. */
  scheduler: { scheme: Scheme; host: string };
  /** Relay between daemon and scheduler: none, plain TCP, one that terminates TLS, or one that listens on a Unix socket. */
  relay: 'none' | 'plain' | 'tls' | 'unix';
}

/** Earlier releases accept wss:// but do not use TLS. */
export const firstWithTls = '2.6.0';

const loopback = '127.0.0.1';

/**
 * The bindings to try, in this order: the scheduler's own, then relays for what the scheduler does not support.
 * ZeroMQ has neither WebSocket nor TLS in either program, so a relay cannot provide them.
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
    // The daemon resolves the host name; a scheduler that cannot listen at a name listens at its address.
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

/** An address in the syntax of scheduler, workers and daemon. */
export function addressText(scheme: Scheme, host: string, port: number): string {
  return `${scheme}://${host}:${port}${scheme === 'ws' || scheme === 'wss' ? '/' : ''}`;
}
