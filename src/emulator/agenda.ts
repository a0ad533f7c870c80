import { now } from '../shared/clock.ts';
import { errorText } from '../shared/errorText.ts';
import type { Log } from '../telemetry/log.ts';

interface Entry {
  at: number;
  /** Breaks ties, so that what was planned first happens first. */
  seq: number;
  run: () => void;
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq);

/** How long one turn may work before others get theirs: a hundred tasks that are due at once must not block an answer. */
const turnMs = 10;

/** What will happen when: one heap and one timer, however many tasks there are. */
export class Agenda {
  readonly #heap: Entry[] = [];
  readonly #log: Log;
  #seq = 0;
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Runs `run` in `ms` milliseconds; Infinity means never. There is no cancelling: `run` looks whether it is still wanted. */
  in(ms: number, run: () => void): void {
    if (this.#closed || ms === Number.POSITIVE_INFINITY) return;
    const entry = { at: now() + Math.max(0, ms), seq: this.#seq++, run };
    this.#push(entry);
    if (entry.at < this.#timerAt) this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#heap.length = 0;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const head = this.#heap[0];
    this.#timerAt = head ? head.at : Number.POSITIVE_INFINITY;
    if (!head) return;
    // Node turns a longer delay into one millisecond; waking early only re-arms.
    const delay = Math.min(Math.max(0, Math.ceil(head.at - now())), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#turn(), delay);
  }

  #turn(): void {
    const started = now();
    for (let head = this.#heap[0]; head && head.at <= now(); head = this.#heap[0]) {
      this.#pop();
      try {
        head.run();
      } catch (error) {
        this.#log.report('emulator.stepFailed', { error: errorText(error) });
      }
      if (now() - started > turnMs) break;
    }
    if (!this.#closed) this.#arm();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}
