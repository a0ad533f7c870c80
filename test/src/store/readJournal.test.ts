import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskFiles, type Files, fileName, type OpenFile } from '../../../src/store/files.ts';
import { encodeFrame } from '../../../src/store/frames.ts';
import { openJournal } from '../../../src/store/journal.ts';
import { header, longestJournal, readJournal } from '../../../src/store/readJournal.ts';
import type { JournalRecord } from '../../../src/store/records.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { badDisk } from './badDisk.ts';
import { launch, listening, temporaryDir } from './samples.ts';

const inventoried: JournalRecord = { kind: 'inventoried', at: 2 };

/** Opens a journal, tells these records, and ends the run. */
async function run(
  dir: string,
  records: JournalRecord[],
  inOrder = true,
): Promise<{ closedBefore: boolean }> {
  const journal = await openJournal(dir, silentLog);
  for (const record of records) await journal.append(record);
  await journal.close(inOrder);
  return journal;
}

const closedBefore = async (dir: string) => (await run(dir, [], false)).closedBefore;

describe('a journal that was closed in order', () => {
  it('says so to the next start, and to that one only', async () => {
    const dir = temporaryDir();
    expect((await run(dir, [inventoried])).closedBefore).toBe(false);
    expect(await closedBefore(dir)).toBe(true);
    expect(await closedBefore(dir)).toBe(false);
  });

  it.each<[string, JournalRecord[]]>([
    ['an inventory is owed', []],
    ['a launch is open', [inventoried, launch('e-1')]],
  ])('says nothing while %s', async (_, records) => {
    const dir = temporaryDir();
    await run(dir, records);
    expect(await closedBefore(dir)).toBe(false);
  });

  it('says nothing in another file, such as a copy that was put back', async () => {
    const dir = temporaryDir();
    await run(dir, [inventoried]);
    const path = join(dir, 'journal');
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
    expect(await closedBefore(dir)).toBe(false);
  });

  it.each([1, 20, 120])('says nothing when its last %i bytes are missing', async (bytes) => {
    const dir = temporaryDir();
    await run(dir, [inventoried]);
    const path = join(dir, 'journal');
    writeFileSync(path, readFileSync(path).subarray(0, -bytes));
    expect(await closedBefore(dir)).toBe(false);
  });
});

