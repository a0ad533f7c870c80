import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import type { Dealer, Event, Subscriber } from 'zeromq';
import type { Address } from '../../shared/address.ts';
import {
  assertSendable,
  type Connection,
  type ConnectionEnd,
  type ConnectionHandlers,
  type ConnectOptions,
  limitsOf,
} from './connection.ts';

/**
 * libzmq closes its sockets behind our back and tells nobody. A ROUTER ignores a second connection
 * with the same identity for good, so the first must be gone before we say that it is. Without
 * this pause 4 of 100 quick reconnects were never answered, with 5 ms one in 450.
 */
const settleMs = 100;

/**
 * What every ZeroMQ socket of ours is made with. libzmq is kept from reconnecting: its queue would
 * hand a new scheduler our old heartbeats.
 */
export const zmqOptions = (options: ConnectOptions) => ({
  reconnectInterval: -1,
  maxMessageSize: limitsOf(options).maxMessageBytes,
  tcpKeepalive: 1 as const,
  tcpKeepaliveIdle: 30,
  linger: 0,
});

/** One attempt and one connection over a fresh ZeroMQ socket, one frame a message. */
export const connectZmq = (
  socket: Dealer | Subscriber,
  options: ConnectOptions,
  handlers: ConnectionHandlers,
): Connection => {
  const { address } = options;
  const limits = limitsOf(options);

  let phase: 'connecting' | 'handshake' | 'open' | 'ending' | 'gone' = 'connecting';
  let verdict: ConnectionEnd | null = null;
  let muted = false;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  const queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let pumping = false;

  wait(limits.connectTimeoutMs, () =>
    end('refused', `no connection within ${limits.connectTimeoutMs} ms`),
  );
  void observe();
  void receive();
  void dial();

  async function dial(): Promise<void> {
    try {
      const endpoint = await resolve(address);
      if (phase !== 'connecting') return;
      socket.ipv6 = endpoint.ipv6;
      socket.connect(endpoint.text);
    } catch (error) {
      end('refused', oneLine(error));
    }
  }

  async function observe(): Promise<void> {
    for await (const event of socket.events) {
      if (phase !== 'gone') noted(event);
    }
  }

  function noted(event: Event): void {
    switch (event.type) {
      case 'connect':
        if (phase !== 'connecting') break;
        phase = 'handshake';
        wait(limits.handshakeTimeoutMs, () =>
          end('refused', `no ZeroMQ handshake within ${limits.handshakeTimeoutMs} ms`),
        );
        break;
      case 'handshake':
        opened();
        break;
      case 'handshake:error:protocol':
      case 'handshake:error:auth':
        end('protocol', `ZeroMQ handshake failed: ${oneLine(event.error)}`);
        break;
      case 'handshake:error:other':
        end('refused', `ZeroMQ handshake failed: ${oneLine(event.error)}`);
        break;
      case 'close':
        end('refused', 'nobody listens');
        break;
      case 'disconnect':
        if (phase === 'open' || phase === 'ending') end('aborted', 'the peer is gone');
        else end('refused', 'the peer left during the handshake');
        break;
    }
  }

  function opened(): void {
    if (phase !== 'connecting' && phase !== 'handshake') return;
    phase = 'open';
    clearTimeout(timer);
    handlers.onOpen({ identity: null, magic: null });
  }

  async function receive(): Promise<void> {
    for await (const [payload, ...more] of socket) {
      opened(); // libzmq's events come a way of their own and may be later than its messages
      if (!payload?.length || more.length > 0) dropped++;
      else if (!muted) handlers.onMessage(payload);
    }
  }

  /** zeromq takes one send at a time. */
  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    for (let next = queue.shift(); next && phase !== 'gone'; next = queue.shift()) {
      // Refused only when the socket is closed, which its end tells.
      if ('send' in socket) await socket.send(next).catch(() => {});
      queuedBytes -= next.length;
    }
    pumping = false;
    if (phase === 'ending') release(limits.closeTimeoutMs);
  }

  function end(kind: ConnectionEnd['kind'], reason: string): void {
    verdict ??= { kind, reason };
    release(0);
  }

  /** Closes our side; libzmq goes on for at most `linger` ms to send what it holds. */
  function release(linger: number): void {
    if (phase === 'gone') return;
    phase = 'gone';
    clearTimeout(timer);
    socket.linger = linger;
    socket.close();
    setTimeout(() => {
      muted = true;
      const { kind, reason } = verdict ?? { kind: 'closed', reason: 'closed' };
      handlers.onClosed({ kind, reason: `${address.text}: ${reason}` });
    }, settleMs);
  }

  function wait(ms: number, then: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  }

  return {
    get dropped() {
      return dropped;
    },
    send(payload) {
      assertSendable(payload);
      if (!('send' in socket)) return false;
      if (phase !== 'open' || queuedBytes + payload.length > limits.maxQueuedBytes) return false;
      queue.push(payload);
      queuedBytes += payload.length;
      void pump();
      return true;
    },
    close() {
      if (phase === 'ending' || phase === 'gone') return;
      verdict ??= { kind: 'closed', reason: 'closed' };
      if (phase !== 'open') return release(0);
      phase = 'ending';
      wait(limits.closeTimeoutMs, () => release(0));
      void pump();
    },
    destroy() {
      muted = true;
      end('closed', 'destroyed');
    },
  };
};

/** libzmq is silent about a name it cannot resolve, so that is done here. IPv4 first, as it does. */
async function resolve(address: Address): Promise<{ text: string; ipv6: boolean }> {
  const { scheme, host, port, text } = address;
  if (scheme === 'ipc') return { text, ipv6: false };
  if (isIP(host)) return { text, ipv6: isIPv6(host) };
  const found = await lookup(host, { all: true });
  const best = found.find(({ family }) => family === 4) ?? found[0];
  if (!best) throw new Error(`${host} has no address`);
  return { text: `tcp://${best.address}:${port}`, ipv6: best.family === 6 };
}

function oneLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] as string;
}
