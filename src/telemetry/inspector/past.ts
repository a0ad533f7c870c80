import {
  type ActorState,
  applyEntry,
  type Entry,
  type Header,
  isGroup,
  type RecordingLine,
} from './recording.ts';

/** So many ended groups are remembered beyond the time that the entries cover. */
const mostEndedGroups = 10_000;

/** What happened lately, within a bound of memory: what is older is only known as the state it led to. */
export interface Past {
  add(entry: Entry): void;
  /** A recording of all that is remembered, without the frame that says what follows. */
  lines(): Iterable<string>;
  /** Ended groups that are no longer remembered. */
  dropped(): number;
}

export const lineOf = (line: RecordingLine): string => JSON.stringify(line);

/** `mostBytes`: of all entries, as text. */
export function createPast(
  header: Header,
  mostBytes: number,
  onLine: (line: string) => void,
): Past {
  const base = new Map<number, ActorState>();
  const endedGroups: number[] = [];
  let entries: string[] = [];
  let first = 0;
  let bytes = 0;
  let dropped = 0;

  const forget = (line: string): void => {
    const entry = JSON.parse(line) as Entry;
    const alive =
      'cut' in entry
        ? [...base.values()].filter(({ endedAt }) => endedAt === null)
        : 'ended' in entry
          ? [base.get(entry.actor)]
          : [];
    applyEntry(base, entry);
    for (const actor of alive) {
      if (!actor) continue;
      if (isGroup(actor)) endedGroups.push(actor.actor);
      else base.delete(actor.actor);
    }
    while (endedGroups.length > mostEndedGroups) {
      base.delete(endedGroups.shift() as number);
      dropped++;
    }
  };

  return {
    add(entry) {
      const line = lineOf(entry);
      entries.push(line);
      bytes += line.length;
      while (bytes > mostBytes && first < entries.length - 1) {
        const oldest = entries[first] as string;
        entries[first++] = '';
        bytes -= oldest.length;
        forget(oldest);
      }
      if (first > 10_000 && first * 2 > entries.length) {
        entries = entries.slice(first);
        first = 0;
      }
      onLine(line);
    },
    *lines() {
      yield lineOf({ header });
      // What is added while this is read comes through `onLine`.
      const [from, until, kept] = [first, entries.length, entries];
      for (const actor of [...base.values()]) yield lineOf({ base: actor });
      for (let i = from; i < until; i++) if (kept[i] !== '') yield kept[i] as string;
    },
    dropped: () => dropped,
  };
}
