import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';
import { type Address, webSocketUrl } from '../../shared/address.ts';
import type { ConnectOptions } from './connection.ts';

type StreamOptions = Pick<ConnectOptions, 'address' | 'tls'> & { maxMessageBytes: number };

/** Idle time after which the kernel asks whether the peer is still there. */
const keepAliveMs = 30_000;
/** A WebSocket message may carry a YMQ header, and magic and identity beside a message. */
const webSocketSlack = 64 * 1024;

/**
 * Dials one byte stream. `onReady` comes before the first data; what goes wrong is the stream's
 * error, an end is the peer's own, orderly one.
 */
export function openByteStream(options: StreamOptions, onReady: () => void): Duplex {
  const { address } = options;
  switch (address.scheme) {
    case 'tcp':
      return tuned(net.connect(tcpOptions(address), onReady));
    case 'tls':
      return tuned(tls.connect({ ...tcpOptions(address), ...trust(options) }, onReady));
    case 'ws':
    case 'wss':
      return openWebSocket(options, onReady);
    case 'ipc':
    case 'inproc':
      return net.connect({ path: address.path }, onReady);
  }
}

function openWebSocket(options: StreamOptions, onReady: () => void): Duplex {
  const socket = new WebSocket(webSocketUrl(options.address), {
    ...trust(options),
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes + webSocketSlack,
  });
  socket.once('upgrade', (response) => tuned(response.socket));
  socket.once('open', onReady);
  // Before the stream's own listener, which would take every close for an orderly end.
  socket.once('close', (code) => {
    if (code === 1006) stream.destroy(new Error('the peer vanished without a WebSocket close'));
  });
  const stream = createWebSocketStream(socket);
  return stream;
}

const tcpOptions = ({ host, port }: Address) => ({ host, port });

/** Certificates are checked unless it was said, in so many words, that they are not to be. */
const trust = ({ address, tls: { ca, insecure } = {} }: StreamOptions) => ({
  ...(ca !== undefined && { ca }),
  rejectUnauthorized: insecure !== true,
  // A name for the server to choose a certificate by; an IP address is not allowed there.
  ...(net.isIP(address.host) === 0 && { servername: address.host }),
});

const tuned = <Socket extends net.Socket>(socket: Socket): Socket =>
  socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
