import type { Log } from '../telemetry/log.ts';
import { type LongWait, limitCallsUnderWay } from './callsUnderWay.ts';
import type { Limiter } from './limiter.ts';
import type { Clock } from './systemClock.ts';

/** A turn that is not used within this time, ms, is given back. */
const unusedMs = 1_000;

/** When a call may be sent: as soon as the limiter allows it and few enough of its kind are under way. */
export interface Turns {
  /** Resolves when a call may be sent, to the function that ends its turn; rejects with the signal's reason. */
  take(operation: string, signal: AbortSignal): Promise<() => void>;
  /**
   * Waits for a turn before the call is decided on. Whether it is still to be made is decided when the turn has come:
   * the wait can be long.
   */
  reserve(operation: string, key: string, signal: AbortSignal): Promise<void>;
  /** The next call with this signal has the turn that was reserved under this key, if there is one. */
  use(key: string, signal: AbortSignal): void;
}

export function createTurns(
  limiter: Pick<Limiter, 'acquire'>,
  clock: Clock,
  log: Log,
  connections?: number,
): Turns {
  const report = (wait: LongWait) => log.report('awsCall.waiting', wait);
  const underWay = limitCallsUnderWay(clock, report, connections);
  const reserved = new Map<string, () => void>();
  const assigned = new WeakMap<AbortSignal, () => void>();

  async function wait(operation: string, signal: AbortSignal): Promise<() => void> {
    const leave = await underWay.enter(operation, signal);
    try {
      await limiter.acquire(operation, signal);
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  return {
    async take(operation, signal) {
      const end = assigned.get(signal);
      assigned.delete(signal);
      return end ?? (await wait(operation, signal));
    },
    async reserve(operation, key, signal) {
      const end = await wait(operation, signal);
      reserved.get(key)?.();
      const used = new AbortController();
      reserved.set(key, () => {
        reserved.delete(key);
        used.abort();
        end();
      });
      const turn = reserved.get(key);
      clock.sleep(unusedMs, used.signal).then(
        () => turn === reserved.get(key) && turn?.(),
        () => {},
      );
    },
    use(key, signal) {
      const turn = reserved.get(key);
      if (turn === undefined) return;
      reserved.delete(key);
      assigned.set(signal, turn);
    },
  };
}
