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
  isUnreachable,
  limitsOf,
} from './connection.ts';

/**
 * Pause between closing the socket and onClosed. libzmq closes its TCP connections later, in another thread, and
 * does not report it. A ROUTER ignores a second connection with the same identity while the first exists. Without
 * the pause 4 of 100 quick reconnects were never answered, with 5 ms 1 of 450.
 */
const settleMs = 100;

/**
 * Options of every ZeroMQ socket. Reconnecting is off: libzmq would send queued old heartbeats to a new scheduler.
 */
export function zmqOptions(options: ConnectOptions) {
  return {
    reconnectInterval: -1,
    maxMessageSize: limitsOf(options).maxMessageBytes,
    tcpKeepalive: 1 as const,
    tcpKeepaliveIdle: 30,
    linger: 0,
  };
}

/** One connection attempt and its connection over a new ZeroMQ socket, with one frame per message. */
export function connectZmq(
  socket: Dealer | Subscriber,
  options: ConnectOptions,
  handlers: ConnectionHandlers,
): Connection {
  const { address } = options;
  const limits = limitsOf(options);

  let phase: 'connecting' | 'handshake' | 'open' | 'ending' | 'gone' = 'connecting';
  let firstEnd: ConnectionEnd | null = null;
  let muted = false;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  const queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let sending = false;

  startTimer(limits.connectTimeoutMs, () =>
    end('unreachable', `no connection within ${limits.connectTimeoutMs} ms`),
  );
  void observe();
  void receive();
  void connect();

  async function connect(): Promise<void> {
    try {
      const endpoint = await resolve(address);
      if (phase !== 'connecting') return;
      socket.ipv6 = endpoint.ipv6;
      socket.connect(endpoint.text);
    } catch (error) {
      end(
        isUnreachable(error as NodeJS.ErrnoException) ? 'unreachable' : 'refused',
        oneLine(error),
      );
    }
  }

  async function observe(): Promise<void> {
    for await (const event of socket.events) {
      if (phase !== 'gone') onSocketEvent(event);
    }
  }

  function onSocketEvent(event: Event): void {
    switch (event.type) {
      case 'connect':
        if (phase !== 'connecting') break;
        phase = 'handshake';
        startTimer(limits.handshakeTimeoutMs, () =>
          end('refused', `no ZeroMQ handshake within ${limits.handshakeTimeoutMs} ms`),
        );
        break;
      case 'handshake':
        onOpen();
        break;
      case 'handshake:error:protocol':
      case 'handshake:error:auth':
        end('protocol', `ZeroMQ handshake failed: ${oneLine(event.error)}`);
        break;
      case 'handshake:error:other':
        end('refused', `ZeroMQ handshake failed: ${oneLine(event.error)}`);
        break;
      case 'close':
        end('refused', 'the connection was refused');
        break;
      case 'disconnect':
        if (phase === 'open' || phase === 'ending') end('aborted', 'the connection broke');
        else end('refused', 'the peer closed the connection during the handshake');
        break;
    }
  }

  function onOpen(): void {
    if (phase !== 'connecting' && phase !== 'handshake') return;
    phase = 'open';
    clearTimeout(timer);
    handlers.onOpen({ identity: null, magic: null });
  }

  async function receive(): Promise<void> {
    for await (const [payload, ...more] of socket) {
      onOpen(); // libzmq's events may arrive after its messages
      if (!payload?.length || more.length > 0) dropped++;
      else if (!muted) handlers.onMessage(payload);
    }
  }

  /** Sends the queue; zeromq allows one pending send. */
  async function sendQueue(): Promise<void> {
    if (sending) return;
    sending = true;
    for (let next = queue.shift(); next && phase !== 'gone'; next = queue.shift()) {
      // Fails only if the socket is closed, which the events report.
      if ('send' in socket) await socket.send(next).catch(() => {});
      queuedBytes -= next.length;
    }
    sending = false;
    if (phase === 'ending') release(limits.closeTimeoutMs);
  }

  function end(kind: ConnectionEnd['kind'], reason: string): void {
    firstEnd ??= { kind, reason };
    release(0);
  }

  /** Closes the socket; libzmq sends its queue for at most `linger` ms. */
  function release(linger: number): void {
    if (phase === 'gone') return;
    phase = 'gone';
    clearTimeout(timer);
    socket.linger = linger;
    socket.close();
    setTimeout(() => {
      muted = true;
      const { kind, reason } = firstEnd ?? { kind: 'closed', reason: 'closed' };
      handlers.onClosed({ kind, reason: `${address.text}: ${reason}` });
    }, settleMs);
  }

  function startTimer(ms: number, then: () => void): void {
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
      void sendQueue();
      return true;
    },
    close() {
      if (phase === 'ending' || phase === 'gone') return;
      firstEnd ??= { kind: 'closed', reason: 'closed' };
      if (phase !== 'open') return release(0);
      phase = 'ending';
      startTimer(limits.closeTimeoutMs, () => release(0));
      void sendQueue();
    },
    destroy() {
      muted = true;
      end('closed', 'destroyed');
    },
  };
}

/** Resolves the host, since libzmq does not report failures to resolve it. Prefers IPv4, like libzmq. */
async function resolve(address: Address): Promise<{ text: string; ipv6: boolean }> {
  const { scheme, host, port, text } = address;
  if (scheme === 'ipc') return { text, ipv6: false };
  if (isIP(host)) return { text, ipv6: isIPv6(host) };
  const addresses = await lookup(host, { all: true });
  const best = addresses.find(({ family }) => family === 4) ?? addresses[0];
  if (!best) throw new Error(`${host} has no address`);
  return { text: `tcp://${best.address}:${port}`, ipv6: best.family === 6 };
}

function oneLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] as string;
}
