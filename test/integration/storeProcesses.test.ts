import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StoreFailure } from '../../src/store/failure.ts';
import { openJournal } from '../../src/store/journal.ts';
import { openStateDir } from '../../src/store/stateDir.ts';
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

const lockable = !spawnSync('flock', ['--help']).error;

const kindOf = (act: () => unknown): string | null => {
  try {
    act();
  } catch (error) {
    if (error instanceof StoreFailure) return error.kind;
    throw error;
  }
  return null;
};

describe.runIf(lockable)('a state directory', () => {
  it('is refused while another process holds it, and free when that process is killed', async () => {
    const path = temporaryDir();
    const child = startChild('holdLock', [path]);
    await child.spoke;
    expect(child.output()).toBe('ours\n');
    expect(kindOf(() => openStateDir(path, silentLog))).toBe('busy');
    child.process.kill('SIGKILL');
    await child.ended;
    openStateDir(path, silentLog).release();
    expect(readFileSync(join(path, 'lock'), 'utf8')).toBe(`${process.pid}\n`);
  });

  it('goes to exactly one of two processes that open it at once', async () => {
    const path = temporaryDir();
    const children = [startChild('holdLock', [path]), startChild('holdLock', [path])];
    await Promise.all(children.map(({ spoke }) => spoke));
    expect(children.map(({ output }) => output()).sort()).toEqual(['busy\n', 'ours\n']);
    for (const { process } of children) process.stdin.end();
    await Promise.all(children.map(({ ended }) => ended));
  });
});
