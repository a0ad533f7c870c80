import { encodeFrame } from './frames.ts';
import type { EndedRecord } from './records.ts';

export interface HistoryLimits {
  groups: number;
  /** In the journal. */
  bytes: number;
}

/** Enough to explain a day of failures; small beside a journal that is worth compacting. */
export const historyLimits: HistoryLimits = { groups: 1000, bytes: 512 * 1024 };

/** The last groups that ended, each once. The oldest go when there are too many or they take too much room. No I/O. */
export class History {
  readonly #limits: HistoryLimits;
  readonly #ended = new Map<string, { record: EndedRecord; bytes: number }>();
  #bytes = 0;

  constructor(limits: HistoryLimits = historyLimits) {
    this.#limits = limits;
  }

  has(groupId: string): boolean {
    return this.#ended.has(groupId);
  }

  /** Takes the end of a group in as the newest. A group that was taken for dead and ends again has one end, the later. */
  add(record: EndedRecord): void {
    this.#drop(record.groupId);
    const bytes = encodeFrame(record).length;
    this.#ended.set(record.groupId, { record, bytes });
    this.#bytes += bytes;
    for (const groupId of this.#ended.keys()) {
      if (this.#ended.size <= this.#limits.groups && this.#bytes <= this.#limits.bytes) return;
      this.#drop(groupId);
    }
  }

  /** Oldest first. */
  records(): EndedRecord[] {
    return [...this.#ended.values()].map(({ record }) => record);
  }

  #drop(groupId: string): void {
    this.#bytes -= this.#ended.get(groupId)?.bytes ?? 0;
    this.#ended.delete(groupId);
  }
}
