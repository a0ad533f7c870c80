import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { diskFiles, type Files, fileName } from '../../../src/store/files.ts';
import { readFrames } from '../../../src/store/frames.ts';
import { openJournal } from '../../../src/store/journal.ts';
import { FileReplaced, journalFile } from '../../../src/store/journalFile.ts';
import type { JournalRecord } from '../../../src/store/records.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { badDisk, type Operation } from './badDisk.ts';
import { adopted, launch, listening, settled, stateOf, temporaryDir } from './samples.ts';

const reopened = async (dir: string) => {
  const journal = await openJournal(dir, silentLog);
  await journal.close();
  return stateOf(journal.ledger);
};
const labels = ({ open }: ReturnType<typeof stateOf>) => open.map(({ label }) => label);

describe('a journal on a bad disk', () => {
  it.each<[Operation, string]>([
    ['writeFile', 'ENOSPC'],
    ['datasync', 'EIO'],
  ])('rejects an append when %s fails, keeps the facts and recovers', async (operation, code) => {
    const dir = temporaryDir();
    const disk = badDisk();
    const { log, lines, levels } = listening();
    const journal = await openJournal(dir, log, { files: disk.files });
    await journal.append(launch('before'));

    disk.break(operation, code);
    if (operation === 'datasync') disk.break('sync', code);
    const lost = [journal.append(launch('lost')), journal.append(adopted('a', 'arn:1'))];
    journal.note(settled('before', ['before-0', 'arn:2']));
    for (const append of lost)
      await expect(append).rejects.toMatchObject({
        ...{ name: 'StoreFailure', kind: 'journal', cause: { code } },
      });
    expect(levels()).toEqual(['error']);
    await expect(journal.append(launch('lost'))).rejects.toThrow(code);
    expect(journal.healthy()).toBe(false);
    expect(journal.ledger.openLaunches()).toEqual([]);
    expect(journal.ledger.groups().map(({ groupId }) => groupId)).toEqual(['a', 'before-0']);
    expect(levels()).toEqual(['error']);
    expect(lines[0]?.fields).toMatchObject({ reason: expect.stringContaining(code) });

    disk.mend();
    await journal.append(launch('after'));
    expect(journal.healthy()).toBe(true);
    expect(levels()).toEqual(['error', 'info']);
    expect(lines[1]?.fields).toEqual({ path: dir });
    await journal.close();
    expect(await reopened(dir)).toEqual(stateOf(journal.ledger));
    expect(labels(stateOf(journal.ledger))).toEqual(['after']);
  });

  it('writes what waits when the disk works again, without a new record', async () => {
    const dir = temporaryDir();
    const disk = badDisk();
    const alarms: (() => void)[] = [];
    const wait = () => new Promise<void>((resolve) => alarms.push(resolve));
    const journal = await openJournal(dir, silentLog, { files: disk.files, wait });
    disk.break('writeFile');
    journal.note(adopted('a', 'arn:1'));
    await vi.waitFor(() => expect(alarms).toHaveLength(1));
    alarms[0]?.();
    await vi.waitFor(() => expect(alarms).toHaveLength(2));
    expect(journal.healthy()).toBe(false);
    disk.mend();
    alarms[1]?.();
    await vi.waitFor(() => expect(journal.healthy()).toBe(true));
    // As a process that was killed here would leave it.
    expect((await reopened(dir)).groups).toMatchObject([{ groupId: 'a' }]);
    expect(alarms).toHaveLength(2);
    // And again, when it breaks once more.
    disk.break('writeFile');
    journal.note(adopted('b', 'arn:2'));
    await vi.waitFor(() => expect(alarms).toHaveLength(3));
    disk.mend();
    alarms[2]?.();
    await vi.waitFor(() => expect(journal.healthy()).toBe(true));
    await journal.close();
  });

  it('takes a launch back whose append fails while another one waits', async () => {
    const disk = badDisk();
    const journal = await openJournal(temporaryDir(), silentLog, { files: disk.files });
    const release = disk.hold();
    const lost = journal.append(launch('lost'));
    await vi.waitFor(() => expect(disk.counts.datasync).toBeGreaterThan(0));
    const next = journal.append(launch('next'));
    for (const operation of ['datasync', 'sync'] as const) disk.break(operation);
    const outcome = expect(lost).rejects.toMatchObject({ kind: 'journal' });
    const other = next.catch(() => {});
    release();
    await outcome;
    expect(journal.ledger.isOpen('lost')).toBe(false);
    disk.mend();
    await other;
    await journal.close();
  });

  it('leaves a rejected launch in no file when the directory could not be synced', async () => {
    const dir = temporaryDir();
    const disk = badDisk();
    const journal = await openJournal(dir, silentLog, { files: disk.files });
    await journal.append(launch('before'));
    // The next write is a rewrite: the file is synced and renamed, its directory is not.
    disk.break('datasync');
    await expect(journal.append(launch('lost'))).rejects.toThrow('EIO');
    disk.mend();
    disk.breakSyncOf('directories');
    const renamed = disk.counts.rename;
    const lost = [journal.append(launch('lost')), journal.append(adopted('a', 'arn:1'))];
    for (const append of lost) await expect(append).rejects.toMatchObject({ kind: 'journal' });
    expect(disk.counts.rename).toBe(renamed + 1);
    expect(journal.ledger.isOpen('lost')).toBe(false);
    // As a process that was killed here would leave it.
    expect(labels(await reopened(dir))).toEqual(['before']);
    disk.mend();
    await journal.append(launch('after'));
    await journal.close();
    expect(labels(await reopened(dir))).toEqual(['before', 'after']);
  });

  it.each(['EINVAL', 'EISDIR', 'EPERM', 'ENOTSUP'])(
    'works where a directory cannot be synced: %s',
    async (code) => {
      const dir = temporaryDir();
      const disk = badDisk();
      disk.breakSyncOf('directories', code);
      const { log, levels } = listening();
      for (const label of ['first', 'second']) {
        const journal = await openJournal(dir, log, { files: disk.files });
        await journal.append(launch(label));
        expect([journal.healthy(), journal.isDurable(label)]).toEqual([true, true]);
        await journal.close();
      }
      expect(levels()).toEqual([]);
      expect(labels(await reopened(dir))).toEqual(['first', 'second']);
    },
  );

  it('leaves nothing of a rejected launch to a restart', async () => {
    const dir = temporaryDir();
    const disk = badDisk();
    const journal = await openJournal(dir, silentLog, { files: disk.files });
    await journal.append(launch('before'));
    disk.break('datasync');
    await expect(journal.append(launch('lost'))).rejects.toThrow('EIO');
    // As a process that was killed here would leave it.
    expect(labels(await reopened(dir))).toEqual(['before']);
    await journal.close();
  });

  it('keeps an open launch open when appending it again fails', async () => {
    const dir = temporaryDir();
    const disk = badDisk();
    const journal = await openJournal(dir, silentLog, { files: disk.files });
    await journal.append(launch('l'));
    disk.break('datasync');
    await expect(journal.append(launch('l'))).rejects.toThrow('EIO');
    expect(journal.ledger.isOpen('l')).toBe(true);
    await journal.close();
  });

  it('keeps a launch open that is told again while its first append fails, and writes it with the second', async () => {
    const dir = temporaryDir();
    const disk = badDisk();
    const journal = await openJournal(dir, silentLog, { files: disk.files });
    disk.break('datasync');
    const release = disk.hold();
    const first = journal.append(launch('l'));
    await expect.poll(() => disk.counts.datasync).toBe(1);
    const second = journal.append(launch('l'));
    // The first write is under way, so the second append is not in it.
    const rejected = expect(first.finally(disk.mend)).rejects.toThrow('EIO');
    release();
    await rejected;
    expect([journal.ledger.isOpen('l'), journal.isDurable('l')]).toEqual([true, false]);
    await second;
    expect(journal.isDurable('l')).toBe(true);
    await journal.close();
    expect(labels(await reopened(dir))).toEqual(['l']);
  });

  it('appends a launch after the rewrite that repairs the file, and drops none that was settled meanwhile', async () => {
    const dir = temporaryDir();
    const disk = badDisk();
    const journal = await openJournal(dir, silentLog, { files: disk.files });
    disk.break('datasync');
    await expect(journal.append(launch('lost'))).rejects.toThrow('EIO');
    disk.mend();
    const appends = [journal.append(launch('a')), journal.append(launch('b'))];
    journal.note(settled('a', ['a-0', 'arn:1']));
    journal.note(adopted('c', 'arn:3'));
    await Promise.all(appends);
    // The rewrite holds every fact already: after it comes the launch alone.
    const { records } = readFrames(readFileSync(join(dir, 'journal')));
    const kinds = records.map((record) => (record as JournalRecord).kind);
    expect(kinds.slice(-3)).toEqual(['adopted', 'adopted', 'launch']);
    // As a process that was killed here would leave it.
    const { open, groups } = await reopened(dir);
    expect(open.map(({ label }) => label)).toEqual(['b']);
    expect(groups).toMatchObject([{ groupId: 'a-0' }, { groupId: 'c' }]);
    await journal.close();
  });

  describe('says of an open launch whether it outlasts a power cut', () => {
    const filled = async () => {
      const dir = temporaryDir();
      const journal = await openJournal(dir, silentLog);
      await journal.append(launch('l'));
      await journal.close();
      return dir;
    };

    it('not before its append has resolved, and not when it is over', async () => {
      const journal = await openJournal(temporaryDir(), silentLog);
      const append = journal.append(launch('l'));
      expect([journal.ledger.isOpen('l'), journal.isDurable('l')]).toEqual([true, false]);
      await append;
      expect(journal.isDurable('l')).toBe(true);
      journal.note(settled('l'));
      expect(journal.isDurable('l')).toBe(false);
      await journal.close();
    });

    it('when a start has found and synced it, though nothing can be written', async () => {
      const disk = badDisk();
      disk.break('writeFile', 'ENOSPC');
      const journal = await openJournal(await filled(), silentLog, { files: disk.files });
      expect([journal.healthy(), journal.isDurable('l')]).toEqual([false, true]);
      await journal.close();
    });

    it.each(['files', 'directories'] as const)(
      'not when a start could not sync %s, until it is written again',
      async (of) => {
        const dir = await filled();
        const disk = badDisk();
        disk.breakSyncOf(of);
        // Else the rewrite at the start would sync its new file.
        disk.break('rename');
        const journal = await openJournal(dir, silentLog, { files: disk.files });
        expect([journal.ledger.isOpen('l'), journal.isDurable('l')]).toEqual([true, false]);
        await expect(journal.append(launch('l'))).rejects.toMatchObject({ kind: 'journal' });
        expect([journal.ledger.isOpen('l'), journal.isDurable('l')]).toEqual([true, false]);
        disk.mend();
        await journal.append(launch('l'));
        expect(journal.isDurable('l')).toBe(true);
        await journal.close();
      },
    );

    it('not when the file was damaged and could not be written again', async () => {
      const dir = await filled();
      const bytes = readFileSync(join(dir, 'journal'));
      writeFileSync(join(dir, 'journal'), Buffer.concat([bytes, bytes.subarray(5)]));
      const disk = badDisk();
      disk.break('writeFile');
      const journal = await openJournal(dir, silentLog, { files: disk.files });
      expect(journal.found).toBe('damaged');
      expect([journal.ledger.isOpen('l'), journal.isDurable('l')]).toEqual([true, false]);
      await journal.close();
    });

    it('not when the file was removed, until it is written again', async () => {
      const dir = await filled();
      const journal = await openJournal(dir, silentLog);
      rmSync(join(dir, 'journal'));
      await expect(journal.append(launch('m'))).rejects.toMatchObject({ kind: 'journal' });
      expect([journal.ledger.isOpen('l'), journal.isDurable('l')]).toEqual([true, false]);
      await journal.append(launch('l'));
      expect(journal.isDurable('l')).toBe(true);
      await journal.close();
    });
  });

  it.each<Operation>(['open', 'writeFile', 'sync', 'rename'])(
    'starts when %s fails and writes the ledger once it can',
    async (operation) => {
      const dir = temporaryDir();
      const first = await openJournal(dir, silentLog);
      await first.append(launch('before'));
      await first.close();

      const disk = badDisk();
      disk.break(operation);
      const { log, levels } = listening();
      const journal = await openJournal(dir, log, { files: disk.files });
      expect(journal.healthy()).toBe(false);
      expect(labels(stateOf(journal.ledger))).toEqual(['before']);
      await expect(journal.append(launch('lost'))).rejects.toMatchObject({ kind: 'journal' });
      expect(levels()).toEqual(['error']);
      expect(labels(await reopened(dir))).toEqual(['before']);

      disk.mend();
      await journal.append(launch('after'));
      expect(journal.healthy()).toBe(true);
      await journal.close();
      expect(labels(await reopened(dir))).toEqual(['before', 'after']);
      expect(readdirSync(dir)).toEqual(['journal']);
    },
  );

  it('goes on with the old file when only a compaction fails', async () => {
    const dir = temporaryDir();
    const disk = badDisk();
    const { log, lines, levels } = listening();
    const journal = await openJournal(dir, log, { files: disk.files, smallest: 1_024 });
    disk.break('rename', 'ENOSPC');
    for (let i = 0; i < 20; i += 1) await journal.append(launch(`l${i}`));
    expect(journal.healthy()).toBe(true);
    // Once a KiB, not once an append.
    expect(disk.counts.rename).toBeLessThan(8);
    expect(levels()).toContain('warn');
    expect(lines[0]?.fields).toEqual({ path: dir, reason: expect.stringContaining('ENOSPC') });
    expect(levels()).not.toContain('error');
    await journal.close();
    expect((await reopened(dir)).open).toHaveLength(20);
  });

  it('tries a broken disk at most once a second for notes, for every append, and when it closes', async () => {
    const dir = temporaryDir();
    const disk = badDisk();
    let now = 1_000;
    const journal = await openJournal(dir, silentLog, { files: disk.files, now: () => now });
    const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
    disk.break('open');
    disk.break('datasync');
    await expect(journal.append(launch('l'))).rejects.toThrow('EIO');
    const opened = disk.counts.open;
    journal.note(adopted('a', 'arn:1'));
    await turn();
    expect(disk.counts.open).toBe(opened);
    now += 1_000;
    journal.note(adopted('b', 'arn:2'));
    await expect.poll(() => disk.counts.open).toBe(opened + 1);
    await expect(journal.append(launch('l'))).rejects.toThrow('EIO');
    expect(disk.counts.open).toBe(opened + 2);
    journal.note(adopted('c', 'arn:3'));
    await turn();
    disk.mend();
    await journal.close();
    expect((await reopened(dir)).groups).toHaveLength(3);
  });

  it.each([
    ['removed', (dir: string) => rmSync(dir, { recursive: true })],
    ['emptied', (dir: string) => rmSync(join(dir, 'journal'))],
    [
      'given another journal',
      (dir: string) => {
        rmSync(join(dir, 'journal'));
        writeFileSync(join(dir, 'journal'), '');
      },
    ],
  ])('notices that its directory was %s and recovers', async (_, harm) => {
    const dir = join(temporaryDir(), 'state');
    mkdirSync(dir);
    const journal = await openJournal(dir, silentLog);
    await journal.append(launch('before'));
    harm(dir);
    await expect(journal.append(launch('lost'))).rejects.toMatchObject({ kind: 'journal' });
    expect(journal.healthy()).toBe(false);
    if (!existsSync(dir)) {
      await expect(journal.append(launch('lost'))).rejects.toThrow('ENOENT');
      mkdirSync(dir);
    }
    await journal.append(launch('after'));
    await journal.close();
    expect(labels(await reopened(dir))).toEqual(['before', 'after']);
  });
});

