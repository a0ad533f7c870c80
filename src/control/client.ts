import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Args,
  type Operation,
  type Push,
  protocolVersion,
  type Result,
  type Subscription,
} from './api.ts';
import { decodeAnswer, encodeMessage, longestAnswer } from './codec.ts';
import { ControlFailure } from './controlFailure.ts';
import { type Endpoint, endpointIn, whyDeaf } from './endpoint.ts';
import { loadZeromq } from './zeromq.ts';

/** How long a daemon may take to answer; it takes milliseconds. */
const answerWithinMs = 5000;
/** Without any push for so long the daemon counts as gone, ms. */
const silenceMs = 15_000;

export interface ControlClient {
  /** Rejects with a ControlFailure. */
  ask<O extends Operation>(op: O, args: Args<O>): Promise<Result<O>>;
  /** What the daemon tells, until the loop is left. Throws a ControlFailure when the daemon is gone. */
  subscribe(subscription: Subscription): AsyncIterable<Push>;
  close(): void;
}

interface Waiter {
  resolve(result: unknown): void;
  reject(failure: ControlFailure): void;
}

/** Connects to the daemon of a state directory. Rejects with a ControlFailure that says where it was looked for. */
export async function connectControl(dir: string): Promise<ControlClient> {
  const endpoint = await reach(dir);
  const { Dealer } = await loadZeromq().catch((error) => {
    throw new ControlFailure('noDaemon', error.message);
  });
  const dealer = new Dealer({
    ...{ linger: 0, maxMessageSize: longestAnswer, receiveHighWaterMark: 64 },
    // A daemon that is gone is asked no more: another one may be at this place later.
    reconnectInterval: -1,
  });
  dealer.connect(endpoint.address);
  const waiters = new Map<number, Waiter>();
  const pushes: Push[] = [];
  let wake = () => {};
  let lastId = 0;
  let isGone = false;
  const gone = () => new ControlFailure('noDaemon', `the daemon at ${endpoint.path} is gone`);

  function lose(): void {
    isGone = true;
    for (const { reject } of waiters.values()) reject(gone());
    waiters.clear();
    wake();
  }

  function take(bytes: Uint8Array): void {
    const message = decodeAnswer(bytes);
    if ('topic' in message) {
      pushes.push(message);
      wake();
      return;
    }
    const waiter = waiters.get(message.id);
    waiters.delete(message.id);
    if (message.ok) waiter?.resolve(message.result);
    else waiter?.reject(new ControlFailure('refused', message.error.message));
  }

  void (async () => {
    for await (const [payload] of dealer) {
      try {
        if (payload) take(payload);
      } catch {
        // Not from a daemon of ours; a request that waits for an answer gets none.
      }
    }
  })().catch(() => {});
  void (async () => {
    for await (const { type } of dealer.events) if (type === 'disconnect') lose();
  })().catch(() => {});

  const ask: ControlClient['ask'] = async (op, args) => {
    if (isGone) throw gone();
    const id = ++lastId;
    const timer = new AbortController();
    const answer = new Promise<unknown>((resolve, reject) => {
      waiters.set(id, { resolve, reject });
    });
    const silence = sleep(answerWithinMs, undefined, { signal: timer.signal }).then(() => {
      waiters.delete(id);
      throw new ControlFailure(
        'noDaemon',
        `the daemon at ${endpoint.path} has not answered within ${answerWithinMs / 1000} s`,
      );
    });
    // Until they are waited for, nothing is lost when they reject.
    silence.catch(() => {});
    answer.catch(() => {});
    try {
      await dealer.send(encodeMessage({ v: protocolVersion, id, op, args }));
      return (await Promise.race([answer, silence])) as never;
    } finally {
      timer.abort();
    }
  };

  return {
    ask,
    async *subscribe(subscription) {
      await ask('subscribe', subscription);
      for (;;) {
        const push = pushes.shift();
        if (push !== undefined) {
          yield push;
          continue;
        }
        if (isGone) throw gone();
        const timer = new AbortController();
        const woken = new Promise<'push'>((resolve) => {
          wake = () => resolve('push');
        });
        const silent = sleep(silenceMs, 'silence' as const, { signal: timer.signal });
        silent.catch(() => {});
        const first = await Promise.race([woken, silent]);
        timer.abort();
        if (first === 'silence')
          throw new ControlFailure(
            'noDaemon',
            `the daemon at ${endpoint.path} says nothing any more`,
          );
      }
    },
    close() {
      dealer.close();
      endpoint.close();
    },
  };
}

const whyWords: Record<string, string> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'the daemon that made it is dead',
  EACCES: 'it belongs to another user',
};

/** ZeroMQ does not say whether anything listens; the kernel does. */
async function reach(dir: string): Promise<Endpoint> {
  let endpoint: Endpoint;
  try {
    endpoint = endpointIn(dir);
  } catch (error) {
    throw new ControlFailure('noDaemon', `no daemon in ${dir}: ${(error as Error).message}`);
  }
  const code = await whyDeaf(endpoint);
  if (code !== null) {
    endpoint.close();
    throw new ControlFailure(
      'noDaemon',
      `no daemon answers at ${endpoint.path}: ${whyWords[code] ?? code}`,
    );
  }
  return endpoint;
}
