import { setTimeout as delay } from 'node:timers/promises';
import { now as systemNow } from '../shared/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { diskFiles, type Files } from './files.ts';
import { encodeFrame } from './frames.ts';
import { FileReplaced, journalFile } from './journalFile.ts';
import { type DroppedClaim, Ledger, type LedgerView } from './ledger.ts';
import { type JournalRead, readJournal } from './readJournal.ts';
import { type JournalRecord, type LaunchRecord, parseRecord } from './records.ts';
import { StoreFailure, wordsOf } from './storeFailure.ts';

/**
 * Records in the order in which they were told, in memory and on disk.
 *
 * A record is in the ledger as soon as it is told. A fact stays there even when the disk is broken; a launch, which is
 * only an intent, is taken out again before its append rejects. So the ledger is at all times the sum of the file and
 * of what waits to be written, and a rewrite from it writes all that waits, except launches that could still be
 * rejected: those are appended after it, so that a launch that was rejected is in no file.
 */
export interface Journal {
  readonly ledger: LedgerView;
  /** What the start found, before it made an identity; after `damaged` and `lost` records may be missing. */
  readonly found: JournalRead['state'];
  /** The run before ended in order, with no launch open, and no record of it can be missing. */
  readonly closedBefore: boolean;
  /**
   * When the file that the start found was last written, milliseconds since the epoch; 0: there was none. No launch
   * that it held was later, also none that was cut off since.
   */
  readonly writtenAt: number;
  /**
   * Resolves when the record is durable; also for a launch that is open already. Rejects with a StoreFailure: `journal`
   * when it is not durable (the next append tries anew), `record` when it is no valid record.
   */
  append(record: JournalRecord): Promise<void>;
  /**
   * Whether this launch has no outcome and outlasts a power cut. An open launch may not: its append may be under way,
   * or an earlier run was killed while it wrote it. Append it again before it is sent again.
   */
  isDurable(label: string): boolean;
  /**
   * The same as append without waiting: written in its turn, and on a broken disk by the rewrite that repairs it.
   * Returns the claims that were not granted. Throws a StoreFailure `record` when it is no valid record.
   */
  note(record: Exclude<JournalRecord, LaunchRecord>): DroppedClaim[];
  /** Whether the last write succeeded. */
  healthy(): boolean;
  /**
   * Writes what waits. `inOrder`: the run has ended as it should; that is journaled unless a launch is open or an
   * inventory is owed.
   */
  close(inOrder?: boolean): Promise<void>;
}

export interface JournalOptions {
  files?: Files;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** A turn of the event loop: records that are told in one turn share a write. */
  pause?: () => Promise<void>;
  /** Until a broken disk is tried again; milliseconds. */
  wait?: (ms: number) => Promise<void>;
  /** Bytes below which the file is not rewritten for its size. */
  smallest?: number;
}

interface Entry {
  record: JournalRecord;
  frame: Uint8Array;
  /** Of an append; null for a note. */
  waiter: { resolve: () => void; reject: (failure: StoreFailure) => void } | null;
}

/** Notes alone try a broken disk no more often than this, ms. */
const noteRetryMs = 1_000;
/** A broken disk is tried again so often without a new record, so that facts do not wait for one, ms. */
const healEveryMs = 5_000;

function checked(record: JournalRecord): { record: JournalRecord; frame: Uint8Array } {
  const fit = parseRecord(record);
  if (!fit) throw new StoreFailure('record', `not a journal record of kind ${record.kind}`);
  try {
    return { record: fit, frame: encodeFrame(fit) };
  } catch (error) {
    throw new StoreFailure('record', wordsOf(error), { cause: error });
  }
}

/**
 * Reads, upgrades, repairs and compacts the journal of a state directory that is locked by this process. A disk that
 * cannot be written does not stop it: the journal starts unhealthy. Rejects with a StoreFailure: `version` when the
 * file is of a later version or not a journal, `journal` when it cannot be read.
 */
