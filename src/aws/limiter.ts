import type { Clock } from './systemClock.ts';

export interface Rate {
  /** Calls that may go at once after a rest. */
  burst: number;
  perSecond: number;
}

/** ECS's documented buckets, per account and region; Fargate limits RunTask once more. */
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

export interface Limiter {
  /** Resolves when the call may be sent; rejects with the signal's reason. An operation nobody limits goes at once. */
  acquire(operation: string, signal: AbortSignal): Promise<void>;
  /** AWS said slow down. */
  throttled(operation: string): void;
}

/** A burst of throttles is one message: the rate is halved at most once in this time. */
const oneThrottle = 1_000;
/** After a throttle the lower rate is kept for this time, then it grows again. */
const hold = 5_000;
/** Share of the full rate that comes back per second. */
const recovery = 0.05;
const lowest = 1 / 40;

interface Bucket {
  rate: Rate;
  tokens: number;
  filledAt: number;
  /** 1 is the full rate. */
  share: number;
  throttledAt: number;
}

interface Waiter {
  go(): void;
}

interface Lane {
  buckets: Bucket[];
  /** The bucket that a throttle of this operation slows: RunTask's trouble must not slow StopTask. */
  own: Bucket;
  /** In order of arrival. */
  waiting: Set<Waiter>;
}

const fill = (bucket: Bucket, now: number): void => {
  const { burst, perSecond } = bucket.rate;
  const recovering = Math.max(0, now - Math.max(bucket.filledAt, bucket.throttledAt + hold));
  bucket.share = Math.min(1, bucket.share + (recovering / 1000) * recovery);
  const elapsed = Math.max(0, now - bucket.filledAt);
  const most = Math.max(1, burst * bucket.share);
  bucket.tokens = Math.min(most, bucket.tokens + (elapsed / 1000) * perSecond * bucket.share);
  bucket.filledAt = now;
};

/** Rounding must not turn a token that is there into another wait. */
const whole = 1 - 1e-9;

/** Milliseconds until the bucket holds a token. */
const wait = ({ tokens, rate, share }: Bucket): number =>
  tokens >= whole ? 0 : ((1 - tokens) / (rate.perSecond * share)) * 1000;

/**
 * Keeps our calls below the account's buckets. Each operation has a queue of its own, served in turns,
 * so a thousand launches cannot hold back one StopTask. A throttle halves the rate, time gives it back.
 */
export const createLimiter = (clock: Clock, rates: Partial<Rates> = {}): Limiter => {
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
  const lanes = new Map<string, Lane>([
    ['StopTask', { buckets: [modify], own: modify, waiting: new Set() }],
    ['RunTask', { buckets: [modify, launch], own: launch, waiting: new Set() }],
    ['DescribeTasks', { buckets: [read], own: read, waiting: new Set() }],
    ['ListTasks', { buckets: [read], own: read, waiting: new Set() }],
  ]);
  /** Whose turn it is: the front goes first and then to the back. */
  const turns = [...lanes.values()];
  let alarm: { at: number; off: AbortController } | null = null;

  const serve = (): void => {
    const now = clock.now();
    for (const each of [modify, launch, read]) fill(each, now);
    for (let served = true; served; ) {
      const next = turns.findIndex(
        ({ waiting, buckets }) => waiting.size > 0 && buckets.every((each) => wait(each) === 0),
      );
      const lane = turns[next];
      served = lane !== undefined;
      if (!lane) break;
      turns.push(...turns.splice(next, 1));
      for (const each of lane.buckets) each.tokens = Math.max(0, each.tokens - 1);
      const [first] = lane.waiting;
      first?.go();
    }
    const open = turns.filter(({ waiting }) => waiting.size > 0);
    if (open.length > 0)
      setAlarm(now + Math.min(...open.map(({ buckets }) => Math.max(...buckets.map(wait)))));
  };

  const setAlarm = (at: number): void => {
    if (alarm && alarm.at <= at) return;
    alarm?.off.abort();
    const mine = { at, off: new AbortController() };
    alarm = mine;
    const ring = () => {
      if (alarm !== mine) return;
      alarm = null;
      serve();
    };
    // Whole milliseconds, so that a timer never rings just before its token.
    clock.sleep(Math.max(1, Math.ceil(at - clock.now())), mine.off.signal).then(ring, ring);
  };

  return {
    acquire(operation, signal) {
      const lane = lanes.get(operation);
      if (signal.aborted) return Promise.reject(signal.reason);
      if (!lane) return Promise.resolve();
      return new Promise<void>((resolve, reject) => {
        const waiter: Waiter = {
          go() {
            lane.waiting.delete(waiter);
            signal.removeEventListener('abort', leave);
            resolve();
          },
        };
        const leave = () => {
          lane.waiting.delete(waiter);
          reject(signal.reason);
        };
        signal.addEventListener('abort', leave, { once: true });
        lane.waiting.add(waiter);
        // Behind others there is nothing to win, and asking each time would cost the square of the queue.
        if (lane.waiting.size === 1) serve();
      });
    },
    throttled(operation) {
      const own = lanes.get(operation)?.own;
      if (!own) return;
      const now = clock.now();
      fill(own, now);
      own.tokens = 0;
      if (now - own.throttledAt >= oneThrottle) own.share = Math.max(lowest, own.share / 2);
      own.throttledAt = now;
    },
  };
};
