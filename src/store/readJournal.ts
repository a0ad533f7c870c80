import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Log } from '../telemetry/log.ts';
import { StoreFailure, wordsOf } from './failure.ts';
import type { Files } from './files.ts';
import { readFrames } from './frames.ts';
import { type JournalRecord, parseRecord } from './records.ts';

export const journalFormat = 'scaler-ecs-journal';
export const journalVersion = 2;
/** Their records are read as they are: the first knew no launch into some of the subnets only. */
const readable: readonly unknown[] = [1, journalVersion];

/** The first frame of a journal. */
export const header = { format: journalFormat, version: journalVersion };

/** Far above what compaction lets a journal grow to. */
const longestJournal = 256 * 1024 * 1024;

export interface JournalRead {
  records: JournalRecord[];
  /** `none`: there was no file. `damaged`: records may be missing at the end. */
  state: 'none' | 'whole' | 'damaged';
  /** When the file was last written, milliseconds since the epoch. */
  writtenAt: number;
}

const checkHeader = (path: string, first: unknown): void => {
  const { format, version } = (first ?? {}) as Record<string, unknown>;
  if (format !== journalFormat)
    throw new StoreFailure(
      'version',
      `${path} is not a journal of scaler-ecs; it was left as it is`,
    );
  if (!readable.includes(version)) {
    const found = typeof version === 'number' ? version : 'unknown';
    const message = `${path} has journal version ${found} and this program reads ${journalVersion}; it was left as it is: start the program that wrote it, or give another --state-dir`;
    throw new StoreFailure('version', message);
  }
};

/** What a start acts on must outlast a power cut; who died before it may not have synced all. */
const putOnDisk = async (path: string, files: Files): Promise<void> => {
  try {
    const handle = await files.open(path, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // The rewrite that follows says what is wrong.
  }
};

/**
 * Reads what is there and moves a damaged file aside; a torn tail is left to the rewrite that follows.
 * Throws a StoreFailure when the file is another version's or cannot be read.
 */
export const readJournal = async (dir: string, files: Files, log: Log): Promise<JournalRead> => {
  const path = join(dir, 'journal');
  const moveAside = async (reason: string): Promise<void> => {
    const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    // The random part: a file that was kept is never overwritten.
    const kept = `${path}.damaged-${stamp}-${randomBytes(4).toString('hex')}`;
    await files.rename(path, kept);
    log.report('journal.damaged', { path, kept, reason });
  };

  try {
    const stats = await files.stat(path, { bigint: true }).catch((error) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (!stats || stats.size === 0n) return { records: [], state: 'none', writtenAt: 0 };
    const writtenAt = Number(stats.mtimeMs);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (stats.size > longestJournal) {
      await moveAside(`${stats.size} bytes`);
      return { records: [], state: 'damaged', writtenAt };
    }
    const bytes = await files.readFile(path);
    const { records: values, goodBytes, tail } = readFrames(bytes);
    if (values.length > 0) checkHeader(path, values[0]);
    const records = values.slice(1).flatMap((value) => parseRecord(value) ?? []);
    // No header: nothing says that such a file was ours to cut.
    if (tail === 'corrupt' || values.length === 0) {
      await moveAside(`checksum wrong at byte ${goodBytes} of ${bytes.length}`);
      return { records, state: 'damaged', writtenAt };
    }
    const unknown = values.length - 1 - records.length;
    if (unknown > 0) {
      await moveAside(`${unknown} records of no known kind`);
      return { records, state: 'damaged', writtenAt };
    }
    if (tail === 'torn') {
      const cutBytes = bytes.length - goodBytes;
      log.report('journal.truncated', { path, goodBytes, cutBytes });
    }
    await putOnDisk(path, files);
    return { records, state: 'whole', writtenAt };
  } catch (error) {
    if (error instanceof StoreFailure) throw error;
    const message = `The journal ${path} cannot be read: ${wordsOf(error)}`;
    throw new StoreFailure('journal', message, { cause: error });
  }
};
