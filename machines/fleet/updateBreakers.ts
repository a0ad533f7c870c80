import { type Breakers, changesBetween } from './circuitBreaker.ts';
import type { Enqueue } from './fleetSetup.ts';

/** Takes these breakers in the place of those before, and notes what that changes. */
export function updateBreakers(before: Breakers, after: Breakers, enqueue: Enqueue): void {
  enqueue.assign({ breakers: after });
  for (const change of changesBetween(before, after))
    enqueue({ type: 'noteBreaker', params: change });
}
