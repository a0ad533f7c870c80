import { type AddressInfo, createServer, type Socket } from 'node:net';
import {
  encodeHello,
  encodeMessage,
  FramingFailure,
  YmqReader,
} from '../scheduler/transport/ymqFraming.ts';

/** A connected peer that has sent its identity. */
export interface Peer {
  identity: string;
  send(payload: Uint8Array): void;
}

export interface PeerHandlers {
  onMessage(peer: Peer, payload: Uint8Array): void;
  onDisconnected(peer: Peer): void;
}

export interface YmqServer {
  port: number;
  /** Sends to every connected peer. */
  broadcast(payload: Uint8Array): void;
  close(): void;
}

const maxMessageBytes = 2 ** 20;

/** Starts a YMQ server on loopback; port 0: any free port. `magic`: of the protocol, 2 since Scaler 2.7.0. As in Scaler, a new connection replaces an older one with the same identity. Rejects when it cannot listen. */
export async function startYmqServer(
  identity: string,
  port: number,
  { onMessage, onDisconnected: onGone, magic = 1 }: Partial<PeerHandlers> & { magic?: number },
): Promise<YmqServer> {
  const sockets = new Set<Socket>();
  const socketsByIdentity = new Map<string, Socket>();

  const server = createServer((socket) => {
    sockets.add(socket);
    const reader = new YmqReader(maxMessageBytes);
    let peer: Peer | null = null;
    socket.setNoDelay(true);
    socket.write(encodeHello(magic, Buffer.from(identity)));
    socket.on('data', (chunk) => {
      try {
        for (const frame of reader.push(chunk)) {
          if (frame.type === 'magic') continue;
          if (peer) onMessage?.(peer, frame.payload);
          else peer = registerPeer(Buffer.from(frame.payload).toString(), socket);
        }
      } catch (error) {
        if (!(error instanceof FramingFailure)) throw error;
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      if (!peer || socketsByIdentity.get(peer.identity) !== socket) return;
      socketsByIdentity.delete(peer.identity);
      onGone?.(peer);
    });
  });

  function registerPeer(name: string, socket: Socket): Peer {
    socketsByIdentity.get(name)?.end();
    socketsByIdentity.set(name, socket);
    return {
      identity: name,
      send: (payload) => {
        if (socket.writable) socket.write(encodeMessage(payload));
      },
    };
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    broadcast(payload) {
      for (const socket of socketsByIdentity.values())
        if (socket.writable) socket.write(encodeMessage(payload));
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
