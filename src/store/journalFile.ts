import { join } from 'node:path';
import type { Log } from '../telemetry/log.ts';
import { type Files, fileName, type OpenFile, syncDirectory } from './files.ts';
import { encodeFrame } from './frames.ts';
import { header } from './readJournal.ts';
import type { JournalRecord } from './records.ts';
import { wordsOf } from './storeFailure.ts';

/** The file is no longer in its place: what was written to it before is lost, too. */
export class FileReplaced extends Error {}

/** The file under the journal. One caller at a time; what resolves is durable. */
export interface JournalFile {
  /** False before the first rewrite, and after a failure that leaves in doubt what the file holds. */
  usable(): boolean;
  /** Whether it has grown so much since its last rewrite that most of it is over. */
  overgrown(): boolean;
  /** Rejects with the error of the system, and leaves the file unusable; with FileReplaced when it is not in its place. */
  append(frames: Uint8Array[]): Promise<void>;
  /** Puts a new file with just these records in its place, in one step. Rejects with the error of the system. */
  rewrite(records: JournalRecord[]): Promise<void>;
  /** Tells this file from any other, also from a copy of it; null: none is open. */
  name(): string | null;
  close(): Promise<void>;
}

interface Current {
  handle: OpenFile;
  ino: bigint;
  dev: bigint;
  size: number;
  /** Bytes above which it is to be rewritten. */
  limit: number;
}

export interface JournalFileOptions {
  files: Files;
  log: Log;
  /** Bytes up to which a file is not worth a rewrite. */
  smallest: number;
  /** Lets other work run between two slices of a large rewrite. */
  pause: () => Promise<void>;
}

/** Records encoded in one go; about a millisecond. */
const slice = 256;

export function journalFile(
  dir: string,
  { files, log, smallest, pause }: JournalFileOptions,
): JournalFile {
  const path = join(dir, 'journal');
  const draft = join(dir, 'journal.tmp');
  let current: Current | null = null;

  async function closeQuietly(handle: OpenFile): Promise<void> {
    await handle.close().catch((error) => {
      log.report('journalFile.closeFailed', { path, reason: wordsOf(error) });
    });
  }

  async function drop(): Promise<void> {
    const old = current;
    current = null;
    if (old) await closeQuietly(old.handle);
  }

  /** A file that was removed or replaced accepts writes, and no start will ever read them. */
  async function checkInPlace({ ino, dev }: Current): Promise<void> {
    const found = await files.stat(path, { bigint: true }).catch((error) => {
      throw error.code === 'ENOENT' ? new FileReplaced(wordsOf(error)) : error;
    });
    if (found.ino !== ino || found.dev !== dev) throw new FileReplaced(`${path} was replaced`);
  }

  async function writeDraft(records: JournalRecord[]): Promise<Current> {
    await files.rm(draft, { force: true });
    const handle = await files.open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(encodeFrame(header));
      for (let i = 0; i < records.length; i += slice) {
        await handle.writeFile(Buffer.concat(records.slice(i, i + slice).map(encodeFrame)));
        await pause();
      }
      await handle.sync();
      const { ino, dev, size } = await handle.stat({ bigint: true });
      await files.rename(draft, path);
      const bytes = Number(size);
      return { handle, ino, dev, size: bytes, limit: Math.max(smallest, 4 * bytes) };
    } catch (error) {
      await closeQuietly(handle);
      await files.rm(draft, { force: true }).catch(() => {});
      throw error;
    }
  }

  return {
    usable: () => current !== null,
    overgrown: () => current !== null && current.size > current.limit,

    async append(frames) {
      if (!current) throw new Error('no journal file is open');
      const file = current;
      const bytes = Buffer.concat(frames);
      try {
        await file.handle.writeFile(bytes);
        await file.handle.datasync();
        await checkInPlace(file);
        file.size += bytes.length;
      } catch (error) {
        // A record that was rejected must not be in the file after a restart.
        await file.handle.truncate(file.size).catch(() => {});
        await drop();
        throw error;
      }
    },

    async rewrite(records) {
      let next: Current;
      try {
        next = await writeDraft(records);
      } catch (error) {
        // The old file is as good as before; try again when it has grown some more.
        if (current) current.limit = current.size + smallest;
        throw error;
      }
      await drop();
      current = next;
      try {
        await syncDirectory(dir, files);
      } catch (error) {
        await drop();
        throw error;
      }
    },

    name: () => current && fileName(current),
    close: drop,
  };
}
