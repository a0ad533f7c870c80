import { now } from '../shared/clock.ts';
import { AwsError } from './awsError.ts';

/** Rate (requests per second) and burst of each ECS API category, from the Amazon ECS API reference, "Request throttling". */
export const buckets = {
  clusterModify: { burst: 20, rate: 1 },
  clusterRead: { burst: 50, rate: 20 },
  definitionModify: { burst: 20, rate: 1 },
  definitionRead: { burst: 50, rate: 20 },
  tagModify: { burst: 20, rate: 10 },
  tagRead: { burst: 50, rate: 20 },
  resourceModify: { burst: 100, rate: 40 },
  resourceRead: { burst: 100, rate: 20 },
  // Fargate's own limits: RunTask calls, and launched tasks.
  fargateRunTask: { burst: 20, rate: 20 },
  fargateOnDemand: { burst: 100, rate: 20 },
  fargateSpot: { burst: 100, rate: 20 },
} as const;

export type Bucket = keyof typeof buckets;

/** The API token buckets of one account and Region. */
export class Quotas {
  readonly #levels = new Map<Bucket, { tokens: number; at: number }>();

  /** Takes tokens. Throws ThrottlingException when the bucket has too few, and then takes none. */
  take(bucket: Bucket, tokens = 1): void {
    const { burst, rate } = buckets[bucket];
    const at = now();
    const level = this.#levels.get(bucket) ?? { tokens: burst, at };
    const filled = Math.min(burst, level.tokens + ((at - level.at) / 1000) * rate);
    if (filled < tokens) throw new AwsError('ThrottlingException', 'Rate exceeded');
    this.#levels.set(bucket, { tokens: filled - tokens, at });
  }
}
