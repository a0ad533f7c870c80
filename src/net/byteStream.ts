import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Address } from '../address.ts';

/** Idle time after which the kernel asks whether the peer is still there. */
const keepAliveMs = 30_000;

/**
 * Dials one byte stream. It stays writable after the peer's end, and `onReady` comes before the
 * first data. Throws nothing: what fails is the stream's error.
 */
export function openByteStream(address: Address, onReady: () => void): Duplex {
  switch (address.scheme) {
    case 'tcp':
      return net.connect(tcpOptions(address), onReady);
    case 'ipc':
      return net.connect({ path: address.path, allowHalfOpen: true }, onReady);
    default:
      throw new RangeError(`YMQ does not go over ${address.scheme}`);
  }
}

const tcpOptions = ({ host, port }: Address) => ({
  host,
  port,
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: keepAliveMs,
});