describe('journalFile', () => {
  const opened = (more: Partial<Files> = {}, smallest = 10) => {
    const dir = temporaryDir();
    const { log, lines } = listening();
    const pauses: number[] = [];
    const pause = async () => void pauses.push(1);
    const file = journalFile(dir, { files: { ...diskFiles, ...more }, log, smallest, pause });
    return { file, path: join(dir, 'journal'), lines, pauses };
  };

  it('has a name once it is written, and rejects appends before', async () => {
    const { file, path } = opened();
    expect([file.name(), file.usable(), file.overgrown()]).toEqual([null, false, false]);
    await expect(file.append([])).rejects.toThrow('no journal file is open');
    await file.rewrite([]);
    expect(file.name()).toBe(fileName(statSync(path, { bigint: true })));
    await file.close();
    expect(file.name()).toBeNull();
  });

  it('is overgrown above four times its size, and above the size that is not worth a rewrite', async () => {
    const { file, path } = opened();
    await file.rewrite([]);
    const { size } = statSync(path);
    await file.append([new Uint8Array(3 * size)]);
    expect(file.overgrown()).toBe(false);
    await file.append([new Uint8Array(1)]);
    expect(file.overgrown()).toBe(true);
    await file.close();
    const large = opened({}, 1000).file;
    await large.rewrite([]);
    await large.append([new Uint8Array(1000 - size)]);
    expect(large.overgrown()).toBe(false);
    await large.append([new Uint8Array(1)]);
    expect(large.overgrown()).toBe(true);
    await large.close();
  });

  it('writes many records in slices, with a pause after each', async () => {
    const { file, path, pauses } = opened();
    await file.rewrite(Array.from({ length: 512 }, (_, i) => launch(`l-${i}`)));
    expect(readFrames(readFileSync(path)).records).toHaveLength(513);
    expect(pauses).toHaveLength(2);
    await file.close();
  });

  it('closes each file it has opened, and reports where that fails', async () => {
    let closed = 0;
    const { file, path, lines } = opened({
      async open(...args) {
        const handle = await diskFiles.open(...args);
        if (args[1] === 'r') return handle;
        const close = handle.close.bind(handle);
        handle.close = async () => {
          closed++;
          await close();
          throw new Error('EIO');
        };
        return handle;
      },
    });
    await file.rewrite([]);
    await file.rewrite([]);
    expect(closed).toBe(1);
    await file.close();
    expect(closed).toBe(2);
    expect(lines.map(({ text, fields }) => [text, fields])).toEqual(
      [1, 2].map(() => ['journalFile.closeFailed', { path, reason: 'EIO' }]),
    );
  });

  it('takes a file on another device for replaced, and not one that it cannot look at', async () => {
    const eio = Object.assign(new Error('EIO'), { code: 'EIO' });
    for (const [isReplaced, stat] of [
      [false, () => Promise.reject(eio)],
      [
        true,
        async (path: string, options: { bigint: true }) => {
          const { size, ino, dev, mtimeMs } = await diskFiles.stat(path, options);
          return { size, ino, dev: dev + 1n, mtimeMs, isFile: () => true };
        },
      ],
    ] as const) {
      const { file } = opened({ stat });
      await file.rewrite([]);
      const error = await file.append([]).catch((thrown: unknown) => thrown);
      expect(error instanceof FileReplaced).toBe(isReplaced);
      expect(error).toBeInstanceOf(Error);
      expect(file.usable()).toBe(false);
    }
  });
});
