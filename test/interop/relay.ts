import { once } from 'node:events';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';

/** Where a relay listens: a port, or a Unix socket. */
export type Door = { host: string; port: number } | { path: string };

interface Options {
  door: Door;
  target: { host: string; port: number };
  /** The relay ends TLS: behind it everything is in the clear. */
  certificate?: { cert: string; key: string } | undefined;
}

/** Hands bytes on, both ways, and ends too: FIN for FIN and reset for reset. It stands in front of a real scheduler. */
export class Relay {
  /** Connections ever made. */
  made = 0;
  /** Connections that we reset. */
  cut = 0;
  /** Whether the newest connection has brought an answer to something the client said. */
  answered = false;
  readonly #server: net.Server;
  readonly #open = new Set<Pair>();

  private constructor(server: net.Server) {
    this.#server = server;
  }

  static async open({ door, target, certificate }: Options): Promise<Relay> {
    const server = certificate
      ? tls.createServer({ ...certificate, allowHalfOpen: true })
      : net.createServer({ allowHalfOpen: true });
    const relay = new Relay(server);
    server.on(certificate ? 'secureConnection' : 'connection', (near: net.Socket) =>
      relay.#join(near, net.connect({ ...target, allowHalfOpen: true })),
    );
    // A client that does not trust us is no failure of ours.
    server.on('tlsClientError', () => {});
    server.listen(door);
    await once(server, 'listening');
    return relay;
  }

  get port(): number {
    const at = this.#server.address();
    return typeof at === 'object' && at ? at.port : 0;
  }

  /** Resets every connection, at both ends. */
  reset(): void {
    for (const pair of this.#open) this.#reset(pair);
  }

  /** Resets the connection over which the next bytes come from the client, once those have been handed on. */
  resetAfterNextWord(): Promise<void> {
    return new Promise((resolve) => {
      for (const pair of this.#open)
        pair.near.once('data', () => {
          // Not at once: a reset overtakes and discards what the other end has not read yet.
          setTimeout(() => {
            this.#reset(pair);
            resolve();
          }, 5);
        });
    });
  }

  close(): void {
    this.#server.close();
    for (const { near, far } of this.#open) {
      near.destroy();
      far.destroy();
    }
  }

  #reset(pair: Pair): void {
    if (!this.#open.delete(pair)) return;
    this.cut++;
    for (const socket of [pair.near, pair.far]) socket.resetAndDestroy();
  }

  #join(near: net.Socket, far: net.Socket): void {
    const pair = { near, far };
    this.made++;
    this.answered = false;
    this.#open.add(pair);
    near.once('data', () =>
      far.once('data', () => {
        this.answered = true;
      }),
    );
    pass(near, far);
    pass(far, near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => {
        if (near.destroyed && far.destroyed) this.#open.delete(pair);
      });
    }
  }
}

interface Pair {
  near: net.Socket;
  far: net.Socket;
}

function pass(from: Duplex, to: Duplex): void {
  from.on('data', (chunk) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
}
