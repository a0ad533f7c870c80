import type { Clock } from './systemClock.ts';

/**
 * Calls under way at once, by operation, where there are `maxConnections`. Together they are never more than the
 * connections, so that a call that was sent never waits in the HTTP agent, where neither its timeouts nor its error
 * would tell that wait from a dead server; and so that launches without an answer leave room for StopTask.
 */
const most: Readonly<Record<string, number>> = {
  RunTask: 40,
  StopTask: 40,
  DescribeTasks: 14,
  ListTasks: 2,
};
const mostOther = 4;

/** Connections of one client to one host, unless the settings say otherwise. */
export const maxConnections = 100;
/** One for each of the operations above, and one for all others. */
export const minConnections = Object.keys(most).length + 1;

/** How many calls of an operation may be under way: one for sure, and its part of the connections that are left. */
export function limitOf(operation: string, connections: number): number {
  const part = ((most[operation] ?? mostOther) - 1) / (maxConnections - minConnections);
  return 1 + Math.floor(part * (connections - minConnections));
}

/** A wait of this length is worth a word, ms. */
const longWaitMs = 5_000;
const repeatAfterMs = 60_000;

export interface CallsUnderWay {
  /** Resolves in order of arrival when the call may be sent, to what ends it; rejects with the signal's reason. */
  enter(operation: string, signal: AbortSignal): Promise<() => void>;
}

/** What is worth a word about calls that wait. */
export interface LongWait {
  operation: string;
  underWay: number;
  waiting: number;
}

interface Lane {
  underWay: number;
  waiting: Set<() => void>;
  reportedAt: number;
}

/**
 * Limits how many calls are under way at once. `onLongWait` is called at most once a minute per operation.
 * `connections`: at least `minConnections`.
 */
export function limitCallsUnderWay(
  clock: Clock,
  onLongWait: (wait: LongWait) => void,
  connections = maxConnections,
): CallsUnderWay {
  const lanes = new Map<string, Lane>();
  const laneOf = (name: string): Lane => {
    const lane = lanes.get(name) ?? {
      underWay: 0,
      waiting: new Set(),
      reportedAt: Number.NEGATIVE_INFINITY,
    };
    lanes.set(name, lane);
    return lane;
  };

  return {
    async enter(operation, signal) {
      signal.throwIfAborted();
      const lane = laneOf(operation in most ? operation : 'other');
      const limit = limitOf(operation, connections);
      let isOver = false;
      const leave = () => {
        if (isOver) return;
        isOver = true;
        lane.underWay--;
        const [next] = lane.waiting;
        next?.();
      };
      const take = () => {
        lane.underWay++;
        return leave;
      };
      if (lane.underWay < limit && lane.waiting.size === 0) return take();
      return await new Promise((resolve, reject) => {
        const settled = new AbortController();
        const go = () => {
          lane.waiting.delete(go);
          signal.removeEventListener('abort', onAbort);
          settled.abort();
          resolve(take());
        };
        lane.waiting.add(go);
        const onAbort = () => {
          lane.waiting.delete(go);
          settled.abort();
          reject(signal.reason);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        clock.sleep(longWaitMs, settled.signal).then(
          () => {
            if (clock.now() - lane.reportedAt < repeatAfterMs) return;
            lane.reportedAt = clock.now();
            onLongWait({ operation, underWay: lane.underWay, waiting: lane.waiting.size });
          },
          () => {},
        );
      });
    },
  };
}