describe('readJournal', () => {
  const write = (...values: unknown[]) => {
    const dir = temporaryDir();
    writeFileSync(join(dir, 'journal'), Buffer.concat(values.map(encodeFrame)));
    return dir;
  };
  const readIn = async (dir: string, files: Files = diskFiles) => {
    const { log, lines } = listening();
    const read = await readJournal(dir, files, log);
    return { read, told: lines.map(({ text, fields }) => [text, fields]) };
  };
  const none = { records: [], state: 'none', closed: false, writtenAt: 0, durable: false };
  /** The disk, whose stat answers this. */
  const showing = (more: object): Files => ({
    ...diskFiles,
    async stat(path, options) {
      const { size, ino, dev, mtimeMs } = await diskFiles.stat(path, options);
      return { size, ino, dev, mtimeMs, isFile: () => true, ...more };
    },
  });

  it('finds nothing where there is no file, or an empty one', async () => {
    expect(await readIn(temporaryDir())).toEqual({ read: none, told: [] });
    expect(await readIn(write())).toEqual({ read: none, told: [] });
  });

  it.each([
    ['no file', () => temporaryDir()],
    ['an empty file', () => write()],
  ])('finds the journal lost where there is %s beside an identity', async (_, make) => {
    const dir = make();
    writeFileSync(join(dir, 'identity'), 'x');
    expect(await readIn(dir)).toEqual({ read: { ...none, state: 'lost' }, told: [] });
  });

  it('finds the journal lost where it cannot see whether there is an identity', async () => {
    const files: Files = {
      ...diskFiles,
      async stat(path, options) {
        if (path.endsWith('identity')) throw Object.assign(new Error('no'), { code: 'EACCES' });
        return diskFiles.stat(path, options);
      },
    };
    expect((await readIn(temporaryDir(), files)).read.state).toBe('lost');
  });

  it('returns the records of a whole file, puts them on the disk and leaves no file open', async () => {
    const dir = write(header, launch('l'));
    let open = 0;
    const files: Files = {
      ...diskFiles,
      async open(...args) {
        const handle = await diskFiles.open(...args);
        open++;
        const close = () => {
          open--;
          return handle.close();
        };
        return { sync: () => handle.sync(), close } as Partial<OpenFile> as OpenFile;
      },
    };
    const writtenAt = Number(statSync(join(dir, 'journal'), { bigint: true }).mtimeMs);
    expect(await readIn(dir, files)).toEqual({
      read: { records: [launch('l')], state: 'whole', closed: false, writtenAt, durable: true },
      told: [],
    });
    expect(open).toBe(0);
  });

  it('says that the records are not durable when the disk refuses to sync them', async () => {
    const disk = badDisk();
    disk.break('sync');
    const { read } = await readIn(write(header, launch('l')), disk.files);
    expect(read).toMatchObject({ records: [launch('l')], state: 'whole', durable: false });
  });

  it('moves a damaged file aside, under a name with the time, and returns the records before', async () => {
    const dir = write(header, launch('a'));
    const path = join(dir, 'journal');
    const goodBytes = statSync(path).size;
    const last = encodeFrame(launch('b'));
    last[last.length - 1] = (last.at(-1) ?? 0) ^ 1;
    appendFileSync(path, last);
    appendFileSync(path, encodeFrame(launch('c')));
    const { size } = statSync(path);
    const { read, told } = await readIn(dir);
    expect(read).toMatchObject({ records: [launch('a')], state: 'damaged' });
    expect(read).toMatchObject({ closed: false, durable: false });
    const kept = expect.stringMatching(/journal\.damaged-\d{8}T\d{6}Z-[0-9a-f]{8}$/);
    const reason = `checksum wrong at byte ${goodBytes} of ${size}`;
    expect(told).toEqual([['journal.damaged', { path, kept, reason }]]);
    expect(existsSync(path)).toBe(false);
  });

  it('moves aside a file without a header, one with records of no known kind, and one that is too long', async () => {
    const reasonOf = async (dir: string) => {
      const { read, told } = await readIn(dir);
      expect(read).toMatchObject({ records: [], state: 'damaged' });
      return told.map((line) => (line[1] as { reason: string }).reason);
    };
    const headless = write();
    writeFileSync(join(headless, 'journal'), Buffer.from([1, 2, 3]));
    expect(await reasonOf(headless)).toEqual(['checksum wrong at byte 0 of 3']);
    const unknown = write(header, { kind: 'unknown', at: 1 });
    expect(await reasonOf(unknown)).toEqual(['1 records of no known kind']);
    const long = write(header);
    truncateSync(join(long, 'journal'), longestJournal + 1);
    expect(await reasonOf(long)).toEqual(['268435457 bytes']);
  });

  it('reads a file of the greatest length', async () => {
    const { read } = await readIn(write(header), showing({ size: BigInt(longestJournal) }));
    expect(read.state).toBe('whole');
  });

  it('reports a torn tail, and takes no end in order from such a file', async () => {
    const dir = write(header);
    const path = join(dir, 'journal');
    const file = fileName(statSync(path, { bigint: true }));
    appendFileSync(path, encodeFrame({ kind: 'closed', file, at: 1 }));
    expect((await readIn(dir)).read.closed).toBe(true);
    const goodBytes = statSync(path).size;
    appendFileSync(path, Buffer.from([1, 2, 3]));
    const { read, told } = await readIn(dir);
    expect(read).toMatchObject({ state: 'whole', closed: false });
    expect(told).toEqual([['journal.truncated', { path, goodBytes, cutBytes: 3 }]]);
  });

  it('rejects a file of another format, of an unknown version, and what cannot be read', async () => {
    const failure = (kind: string, message: string) => ({
      ...{ kind, message: expect.stringContaining(message) },
    });
    await expect(readIn(write({ other: 1 }))).rejects.toMatchObject(
      failure('version', 'is not a journal of scaler-ecs'),
    );
    await expect(readIn(write({ ...header, version: 'x' }))).rejects.toMatchObject(
      failure('version', 'has journal version unknown'),
    );
    const cause = expect.any(Error);
    await expect(readIn(write(header), showing({ isFile: () => false }))).rejects.toMatchObject({
      ...failure('journal', 'it is not a regular file'),
      cause,
    });
    const stat = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
    await expect(readIn(write(header), { ...diskFiles, stat })).rejects.toMatchObject(
      failure('journal', 'cannot be read: EIO'),
    );
  });
});
