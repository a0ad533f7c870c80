import { now } from '../shared/clock.ts';
import type { Log } from '../telemetry/log.ts';

interface Timer {
  at: number;
  /** Breaks ties, so that what was planned first happens first. */
  seq: number;
  run: () => void;
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq);

/** How long one turn may work before others get theirs: a hundred tasks that are due at once must not block an answer. */
const maxBatchMs = 10;

/** What will happen when: one heap and one timer, however many tasks there are. */
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

  /** Runs `run` in `ms` milliseconds; Infinity means never. There is no cancelling: `run` looks whether it is still wanted. */
  after(ms: number, run: () => void): void {
    if (this.#closed || ms === Number.POSITIVE_INFINITY) return;
    const entry = { at: now() + Math.max(0, ms), seq: this.#seq++, run };
    this.#push(entry);
    if (entry.at < this.#timeoutAt) this.#schedule();
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
    // Node turns a longer delay into one millisecond; waking early only re-arms.
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
        this.#log.error(
          { error: String((error as Error).stack ?? error) },
          'a planned step failed',
        );
      }
      if (now() - started > maxBatchMs) break;
    }
    if (!this.#closed) this.#schedule();
  }

  #push(entry: Timer): void {
    const timers = this.#timers;
    let index = timers.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, timers[parent]!)) break;
      timers[index] = timers[parent]!;
      index = parent;
    }
    timers[index] = entry;
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
