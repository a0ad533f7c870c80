import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openJournal } from '../../../src/store/journal.ts';
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
  ])('rejects what %s did not take, keeps the facts, and heals', async (operation, code) => {
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
      await expect(append).rejects.toMatchObject({ name: 'StoreFailure', kind: 'journal' });
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
    await journal.close();
    expect(await reopened(dir)).toEqual(stateOf(journal.ledger));
    expect(labels(stateOf(journal.ledger))).toEqual(['after']);
  });

  it('writes what waits as soon as the disk is well again, without being asked', async () => {
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
    await journal.close();
  });

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

  it('keeps an open launch open when telling it again fails', async () => {
    const dir = temporaryDir();
    const disk = badDisk();
    const journal = await openJournal(dir, silentLog, { files: disk.files });
    await journal.append(launch('l'));
    disk.break('datasync');
    await expect(journal.append(launch('l'))).rejects.toThrow('EIO');
    expect(journal.ledger.isOpen('l')).toBe(true);
    await journal.close();
  });

  it.each<Operation>(['open', 'writeFile', 'sync', 'rename'])(
    'starts all the same when %s fails, and writes the ledger once it can',
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
    const { log, levels } = listening();
    const journal = await openJournal(dir, log, { files: disk.files, smallest: 1_024 });
    disk.break('rename', 'ENOSPC');
    for (let i = 0; i < 20; i += 1) await journal.append(launch(`l${i}`));
    expect(journal.healthy()).toBe(true);
    // Once a KiB, not once an append.
    expect(disk.counts.rename).toBeLessThan(8);
    expect(levels()).toContain('warn');
    expect(levels()).not.toContain('error');
    await journal.close();
    expect((await reopened(dir)).open).toHaveLength(20);
  });

  it('tries a broken disk for notes once a second only, for an append always, and at closing', async () => {
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
  ])('notices that its directory was %s, and heals', async (_, harm) => {
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
