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

/** The state directory of the daemon under test, seen from outside. */
export interface StateOnDisk {
  /** Called at each change of the journal that the kernel tells us of: created, written, put in place. */
  onWrite: ((nth: number) => void) | null;
  /** Starts counting writes afresh. */
  recount(): void;
  /** What the journal adds up to now. */
  ledger(): Ledger;
  records(): JournalRecord[];
  /** Cuts so many bytes off its end. False: it is too short. */
  tear(bytes: number): boolean;
  /** Makes everything it tells of so much older. */
  age(ms: number): void;
  /** Removes all that the daemon ever wrote down. */
  lose(): void;
  close(): void;
}

export const openState = (dir: string): StateOnDisk => {
  const path = join(dir, 'journal');
  let watcher: FSWatcher;
  let writes = 0;
  const look = () => {
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
  const state: StateOnDisk = {
    onWrite: null,
    recount() {
      writes = 0;
    },
    records: () => frames().flatMap((value) => parseRecord(value) ?? []),
    ledger: () => Ledger.replay(state.records()),
    tear(bytes) {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      if (size < 100 + bytes) return false;
      truncateSync(path, size - bytes);
      return true;
    },
    age: (ms) =>
      writeFileSync(path, Buffer.concat(frames().map((value) => encodeFrame(older(value, ms))))),
    lose() {
      watcher.close();
      rmSync(dir, { recursive: true, force: true });
      look();
    },
    close: () => watcher.close(),
  };
  look();
  return state;
};
