/** What is still to happen to a process that may be killed: entries of a dead owner are passed over. */
export interface Owner {
  dead: boolean;
  /** It stands still until then: what is due before happens then, timers first. */
  frozenUntil?: number;
}

export interface Entry {
  at: number;
  /** When it was asked for. */
  askedAt: number;
  seq: number;
  owner: Owner | null;
  act: (() => void) | null;
  isTimer: boolean;
}

/** Virtual time: the next thing that happens is the earliest, and of equals the one that was asked for first. */
export interface Agenda {
  now(): number;
  after(ms: number, act: () => void, owner?: Owner | null): Entry;
  /** The same for a timer of a process: after a standstill it fires before anything is read. */
  timer(ms: number, act: () => void, owner: Owner): Entry;
  cancel(entry: Entry): void;
  /** Lets time pass to the next entry and carries it out; false when there is none. */
  step(): boolean;
  /**
   * How many entries were asked for and carried out at the present moment: those of something that sets itself off. What
   * has waited for the end of a standstill is not among them.
   */
  atOnce(): number;
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq);

export const createAgenda = (start: number): Agenda => {
  const heap: Entry[] = [];
  let time = start;
  let seq = 0;
  let atOnce = 0;

  const push = (entry: Entry): void => {
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up] as Entry;
      if (!before(entry, above)) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = entry;
  };

  const pop = (): Entry | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      const left = heap[down];
      if (!left) break;
      const right = heap[down + 1];
      let child = left;
      if (right && before(right, left)) {
        down += 1;
        child = right;
      }
      if (!before(child, last)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
    return first;
  };

  const add = (ms: number, act: () => void, owner: Owner | null, isTimer: boolean): Entry => {
    const at = time + Math.max(0, ms);
    const entry: Entry = { at, askedAt: time, seq: seq++, owner, act, isTimer };
    push(entry);
    return entry;
  };

  return {
    now: () => time,
    after: (ms, act, owner = null) => add(ms, act, owner, false),
    timer: (ms, act, owner) => add(ms, act, owner, true),
    cancel(entry) {
      entry.act = null;
    },
    step() {
      for (;;) {
        const entry = pop();
        if (!entry) return false;
        if (entry.act === null || entry.owner?.dead) continue;
        const frozenUntil = entry.owner?.frozenUntil ?? 0;
        if (entry.at < frozenUntil) {
          // Popped in the order in which they are due, they keep it.
          entry.at = frozenUntil + (entry.isTimer ? 0 : 1);
          entry.seq = seq++;
          push(entry);
          continue;
        }
        if (entry.at !== time) atOnce = 0;
        time = entry.at;
        if (entry.askedAt === time) atOnce++;
        entry.act();
        return true;
      }
    },
    atOnce: () => atOnce,
  };
};

/**
 * Resolves when no promise is left that could go on by itself: Node takes the next tick only after the
 * whole queue of microtasks. Exact, and without any timer.
 */
export const drained = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve);
  });

/** Of a process that is no more: its promises never settle. */
export const never = <T>(): Promise<T> => new Promise<T>(() => {});
