import {
  type FSWatcher,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { encodeFrame, readFrames } from '../../src/store/frames.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { type JournalRecord, parseRecord } from '../../src/store/records.ts';

/** The state directory of the daemon under test. */
export interface StateFiles {
  /** Called at each change of the journal that fs.watch reports: created, written, renamed. `nth` counts from 1. */
  onWrite: ((nth: number) => void) | null;
  /** Resets the count of changes. */
  resetWriteCount(): void;
  /** The ledger after replaying the journal. */
  ledger(): Ledger;
  records(): JournalRecord[];
  /** Removes bytes from the end of the journal. Returns false if the journal is too short. */
  truncate(bytes: number): boolean;
  /** Moves all times in the journal into the past. */
  makeOlder(ms: number): void;
  /** Deletes the state directory. */
  remove(): void;
  close(): void;
}

export function openState(dir: string): StateFiles {
  const path = join(dir, 'journal');
  let watcher: FSWatcher;
  let writes = 0;
  const startWatching = () => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    watcher = watch(dir, (_, name) => {
      if (name?.startsWith('journal')) state.onWrite?.(++writes);
    });
    watcher.on('error', () => {});
  };
  const frames = () => {
    try {
      return readFrames(readFileSync(path)).records;
    } catch {
      return [];
    }
  };
  const isTime = (key: string) => key === 'at' || key === 'deadlinesFrom' || key.endsWith('At');
  const older = (value: unknown, ms: number): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((each) => older(each, ms));
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        key,
        isTime(key) && typeof each === 'number' ? each - ms : older(each, ms),
      ]),
    );
  };
  const state: StateFiles = {
    onWrite: null,
    resetWriteCount() {
      writes = 0;
    },
    records: () => frames().flatMap((value) => parseRecord(value) ?? []),
    ledger: () => Ledger.replay(state.records()),
    truncate(bytes) {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      if (size < 100 + bytes) return false;
      truncateSync(path, size - bytes);
      return true;
    },
    makeOlder: (ms) =>
      writeFileSync(path, Buffer.concat(frames().map((value) => encodeFrame(older(value, ms))))),
    remove() {
      watcher.close();
      rmSync(dir, { recursive: true, force: true });
      startWatching();
    },
    close: () => watcher.close(),
  };
  startWatching();
  return state;
}
