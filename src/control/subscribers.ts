import {
  type Push,
  protocolVersion,
  type Status,
  type Subscription,
  type ToldEvent,
} from './api.ts';
import { encodeMessage, longestAnswer } from './codec.ts';
import type { Feed } from './feed.ts';

/** Sends to a client now. `full`: it does not read what it was sent. `gone`: there is no such client any more. */
export type SendNow = (client: Buffer, bytes: Uint8Array) => Promise<'sent' | 'full' | 'gone'>;

/** Subscriptions of all clients together. */
const mostSubscriptions = 16;
/** Events that wait for one subscriber. */
const mostQueued = 1000;
const eventsPerPush = 50;
const flushEveryMs = 100;
const statusEveryMs = 1000;
/** A subscriber of events hears that we live at least so often, ms; only so is one found that is gone. */
const quietMs = 5000;
/** A subscriber that reads nothing for so long is dropped, ms. */
const unreadLimitMs = 60_000;

interface Subscriber {
  client: Buffer;
  topic: Subscription['topic'];
  queue: ToldEvent[];
  dropped: number;
  sentAt: number;
  endListening: () => void;
}

interface Parts {
  feed: Feed;
  status: () => Status;
  send: SendNow;
  now: () => number;
}

/** Clients that get changes without asking again. A slow one loses events, and is told how many; nothing waits for it. */
export function createSubscribers({ feed, status, send, now }: Parts) {
  const subscribers = new Map<string, Subscriber>();
  let statusAt = 0;
  let isFlushing = false;

  const keyOf = (client: Buffer, topic: string) => `${topic} ${client.toString('hex')}`;

  function remove(key: string): void {
    subscribers.get(key)?.endListening();
    subscribers.delete(key);
  }

  async function push(key: string, subscriber: Subscriber, message: Push): Promise<boolean> {
    const bytes = encodeMessage(message);
    const outcome = bytes.length > longestAnswer ? 'sent' : await send(subscriber.client, bytes);
    if (outcome === 'sent') subscriber.sentAt = now();
    if (outcome === 'gone' || now() - subscriber.sentAt > unreadLimitMs) remove(key);
    return outcome === 'sent';
  }

  async function flushEvents(key: string, subscriber: Subscriber): Promise<void> {
    const { queue, dropped } = subscriber;
    const isQuiet = queue.length === 0 && dropped === 0;
    if (isQuiet && now() - subscriber.sentAt < quietMs) return;
    const items = queue.slice(0, eventsPerPush);
    const isSent = await push(key, subscriber, {
      ...{ v: protocolVersion, topic: 'events', items, dropped },
    });
    if (!isSent) return;
    queue.splice(0, items.length);
    subscriber.dropped -= dropped;
  }

  async function flush(): Promise<void> {
    if (isFlushing || subscribers.size === 0) return;
    isFlushing = true;
    try {
      const isStatusDue = now() - statusAt >= statusEveryMs;
      if (isStatusDue) statusAt = now();
      let current: Status | null = null;
      for (const [key, subscriber] of [...subscribers]) {
        if (subscriber.topic === 'events') await flushEvents(key, subscriber);
        else if (isStatusDue) {
          current ??= status();
          await push(key, subscriber, { v: protocolVersion, topic: 'status', items: [current] });
        }
      }
    } finally {
      isFlushing = false;
    }
  }

  // A flush that fails ends nothing: the next one tries again.
  const timer = setInterval(() => void flush().catch(() => {}), flushEveryMs);
  timer.unref();

  return {
    count: () => subscribers.size,

    /** False: there are as many as there may be. A client has one subscription of each topic. */
    add(client: Buffer, { topic, level = 'info', names }: Subscription): boolean {
      const key = keyOf(client, topic);
      remove(key);
      if (subscribers.size >= mostSubscriptions) return false;
      const subscriber: Subscriber = {
        ...{ client, topic, queue: [], dropped: 0, sentAt: now(), endListening: () => {} },
      };
      const isNamed = ({ event }: ToldEvent) =>
        names === undefined || names.some((name) => event.startsWith(name));
      if (topic === 'events')
        subscriber.endListening = feed.listen(level, (told) => {
          if (!isNamed(told)) return;
          if (subscriber.queue.length >= mostQueued) subscriber.dropped++;
          else subscriber.queue.push(told);
        });
      subscribers.set(key, subscriber);
      return true;
    },

    remove: (client: Buffer, topic: string) => remove(keyOf(client, topic)),

    removeAll(): void {
      for (const key of [...subscribers.keys()]) remove(key);
    },

    close(): void {
      clearInterval(timer);
      for (const key of [...subscribers.keys()]) remove(key);
    },
  };
}