export async function openJournal(
  dir: string,
  log: Log,
  {
    files = diskFiles,
    now = systemNow,
    pause = () => new Promise((resolve) => setImmediate(resolve)),
    wait = (ms) => delay(ms, undefined, { ref: false }),
    smallest = 1024 * 1024,
  }: JournalOptions = {},
): Promise<Journal> {
  const read = await readJournal(dir, files, log);
  const ledger = Ledger.replay(read.records);
  // A launch that is lost may be seconds old.
  if (read.state === 'damaged' || read.state === 'lost')
    ledger.apply({ kind: 'lastLaunch', at: now() });
  // In the ledger before the first write: a start that is killed right after it leaves no journal that seems whole.
  if (read.state !== 'whole')
    ledger.apply({
      kind: 'inventoryOwed',
      reason: read.state === 'none' ? 'journalMissing' : 'journalDamaged',
      at: now(),
    });

  const file = journalFile(dir, { files, log, smallest, pause });
  let waiting: Entry[] = [];
  let writing: Promise<void> | null = null;
  let failure: StoreFailure | null = null;
  let failedAt = 0;
  let closed = false;
  let healing = false;
  /** Launches that were told to this journal and whose append is under way. */
  const unwritten = new Set<string>();
  /** Launches that are open and may not be on disk, until a rewrite. */
  const unsynced = new Set<string>(read.durable ? [] : openLabels());

  function openLabels(): string[] {
    return ledger.openLaunches().map(({ label }) => label);
  }

  function report(error: unknown): StoreFailure {
    const message = `The journal in ${dir} cannot be written: ${wordsOf(error)}`;
    if (!failure) log.report('journal.writeFailed', { path: dir, reason: wordsOf(error) });
    failure = new StoreFailure('journal', message, { cause: error });
    failedAt = now();
    return failure;
  }

  /** A launch that may still be rejected. */
  function isUnwritten(record: JournalRecord): boolean {
    return record.kind === 'launch' && unwritten.has(record.label) && ledger.isOpen(record.label);
  }

  async function write(batch: Entry[]): Promise<void> {
    let entries = batch;
    if (!file.usable() || file.overgrown()) {
      // Both before the rewrite begins: what is told meanwhile comes after these.
      const launches = batch.filter(({ record }) => isUnwritten(record));
      try {
        await file.rewrite(ledger.compact().filter((record) => !isUnwritten(record)));
        unsynced.clear();
        entries = launches;
      } catch (error) {
        if (!file.usable()) throw error;
        log.report('journal.compactionFailed', { path: dir, reason: wordsOf(error) });
      }
    }
    if (entries.length > 0) await file.append(entries.map(({ frame }) => frame));
  }

  /** A launch was rejected. One that is told again, or that an earlier run may have sent, stays open. */
  function withdraw({ label }: LaunchRecord): void {
    if (!unwritten.has(label)) return;
    if (waiting.some(({ record }) => record.kind === 'launch' && record.label === label)) return;
    unwritten.delete(label);
    ledger.withdraw(label);
  }

  async function commit(batch: Entry[]): Promise<void> {
    try {
      await write(batch);
      if (failure) log.report('journal.writeRecovered', { path: dir });
      failure = null;
      for (const { record, waiter } of batch) {
        if (record.kind === 'launch') unwritten.delete(record.label);
        waiter?.resolve();
      }
    } catch (error) {
      const told = report(error);
      if (error instanceof FileReplaced) for (const label of openLabels()) unsynced.add(label);
      for (const { record, waiter } of batch) {
        if (record.kind === 'launch') withdraw(record);
        waiter?.reject(told);
      }
      if (!healing) void heal();
    }
  }

  async function heal(): Promise<void> {
    healing = true;
    while (failure && !closed) {
      await wait(healEveryMs);
      if (!failure || closed) break;
      writing ??= writeAll(true);
      await writing;
    }
    healing = false;
  }

  function worthTrying(batch: Entry[]): boolean {
    const asked = closed || batch.some(({ waiter }) => waiter);
    return !failure || asked || now() - failedAt >= noteRetryMs;
  }

  async function writeAll(healing = false): Promise<void> {
    await pause();
    // An empty batch: just the rewrite.
    if (healing) await commit([]);
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      if (worthTrying(batch)) await commit(batch);
    }
    writing = null;
  }

  function tell(told: JournalRecord, waiter: Entry['waiter']): DroppedClaim[] {
    const { record, frame } = checked(told);
    if (record.kind === 'launch' && !ledger.isOpen(record.label)) unwritten.add(record.label);
    const dropped = ledger.apply(record);
    waiting.push({ record, frame, waiter });
    writing ??= writeAll();
    return dropped;
  }

  /** Says that nothing is open, if that is so. Unsaid, the next start waits a little. */
  async function journalEnd(): Promise<void> {
    const name = file.name();
    const isOpen = ledger.openLaunches().length > 0 || ledger.inventoryOwed() !== null;
    if (failure || isOpen || name === null) return;
    await file.append([encodeFrame({ kind: 'closed', file: name, at: now() })]).catch(report);
  }

  await commit([]);

  return {
    ledger,
    found: read.state,
    closedBefore: read.closed,
    writtenAt: read.writtenAt,
    append: (record) =>
      new Promise((resolve, reject) => {
        if (closed) throw new StoreFailure('journal', `The journal in ${dir} is closed`);
        tell(record, { resolve, reject });
      }),
    isDurable: (label) => ledger.isOpen(label) && !unwritten.has(label) && !unsynced.has(label),
    note: (record) => (closed ? ledger.apply(record) : tell(record, null)),
    healthy: () => failure === null,
    async close(inOrder = false) {
      closed = true;
      await writing;
      if (failure) await commit([]);
      if (inOrder) await journalEnd();
      await file.close();
    },
  };
}
