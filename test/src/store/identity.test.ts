import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadIdentity } from '../../../src/store/identity.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { listening, temporaryDir } from './samples.ts';

const sync = vi.hoisted(() => ({ code: null as string | null, written: [] as unknown[] }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const fsyncSync = (fd: number): void => {
    if (sync.code) throw Object.assign(new Error(`${sync.code}: fsync`), { code: sync.code });
    fs.fsyncSync(fd);
  };
  const writeFileSync = (...given: Parameters<typeof fs.writeFileSync>): void => {
    sync.written.push(given[2]);
    fs.writeFileSync(...given);
  };
  return { ...fs, fsyncSync, writeFileSync };
});

afterEach(() => {
  sync.code = null;
});

const never = () => {
  throw new Error('asked for a new identity');
};

describe('loadIdentity', () => {
  it('makes an identity once, readable by its owner only, and returns the same ever after', () => {
    const dir = temporaryDir();
    const { log, lines } = listening();
    expect(loadIdentity(dir, () => 'scaler-ecs|0123', log)).toBe('scaler-ecs|0123');
    expect(sync.written.at(-1)).toMatchObject({ flush: true });
    expect(readFileSync(join(dir, 'identity'), 'utf8')).toBe('scaler-ecs|0123\n');
    expect(statSync(join(dir, 'identity')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['identity']);
    expect(loadIdentity(dir, never, log)).toBe('scaler-ecs|0123');
    expect(lines).toEqual([]);
  });

  it('reads an identity that a person wrote, with or without a line end', () => {
    const dir = temporaryDir();
    const longest = 'x'.repeat(255);
    for (const text of ['mine|ü', 'mine|ü\n', longest, `${longest}\n`]) {
      writeFileSync(join(dir, 'identity'), text);
      expect(loadIdentity(dir, never, silentLog)).toBe(text.trimEnd());
    }
  });

  it.each([
    ['empty', Buffer.from('')],
    ['blank', Buffer.from('\n')],
    ['not UTF-8', Buffer.from([0x73, 0xff, 0xfe])],
    ['over-long', Buffer.alloc(300, 'x')],
    ['a byte too long', Buffer.alloc(256, 'x')],
    ['marked as UTF-8', Buffer.from('\uFEFFmine')],
    ['after an empty line', Buffer.from('\nmine')],
    ['zeros', Buffer.alloc(43)],
    ["a client's", Buffer.from('Client|x')],
    ['two lines', Buffer.from('a\nb\n')],
  ])('replaces an identity file that is %s and warns', (_, bytes) => {
    const dir = temporaryDir();
    writeFileSync(join(dir, 'identity'), bytes);
    const { log, lines } = listening();
    expect(loadIdentity(dir, () => 'new', log)).toBe('new');
    const path = join(dir, 'identity');
    expect(lines).toMatchObject([{ level: 'warn', text: 'identity.replaced', fields: { path } }]);
    expect(loadIdentity(dir, never, log)).toBe('new');
  });

  it('replaces what is no file, whatever it leads to', () => {
    const dir = temporaryDir();
    writeFileSync(join(dir, 'other'), 'mine');
    symlinkSync(join(dir, 'other'), join(dir, 'identity'));
    expect(loadIdentity(dir, () => 'new', silentLog)).toBe('new');
    expect(readFileSync(join(dir, 'other'), 'utf8')).toBe('mine');
  });

  it('leaves no file open', () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let i = 0; i < 5; i++) loadIdentity(temporaryDir(), () => 'new', silentLog);
    expect(open()).toBeLessThan(before + 5);
  });

  it('works over the draft of a start that was killed', () => {
    const dir = temporaryDir();
    writeFileSync(join(dir, 'identity.tmp'), 'half');
    expect(loadIdentity(dir, () => 'new', silentLog)).toBe('new');
  });

  it('fails in one line when the identity cannot be written or read', () => {
    const dir = temporaryDir();
    mkdirSync(join(dir, 'identity'));
    expect(() => loadIdentity(dir, () => 'new', silentLog)).toThrow(
      /^The identity in .*identity .*$/,
    );
    rmSync(dir, { recursive: true });
    expect(() => loadIdentity(dir, () => 'new', silentLog)).toThrow(/ENOENT/);
  });

  it('works where a directory cannot be synced, and fails where the sync of one failed', () => {
    for (const code of ['EINVAL', 'EISDIR', 'EPERM']) {
      sync.code = code;
      expect(loadIdentity(temporaryDir(), () => 'new', silentLog)).toBe('new');
    }
    sync.code = 'EIO';
    expect(() => loadIdentity(temporaryDir(), () => 'new', silentLog)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('EIO'),
        cause: expect.objectContaining({ code: 'EIO' }),
      }),
    );
  });

  it('fails and writes nothing when it could not read the new identity back', () => {
    const dir = temporaryDir();
    for (const made of ['a\nb', 'x'.repeat(256)])
      expect(() => loadIdentity(dir, () => made, silentLog)).toThrow(/not fit/);
    expect(readdirSync(dir)).toEqual([]);
  });
});
