import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Log } from '../telemetry/log.ts';
import { type Files, fileName, syncDirectory } from './files.ts';
import { readFrames } from './frames.ts';
import { type JournalRecord, parseRecord } from './records.ts';
import { StoreFailure, wordsOf } from './storeFailure.ts';
import { journalVersion, upgradeRecord } from './upgrade.ts';

const journalFormat = 'scaler-ecs-journal';

/** The first frame of a journal. A program reads its own version and those before it, and refuses any later one. */
export const header = { format: journalFormat, version: journalVersion };

/** Far above what compaction lets a journal grow to. */
export const longestJournal = 256 * 1024 * 1024;

export interface JournalRead {
  records: JournalRecord[];
  /**
   * `none`: there was no file, and no sign of a run before. `lost`: there was none, and there was a run before.
   * `damaged`: records may be missing at the end.
   */
  state: 'none' | 'lost' | 'whole' | 'damaged';
  /** The run that wrote it has ended in order, and this is its file: no launch is open or forgotten. */
  closed: boolean;
  /** When the file was last written, milliseconds since the epoch. */
  writtenAt: number;
  /** Whether these records outlast a power cut, also if the journal cannot be written now. */
  durable: boolean;
}

/** The version of a journal with this first frame. Throws a StoreFailure `version` when it cannot be read. */
export function versionOf(path: string, first: unknown): number {
  const { format, version } = (first ?? {}) as Record<string, unknown>;
  if (format !== journalFormat)
    throw new StoreFailure(
      'version',
      `${path} is not a journal of scaler-ecs; it was left as it is`,
    );
  const found = typeof version === 'number' ? version : 'unknown';
  if (typeof found === 'number' && Number.isInteger(found) && found >= 1 && found <= journalVersion)
    return found;
  const message = `${path} has journal version ${found} and this program reads ${journalVersion}; it was left as it is: start the program that wrote it, or give another --state-dir`;
  throw new StoreFailure('version', message);
}

/** A start acts on what it reads; a process that died before it may not have synced it. False: the disk refused. */
async function putOnDisk(dir: string, path: string, files: Files): Promise<boolean> {
  try {
    const handle = await files.open(path, 'r');
    await handle.sync().finally(() => handle.close());
    await syncDirectory(dir, files);
    return true;
  } catch {
    // The rewrite that follows says what is wrong.
    return false;
  }
}

/** Every run that opened a journal here has an identity here, which is made after the first journal. */
async function hasIdentity(dir: string, files: Files): Promise<boolean> {
  return files.stat(join(dir, 'identity'), { bigint: true }).then(
    () => true,
    (error) => error.code !== 'ENOENT',
  );
}

/** Moves a damaged file out of the way, under a name of its own, and logs an error. */
async function moveAside(path: string, reason: string, files: Files, log: Log): Promise<void> {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  // The random part: a file that was kept is never overwritten.
  const kept = `${path}.damaged-${stamp}-${randomBytes(4).toString('hex')}`;
  await files.rename(path, kept);
  log.report('journal.damaged', { path, kept, reason });
}

/**
 * Reads the journal, brings its records to the current version and moves a damaged file aside; a torn tail is left
 * to the rewrite that follows. Throws a StoreFailure: `version` when the file is of a later version or not a journal,
 * `journal` when it cannot be read.
 */
export async function readJournal(dir: string, files: Files, log: Log): Promise<JournalRead> {
  const path = join(dir, 'journal');
  let writtenAt = 0;
  async function damaged(records: JournalRecord[], reason: string): Promise<JournalRead> {
    await moveAside(path, reason, files, log);
    return { records, state: 'damaged', closed: false, writtenAt, durable: false };
  }

  try {
    const stats = await files.stat(path, { bigint: true }).catch((error) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (!stats || stats.size === 0n) {
      const state = (await hasIdentity(dir, files)) ? 'lost' : 'none';
      return { records: [], state, closed: false, writtenAt, durable: false };
    }
    writtenAt = Number(stats.mtimeMs);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (stats.size > longestJournal) return await damaged([], `${stats.size} bytes`);
    const bytes = await files.readFile(path);
    const { records: values, goodBytes, tail } = readFrames(bytes);
    const version = values.length > 0 ? versionOf(path, values[0]) : journalVersion;
    const records = values
      .slice(1)
      .flatMap((value) => parseRecord(upgradeRecord(value, version)) ?? []);
    // No header: nothing says that such a file was ours to cut.
    if (tail === 'corrupt' || values.length === 0)
      return await damaged(records, `checksum wrong at byte ${goodBytes} of ${bytes.length}`);
    const unknown = values.length - 1 - records.length;
    if (unknown > 0) return await damaged(records, `${unknown} records of no known kind`);
    if (tail === 'torn') {
      const cutBytes = bytes.length - goodBytes;
      log.report('journal.truncated', { path, goodBytes, cutBytes });
    }
    const durable = await putOnDisk(dir, path, files);
    const last = records.at(-1);
    const closed = tail !== 'torn' && last?.kind === 'closed' && last.file === fileName(stats);
    return { records, state: 'whole', closed, writtenAt, durable };
  } catch (error) {
    if (error instanceof StoreFailure) throw error;
    const message = `The journal ${path} cannot be read: ${wordsOf(error)}`;
    throw new StoreFailure('journal', message, { cause: error });
  }
}
