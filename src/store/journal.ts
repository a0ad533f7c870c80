import { setTimeout as delay } from 'node:timers/promises';
import { now as systemNow } from '../shared/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { StoreFailure, wordsOf } from './failure.ts';
import { diskFiles, type Files } from './files.ts';
import { encodeFrame } from './frames.ts';
import { journalFile } from './journalFile.ts';
import { type DroppedClaim, Ledger, type LedgerView } from './ledger.ts';
import { type JournalRead, readJournal } from './readJournal.ts';
import { type JournalRecord, type LaunchRecord, parseRecord } from './records.ts';

/**
 * Facts in the order in which they were told, in memory and on disk.
 *
 * A record is in the ledger as soon as it is told. What has happened stays there even when the disk is broken;
 * a launch, which is only an intent, is taken out again before its append rejects. So the ledger is at all times
 * the sum of the file and of what waits to be written, and a rewrite from it settles all that waits.
 */
export interface Journal {
  readonly ledger: LedgerView;
  /** What the start found; after `damaged` (and after `none`, if there was a journal) records may be missing. */
  readonly found: JournalRead['state'];
  /**
   * When the file that the start found was last written. No launch that it knew of was later, also none
   * that was cut off since. Milliseconds since the epoch; 0: there was none.
   */
  readonly writtenAt: number;
  /** Resolves when the record is durable. Rejects with a StoreFailure `journal` when it is not; the next append tries anew. */
  append(record: JournalRecord): Promise<void>;
  /** The same without waiting: written in its turn, and on a broken disk by the rewrite that heals it. Answers the claims that were not granted. */
  note(record: Exclude<JournalRecord, LaunchRecord>): DroppedClaim[];
  healthy(): boolean;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface JournalOptions {
  files?: Files;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** A turn of the event loop: what is told in one turn shares a write. */
  pause?: () => Promise<void>;
  /** Until a broken disk is tried again. */
  wait?: (ms: number) => Promise<void>;
  /** Bytes below which the file is not rewritten for its size. */
  smallest?: number;
}

interface Entry {
  record: JournalRecord;
  frame: Uint8Array;
  /** It made a launch open that was not. */
  opens: boolean;
  /** Of an append; a note has nobody to tell. */
  waiter: { resolve: () => void; reject: (failure: StoreFailure) => void } | null;
}

/** Notes alone try a broken disk no more often than this. */
const noteRetryMs = 1_000;
/** A broken disk is tried again without being asked, so that facts do not wait for the next one. */
const healEveryMs = 5_000;

const checked = (record: JournalRecord): { record: JournalRecord; frame: Uint8Array } => {
  const fit = parseRecord(record);
  if (!fit) throw new StoreFailure('record', `not a journal record of kind ${record.kind}`);
  try {
    return { record: fit, frame: encodeFrame(fit) };
  } catch (error) {
    throw new StoreFailure('record', wordsOf(error), { cause: error });
  }
};

/**
 * Reads, repairs and compacts the journal of a state directory that is ours. A disk that cannot be written does not
 * stop it: the journal starts unhealthy. Throws a StoreFailure `version` or `journal` when it cannot be read.
 */
export const openJournal = async (
  dir: string,
  log: Log,
  {
    files = diskFiles,
    now = systemNow,
    pause = () => new Promise((resolve) => setImmediate(resolve)),
    wait = (ms) => delay(ms, undefined, { ref: false }),
    smallest = 1024 * 1024,
  }: JournalOptions = {},
): Promise<Journal> => {
  const read = await readJournal(dir, files, log);
  const ledger = Ledger.replay(read.records);
  // A launch that the damage took may be seconds old.
  if (read.state === 'damaged') ledger.apply({ kind: 'lastLaunch', at: now() });

  const file = journalFile(dir, { files, log, smallest, pause });
  let waiting: Entry[] = [];
  let writing: Promise<void> | null = null;
  let failure: StoreFailure | null = null;
  let failedAt = 0;
  let closed = false;
  let healing = false;

  const report = (error: unknown): StoreFailure => {
    const message = `The journal in ${dir} cannot be written: ${wordsOf(error)}`;
    if (!failure) log.report('journal.writeFailed', { path: dir, reason: wordsOf(error) });
    failure = new StoreFailure('journal', message, { cause: error });
    failedAt = now();
    return failure;
  };

  const write = async (batch: Entry[]): Promise<void> => {
    if (file.usable() && !file.overgrown()) return file.append(batch.map(({ frame }) => frame));
    try {
      await file.rewrite(ledger.compact());
    } catch (error) {
      if (!file.usable()) throw error;
      log.report('journal.compactionFailed', { path: dir, reason: wordsOf(error) });
      await file.append(batch.map(({ frame }) => frame));
    }
  };

  const commit = async (batch: Entry[]): Promise<void> => {
    try {
      await write(batch);
      if (failure) log.report('journal.writeRecovered', { path: dir });
      failure = null;
      for (const { waiter } of batch) waiter?.resolve();
    } catch (error) {
      const told = report(error);
      for (const { record, opens, waiter } of batch) {
        if (!waiter) continue;
        if (opens && record.kind === 'launch') ledger.withdraw(record.label);
        waiter.reject(told);
      }
      if (!healing) void heal();
    }
  };

  const heal = async (): Promise<void> => {
    healing = true;
    while (failure && !closed) {
      await wait(healEveryMs);
      if (!failure || closed) break;
      writing ??= writeAll(true);
      await writing;
    }
    healing = false;
  };

  const worthTrying = (batch: Entry[]): boolean =>
    !failure || closed || batch.some(({ waiter }) => waiter) || now() - failedAt >= noteRetryMs;

  const writeAll = async (healing = false): Promise<void> => {
    await pause();
    // An empty batch: just the rewrite.
    if (healing) await commit([]);
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      if (worthTrying(batch)) await commit(batch);
    }
    writing = null;
  };

  const tell = (told: JournalRecord, waiter: Entry['waiter']): DroppedClaim[] => {
    const { record, frame } = checked(told);
    const opens = record.kind === 'launch' && !ledger.isOpen(record.label);
    const dropped = ledger.apply(record);
    waiting.push({ record, frame, opens, waiter });
    writing ??= writeAll();
    return dropped;
  };

  await commit([]);

  return {
    ledger,
    found: read.state,
    writtenAt: read.writtenAt,
    append: (record) =>
      new Promise((resolve, reject) => {
        if (closed) throw new StoreFailure('journal', `The journal in ${dir} is closed`);
        tell(record, { resolve, reject });
      }),
    note: (record) => (closed ? ledger.apply(record) : tell(record, null)),
    healthy: () => failure === null,
    async close() {
      closed = true;
      await writing;
      if (failure) await commit([]);
      await file.close();
    },
  };
};
