import { createRequire } from 'node:module';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { type Address, webSocketUrl } from '../../shared/address.ts';
import type { ConnectOptions } from './connection.ts';

/** Loaded when it is used: it is a tenth of what the program loads at its start, and few schedulers have a ws address. */
const loadWebSockets = () => createRequire(import.meta.url)('ws') as typeof import('ws');

type StreamOptions = Pick<ConnectOptions, 'address' | 'tls'> & { maxMessageBytes: number };

/** Idle time after which the kernel sends TCP keep-alive probes. */
const keepAliveMs = 30_000;
/** A WebSocket message may contain YMQ headers, the magic and the identity in addition to a YMQ message, bytes. */
const webSocketSlack = 64 * 1024;

/**
 * Opens a byte stream to an address of any scheme. Calls `onReady` once connected, before the first data. Failures
 * are `error` events of the stream; an `end` event means that the peer closed the stream in order.
 */
export function openByteStream(options: StreamOptions, onReady: () => void): Duplex {
  const { address } = options;
  switch (address.scheme) {
    case 'tcp':
      return tuned(net.connect(tcpOptions(address), onReady));
    case 'tls':
      return tuned(tls.connect({ ...tcpOptions(address), ...tlsOptions(options) }, onReady));
    case 'ws':
    case 'wss':
      return openWebSocket(options, onReady);
    case 'ipc':
    case 'inproc':
      return net.connect({ path: address.path }, onReady);
  }
}

function openWebSocket(options: StreamOptions, onReady: () => void): Duplex {
  const { createWebSocketStream, WebSocket } = loadWebSockets();
  const socket = new WebSocket(webSocketUrl(options.address), {
    ...tlsOptions(options),
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes + webSocketSlack,
  });
  socket.once('upgrade', (response) => tuned(response.socket));
  socket.once('open', onReady);
  // Runs before the stream's own listener, which emits `end` for every close. 1006: no close frame was received.
  socket.once('close', (code) => {
    if (code === 1006)
      stream.destroy(new Error('the connection broke without a WebSocket close frame'));
  });
  const stream = createWebSocketStream(socket);
  return stream;
}

function tcpOptions({ host, port }: Address) {
  return { host, port };
}

/** Certificates are checked unless `insecure` is true. */
function tlsOptions({ address, tls: { ca, insecure } = {} }: StreamOptions) {
  return {
    ...(ca !== undefined && { ca }),
    rejectUnauthorized: insecure !== true,
    // Server Name Indication; it must not be an IP address.
    ...(net.isIP(address.host) === 0 && { servername: address.host }),
  };
}

function tuned<Socket extends net.Socket>(socket: Socket): Socket {
  return socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
}
