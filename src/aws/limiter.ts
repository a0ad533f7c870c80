import type { Clock } from './systemClock.ts';

/** A token bucket. */
export interface Rate {
  /** Capacity of the bucket: calls that may be sent at once. */
  burst: number;
  /** Tokens added per second. */
  perSecond: number;
}

/** ECS's documented API buckets, per account and region; Fargate limits RunTask in addition. */
export interface Rates {
  /** RunTask and StopTask together. */
  modify: Rate;
  /** RunTask. */
  launch: Rate;
  /** DescribeTasks and ListTasks together. */
  read: Rate;
}

export const awsRates: Rates = {
  modify: { burst: 100, perSecond: 40 },
  launch: { burst: 20, perSecond: 20 },
  read: { burst: 100, perSecond: 20 },
};

/** What is left of a bucket. */
export interface BucketLevel {
  bucket: keyof Rates;
  tokens: number;
  /** Part of the full rate in use, 0 to 1: less than 1 after a throttle. */
  share: number;
}

/** Calls that wait for a token. */
export interface Waiting {
  operation: string;
  calls: number;
}

export interface Limits {
  buckets: BucketLevel[];
  waiting: Waiting[];
}

export interface Limiter {
  /** What is left of each bucket, and what waits, now. */
  limits(): Limits;
  /** Resolves when the call may be sent, at once for other operations; rejects with the signal's reason. */
  acquire(operation: string, signal: AbortSignal): Promise<void>;
  /** Reports that AWS throttled a call of this operation. */
  throttled(operation: string): void;
}

/** Throttles within this time of the previous one do not halve the rate again, ms. */
const throttleWindowMs = 1_000;
/** How long after the last throttle the reduced rate is kept before it recovers, ms. */
const recoveryDelayMs = 5_000;
/** Fraction of the full rate that is restored per second. */
const recoveryPerSecond = 0.05;
const minShare = 1 / 40;

interface Bucket {
  rate: Rate;
  tokens: number;
  filledAt: number;
  /** Fraction of the full rate that is in use, from minShare to 1. */
  share: number;
  throttledAt: number;
}

interface Waiter {
  go(): void;
}

/** The queue of one operation. */
interface Lane {
  /** A call takes one token from each of these. */
  buckets: Bucket[];
  /** The bucket that a throttle slows down. For RunTask not `modify`, which StopTask shares. */
  throttledBucket: Bucket;
  /** In order of arrival. */
  waiting: Set<Waiter>;
}

function fill(bucket: Bucket, now: number): void {
  const { burst, perSecond } = bucket.rate;
  const recoveryStart = Math.max(bucket.filledAt, bucket.throttledAt + recoveryDelayMs);
  const recoveringMs = Math.max(0, now - recoveryStart);
  bucket.share = Math.min(1, bucket.share + (recoveringMs / 1000) * recoveryPerSecond);
  const elapsedMs = Math.max(0, now - bucket.filledAt);
  const capacity = Math.max(1, burst * bucket.share);
  const added = (elapsedMs / 1000) * perSecond * bucket.share;
  bucket.tokens = Math.min(capacity, bucket.tokens + added);
  bucket.filledAt = now;
}

/** One token less a tolerance for rounding errors, which would otherwise cost another wait. */
const oneToken = 1 - 1e-9;

/** Milliseconds until the bucket holds a token. */
function waitMs({ tokens, rate, share }: Bucket): number {
  return tokens >= oneToken ? 0 : ((1 - tokens) / (rate.perSecond * share)) * 1000;
}

/**
 * Keeps calls below the account's API limits. Each operation has its own queue, and the queues are served in turn,
 * so that many waiting launches do not delay a StopTask. A throttle halves the rate; it recovers with time.
 */
export function createLimiter(clock: Clock, rates: Partial<Rates> = {}): Limiter {
  const bucket = (rate: Rate): Bucket => ({
    rate,
    tokens: rate.burst,
    filledAt: clock.now(),
    share: 1,
    throttledAt: Number.NEGATIVE_INFINITY,
  });
  const modify = bucket(rates.modify ?? awsRates.modify);
  const launch = bucket(rates.launch ?? awsRates.launch);
  const read = bucket(rates.read ?? awsRates.read);
  const lane = (buckets: Bucket[], throttledBucket: Bucket): Lane => ({
    buckets,
    throttledBucket,
    waiting: new Set(),
  });
  const lanes = new Map<string, Lane>([
    ['StopTask', lane([modify], modify)],
    ['RunTask', lane([modify, launch], launch)],
    ['DescribeTasks', lane([read], read)],
    ['ListTasks', lane([read], read)],
  ]);
  /** The lanes in the order in which they are served next; a served lane moves to the end. */
  const turns = [...lanes.values()];
  let timer: { at: number; cancel: AbortController } | null = null;

  function serve(): void {
    const now = clock.now();
    for (const each of [modify, launch, read]) fill(each, now);
    for (;;) {
      const next = turns.findIndex(
        ({ waiting, buckets }) => waiting.size > 0 && buckets.every((each) => waitMs(each) === 0),
      );
      const served = turns[next];
      if (!served) break;
      turns.push(...turns.splice(next, 1));
      for (const each of served.buckets) each.tokens = Math.max(0, each.tokens - 1);
      const [first] = served.waiting;
      first?.go();
    }
    const waitingLanes = turns.filter(({ waiting }) => waiting.size > 0);
    if (waitingLanes.length > 0)
      setTimer(
        now + Math.min(...waitingLanes.map(({ buckets }) => Math.max(...buckets.map(waitMs)))),
      );
  }

  function setTimer(at: number): void {
    if (timer && timer.at <= at) return;
    timer?.cancel.abort();
    const mine = { at, cancel: new AbortController() };
    timer = mine;
    const wake = () => {
      if (timer !== mine) return;
      timer = null;
      serve();
    };
    // Rounded up, so that the timer does not fire just before the token is there.
    clock.sleep(Math.max(1, Math.ceil(at - clock.now())), mine.cancel.signal).then(wake, wake);
  }

  return {
    limits() {
      const now = clock.now();
      const levels = Object.entries({ modify, launch, read }).map(([name, each]) => {
        fill(each, now);
        return { bucket: name as keyof Rates, tokens: each.tokens, share: each.share };
      });
      const waiting = [...lanes].map(([operation, lane]) => ({
        operation,
        calls: lane.waiting.size,
      }));
      return { buckets: levels, waiting };
    },
    acquire(operation, signal) {
      const lane = lanes.get(operation);
      if (signal.aborted) return Promise.reject(signal.reason);
      if (!lane) return Promise.resolve();
      return new Promise<void>((resolve, reject) => {
        const waiter: Waiter = {
          go() {
            lane.waiting.delete(waiter);
            signal.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        const onAbort = () => {
          lane.waiting.delete(waiter);
          reject(signal.reason);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        lane.waiting.add(waiter);
        // A call behind others cannot be served now; trying anyway would make a queue of n cost n².
        if (lane.waiting.size === 1) serve();
      });
    },
    throttled(operation) {
      const bucket = lanes.get(operation)?.throttledBucket;
      if (!bucket) return;
      const now = clock.now();
      fill(bucket, now);
      bucket.tokens = 0;
      if (now - bucket.throttledAt >= throttleWindowMs)
        bucket.share = Math.max(minShare, bucket.share / 2);
      bucket.throttledAt = now;
    },
  };
}
