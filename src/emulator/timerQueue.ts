import { now } from '../shared/clock.ts';
import { errorText } from '../shared/errorText.ts';
import type { Log } from '../telemetry/log.ts';

interface Timer {
  at: number;
  /** Orders timers that are due at the same time: first added, first run. */
  seq: number;
  run: () => void;
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq);

/** Callbacks run for at most this long before the event loop continues, so that many due timers do not block HTTP answers. */
const maxBatchMs = 10;

/** Delayed callbacks on one binary heap and one Node timer, for any number of tasks. */
export class TimerQueue {
  readonly #timers: Timer[] = [];
  readonly #log: Log;
  #seq = 0;
  #timeout: NodeJS.Timeout | null = null;
  #timeoutAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Calls `run` in `ms` milliseconds; Infinity means never. A timer cannot be cancelled: `run` checks whether it still applies. */
  after(ms: number, run: () => void): void {
    if (this.#closed || ms === Number.POSITIVE_INFINITY) return;
    const timer = { at: now() + Math.max(0, ms), seq: this.#seq++, run };
    this.#push(timer);
    if (timer.at < this.#timeoutAt) this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#timers.length = 0;
    if (this.#timeout) clearTimeout(this.#timeout);
  }

  #schedule(): void {
    if (this.#timeout) clearTimeout(this.#timeout);
    this.#timeout = null;
    const head = this.#timers[0];
    this.#timeoutAt = head ? head.at : Number.POSITIVE_INFINITY;
    if (!head) return;
    // Node reduces a longer delay to 1 ms; a timeout that fires early only schedules the next one.
    const delay = Math.min(Math.max(0, Math.ceil(head.at - now())), 2 ** 31 - 1);
    this.#timeout = setTimeout(() => this.#runDue(), delay);
  }

  #runDue(): void {
    const started = now();
    for (let head = this.#timers[0]; head && head.at <= now(); head = this.#timers[0]) {
      this.#pop();
      try {
        head.run();
      } catch (error) {
        this.#log.report('emulator.stepFailed', { error: errorText(error) });
      }
      if (now() - started > maxBatchMs) break;
    }
    if (!this.#closed) this.#schedule();
  }

  #push(timer: Timer): void {
    const timers = this.#timers;
    let index = timers.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, timers[parent]!)) break;
      timers[index] = timers[parent]!;
      index = parent;
    }
    timers[index] = timer;
  }

  #pop(): void {
    const timers = this.#timers;
    const last = timers.pop()!;
    if (timers.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= timers.length) break;
      if (child + 1 < timers.length && isBefore(timers[child + 1]!, timers[child]!)) child++;
      if (!isBefore(timers[child]!, last)) break;
      timers[index] = timers[child]!;
      index = child;
    }
    timers[index] = last;
  }
}
