import type { Agenda } from './agenda.ts';
import type { Operation } from './client.ts';

interface Rate {
  burst: number;
  perSecond: number;
}

/** AWS's own buckets: of an account and region, for all calls of a kind. */
export interface BucketRates {
  /** RunTask and StopTask. */
  modify: Rate;
  /** RunTask. */
  launch: Rate;
  /** DescribeTasks and ListTasks. */
  read: Rate;
}

const keys: Record<Operation, readonly (keyof BucketRates)[]> = {
  RunTask: ['modify', 'launch'],
  StopTask: ['modify'],
  DescribeTasks: ['read'],
  ListTasks: ['read'],
};

/** No call is throttled before `limit` gives rates. */
export function createBuckets({ now }: Pick<Agenda, 'now'>) {
  let rates: BucketRates | null = null;
  let tokens = { modify: 0, launch: 0, read: 0 };
  let filledAt = 0;
  return {
    isLimited: (): boolean => rates !== null,
    /** Full buckets with these rates; null: none. */
    limit(next: BucketRates | null): void {
      rates = next;
      filledAt = now();
      if (next !== null)
        tokens = {
          ...{ modify: next.modify.burst, launch: next.launch.burst, read: next.read.burst },
        };
    },
    /** Takes a token; false: AWS throttles the call, which then costs none. */
    take(operation: Operation): boolean {
      if (rates === null) return true;
      const seconds = (now() - filledAt) / 1000;
      filledAt = now();
      for (const key of ['modify', 'launch', 'read'] as const) {
        const { burst, perSecond } = rates[key];
        tokens[key] = Math.min(burst, tokens[key] + seconds * perSecond);
      }
      const from = keys[operation];
      if (from.some((key) => tokens[key] < 1)) return false;
      for (const key of from) tokens[key]--;
      return true;
    },
  };
}
