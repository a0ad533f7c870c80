import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openJournal } from '../../src/store/journal.ts';
import { openStateDir } from '../../src/store/stateDir.ts';
import { StoreFailure } from '../../src/store/storeFailure.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { launch, stateOf, temporaryDir } from '../src/store/samples.ts';
import { startChild } from './children/start.ts';

const reopened = async (dir: string) => {
  const journal = await openJournal(dir, silentLog);
  await journal.close();
  return stateOf(journal.ledger);
};
const labels = ({ open }: ReturnType<typeof stateOf>) => open.map(({ label }) => label);

describe('a journal', () => {
  it('rejects appends beyond the file size limit of the system, and keeps every acknowledged one', async () => {
    const dir = temporaryDir();
    // Units of 512 bytes or of 1024: 16 or 32 KiB.
    const child = startChild('fillUp', [dir], 'ulimit -f 32;');
    await child.ended;
    const { acknowledged, kind, message, open, healthy } = JSON.parse(child.output());
    expect({ kind, healthy }).toEqual({ kind: 'journal', healthy: false });
    expect(message).toMatch(/^The journal in .*EFBIG/);
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(open).toEqual(acknowledged);
    expect(labels(await reopened(dir))).toEqual(acknowledged);
  });

  const mount = (dir: string) =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', dir]).status === 0;

  it('rejects appends while the file system is full, and heals when there is room', async (context) => {
    const dir = temporaryDir();
    if (process.getuid?.() !== 0 || !mount(dir)) return context.skip();
    onTestFinished(() => void spawnSync('umount', [dir]));
    const filler = join(dir, 'filler');
    writeFileSync(filler, Buffer.alloc(44 * 1024));
    const journal = await openJournal(dir, silentLog);
    const acknowledged: string[] = [];
    const fill = async () => {
      for (let i = 0; i < 1_000; i += 1) {
        await journal.append(launch(`l${i}`));
        acknowledged.push(`l${i}`);
      }
    };
    await expect(fill()).rejects.toThrow('ENOSPC');
    expect(labels(stateOf(journal.ledger))).toEqual(acknowledged);
    rmSync(filler);
    await journal.append(launch('after'));
    expect(journal.healthy()).toBe(true);
    await journal.close();
    expect(labels(await reopened(dir))).toEqual([...acknowledged, 'after']);
  });

  it('holds every acknowledged append after its process was killed twice', async () => {
    const dir = temporaryDir();
    const acknowledged = new Set<string>();
    for (const round of ['a', 'b']) {
      const child = startChild('appendForever', [dir, round]);
      await child.spoke;
      await new Promise((resolve) => setTimeout(resolve, 150));
      child.process.kill('SIGKILL');
      await child.ended;
      for (const label of child.output().split('\n').filter(Boolean)) acknowledged.add(label);
    }
    const open = new Set(labels(await reopened(dir)));
    expect(acknowledged.size).toBeGreaterThan(50);
    expect([...acknowledged].filter((label) => !open.has(label))).toEqual([]);
  });
});

const hasFlock = !spawnSync('flock', ['--help']).error;

const kindOf = async (act: () => Promise<unknown>): Promise<string | null> => {
  try {
    await act();
  } catch (error) {
    if (error instanceof StoreFailure) return error.kind;
    throw error;
  }
  return null;
};

/** Shell code before a child's command: `flock` is found, or it is not. */
const worlds: [string, string][] = [
  ...(hasFlock ? [['with flock(1)', ''] as [string, string]] : []),
  ['without flock(1)', 'export PATH=/nowhere;'],
];

describe.each(worlds)('a state directory %s', (_, before) => {
  const holder = (path: string) => startChild('holdLock', [path], before);

  it('is refused while another process holds it, and free when that process is killed', async () => {
    const path = temporaryDir();
    const child = holder(path);
    await child.spoke;
    expect(child.output()).toBe('ours\n');
    expect(await kindOf(() => openStateDir(path, silentLog))).toBe('busy');
    // A process that stands still holds it, too.
    child.process.kill('SIGSTOP');
    expect(await kindOf(() => openStateDir(path, silentLog))).toBe('busy');
    child.process.kill('SIGKILL');
    await child.ended;
    (await openStateDir(path, silentLog)).release();
    expect(readFileSync(join(path, 'lock'), 'utf8')).toBe(`${process.pid}\n`);
  });

  it('goes to exactly one of several processes that open it at once, round after round', async () => {
    const path = temporaryDir();
    for (let round = 0; round < 2; round += 1) {
      const children = Array.from({ length: 4 }, () => holder(path));
      await Promise.all(children.map(({ spoke }) => spoke));
      const busy = ['busy\n', 'busy\n', 'busy\n'];
      expect(children.map(({ output }) => output()).sort()).toEqual([...busy, 'ours\n']);
      // The next round finds what a killed process leaves.
      for (const { process } of children) process.kill('SIGKILL');
      await Promise.all(children.map(({ ended }) => ended));
    }
  });
});

it.runIf(hasFlock)(
  'a state directory that an earlier version holds by flock(1) alone is refused without that program',
  async () => {
    const path = temporaryDir();
    const holder = spawn('flock', ['-n', join(path, 'lock'), 'sleep', '60']);
    onTestFinished(() => void holder.kill('SIGKILL'));
    await expect.poll(() => existsSync(join(path, 'lock'))).toBe(true);
    const child = startChild('holdLock', [path], 'export PATH=/nowhere;');
    await child.spoke;
    expect(child.output()).toBe('busy\n');
  },
);
