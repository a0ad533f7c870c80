import { once } from 'node:events';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import { type Address, parseAddress } from '../../../../src/shared/address.ts';

/** One accepted connection with its received bytes and events. */
export class Accepted {
  readonly socket: Duplex;
  received = Buffer.alloc(0);
  /** In order: 'end' is the client's FIN; 'close' without 'end' is a broken connection. */
  readonly events: string[] = [];
  #changed = () => {};

  constructor(socket: Duplex) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#changed();
    });
    for (const event of ['end', 'error', 'close'] as const) {
      socket.on(event, (error?: unknown) => {
        const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
        this.events.push(code ?? event);
        this.#changed();
      });
    }
  }

  /** Waits until the bytes or the events satisfy the condition. */
  async until(condition: (accepted: Accepted) => boolean): Promise<void> {
    while (!condition(this)) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

/** A server on a free loopback port or a path, whose connections a test controls. */
export class RawServer {
  readonly #server: net.Server;
  readonly #all: Accepted[] = [];
  readonly #pending: Accepted[] = [];
  #wake = () => {};

  private constructor(server: net.Server) {
    this.#server = server;
    const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
    server.on(event, (socket: net.Socket) => this.#arrived(new Accepted(socket)));
  }

  static async start({ server = net.createServer({ allowHalfOpen: true }), path = '' } = {}) {
    const started = new RawServer(server);
    server.listen(path === '' ? { port: 0, host: '127.0.0.1' } : { path });
    await once(server, 'listening');
    return started;
  }

  address(scheme = 'tcp'): Address {
    const at = this.#server.address();
    if (typeof at === 'string') return parseAddress(`ipc://${at}`);
    return parseAddress(`${scheme}://127.0.0.1:${at?.port}`);
  }

  async next(): Promise<Accepted> {
    for (;;) {
      const ready = this.#pending.shift();
      if (ready) return ready;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stop(): void {
    this.#server.close();
    for (const { socket } of this.#all) socket.destroy();
  }

  #arrived(accepted: Accepted): void {
    this.#all.push(accepted);
    this.#pending.push(accepted);
    this.#wake();
  }
}

/** The address of a port that was free a moment ago, so that it has no listener. */
export async function vacantAddress(): Promise<Address> {
  const server = await RawServer.start();
  const address = server.address();
  server.stop();
  return address;
}
