import { once } from 'node:events';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';

/** Where a relay listens: a TCP port or a Unix socket. */
export type ListenAddress = { host: string; port: number } | { path: string };

interface Options {
  listenOn: ListenAddress;
  target: { host: string; port: number };
  /** With a certificate, the relay terminates TLS and connects to the target in plain text. */
  certificate?: { cert: string; key: string } | undefined;
}

/** Forwards bytes in both directions between clients and a real scheduler, as well as FIN and RST. */
export class Relay {
  /** Number of accepted connections. */
  acceptedConnections = 0;
  /** Number of connections reset by `reset` or `resetAfterNextData`. */
  resetConnections = 0;
  /** Whether the server has answered on the newest connection after the client has sent data. */
  hasAnswered = false;
  readonly #server: net.Server;
  readonly #open = new Set<ConnectionPair>();

  private constructor(server: net.Server) {
    this.#server = server;
  }

  static async open({ listenOn, target, certificate }: Options): Promise<Relay> {
    const server = certificate
      ? tls.createServer({ ...certificate, allowHalfOpen: true })
      : net.createServer({ allowHalfOpen: true });
    const relay = new Relay(server);
    server.on(certificate ? 'secureConnection' : 'connection', (client: net.Socket) =>
      relay.#connect(client, net.connect({ ...target, allowHalfOpen: true })),
    );
    // A client that rejects the certificate must not end the harness.
    server.on('tlsClientError', () => {});
    server.listen(listenOn);
    await once(server, 'listening');
    return relay;
  }

  get port(): number {
    const at = this.#server.address();
    return typeof at === 'object' && at ? at.port : 0;
  }

  /** Resets every connection, to client and server. */
  reset(): void {
    for (const pair of this.#open) this.#reset(pair);
  }

  /** Resets the next connection on which the client sends data, after forwarding that data. */
  resetAfterNextData(): Promise<void> {
    return new Promise((resolve) => {
      for (const pair of this.#open)
        pair.client.once('data', () => {
          // Delayed: a RST discards data that the other end has not read yet.
          setTimeout(() => {
            this.#reset(pair);
            resolve();
          }, 5);
        });
    });
  }

  close(): void {
    this.#server.close();
    for (const { client, server } of this.#open) {
      client.destroy();
      server.destroy();
    }
  }

  #reset(pair: ConnectionPair): void {
    if (!this.#open.delete(pair)) return;
    this.resetConnections++;
    for (const socket of [pair.client, pair.server]) socket.resetAndDestroy();
  }

  #connect(client: net.Socket, server: net.Socket): void {
    const pair = { client, server };
    this.acceptedConnections++;
    this.hasAnswered = false;
    this.#open.add(pair);
    client.once('data', () =>
      server.once('data', () => {
        this.hasAnswered = true;
      }),
    );
    forward(client, server);
    forward(server, client);
    for (const [socket, peer] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => peer.resetAndDestroy());
      socket.on('close', () => {
        if (client.destroyed && server.destroyed) this.#open.delete(pair);
      });
    }
  }
}

interface ConnectionPair {
  client: net.Socket;
  server: net.Socket;
}

function forward(from: Duplex, to: Duplex): void {
  from.on('data', (chunk) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
}
