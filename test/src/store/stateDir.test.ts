import { spawnSync } from 'node:child_process';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isLockedByProgram, openStateDir } from '../../../src/store/stateDir.ts';
import { StoreFailure } from '../../../src/store/storeFailure.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { listening, temporaryDir } from './samples.ts';

const failureOf = async (act: () => Promise<unknown>): Promise<StoreFailure> => {
  try {
    await act();
  } catch (error) {
    if (error instanceof StoreFailure) return error;
    throw error;
  }
  throw new Error('did not fail');
};

const lockable = !spawnSync('flock', ['--help']).error;

afterEach(() => void vi.unstubAllEnvs());

describe('openStateDir', () => {
  it('makes a directory readable by its owner only, with the pid of the process in its lock file', async () => {
    const path = join(temporaryDir(), 'some', 'where');
    const dir = await openStateDir(path, silentLog);
    expect(dir.path).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'lock')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(path, 'lock'), 'utf8')).toBe(`${process.pid}\n`);
    dir.release();
    dir.release();
    expect(readdirSync(path)).toEqual(['lock']);
  });

  it.each([
    ['with flock(1)', lockable],
    ['without flock(1)', false],
  ])(
    'refuses a directory that is held, in one line that names it, until it is released, %s',
    async (_, hasFlock) => {
      if (!hasFlock) vi.stubEnv('PATH', '/nowhere');
      const path = temporaryDir();
      const first = await openStateDir(path, silentLog);
      const { kind, message } = await failureOf(() => openStateDir(path, silentLog));
      expect(kind).toBe('busy');
      expect(message).toContain(path);
      expect(message).not.toContain('\n');
      first.release();
      (await openStateDir(path, silentLog)).release();
    },
  );

  it.runIf(lockable)('is one lock for a process with flock(1) and one without', async () => {
    const path = temporaryDir();
    const first = await openStateDir(path, silentLog);
    vi.stubEnv('PATH', '/nowhere');
    expect((await failureOf(() => openStateDir(path, silentLog))).kind).toBe('busy');
    first.release();
    const second = await openStateDir(path, silentLog);
    vi.unstubAllEnvs();
    expect((await failureOf(() => openStateDir(path, silentLog))).kind).toBe('busy');
    second.release();
  });

  it('fails in one line when the directory cannot be made', async () => {
    const file = join(temporaryDir(), 'file');
    writeFileSync(file, '');
    const { kind, message } = await failureOf(() => openStateDir(join(file, 'dir'), silentLog));
    expect(kind).toBe('directory');
    expect(message).toContain(file);
    expect(message).not.toContain('\n');
  });

  it('names the cause when the directory cannot be made', async () => {
    const file = join(temporaryDir(), 'file');
    writeFileSync(file, '');
    const { cause } = await failureOf(() => openStateDir(join(file, 'dir'), silentLog));
    expect(cause).toMatchObject({ code: 'ENOTDIR' });
  });

  it.each([
    ['refuses the directory when flock(1) ends with 1', 1, true],
    ['takes the directory by its socket when flock(1) ends with 3', 3, false],
  ])('%s', async (_, status, isRefused) => {
    const bin = temporaryDir();
    writeFileSync(join(bin, 'flock'), `#!/bin/sh\nexit ${status}\n`, { mode: 0o755 });
    vi.stubEnv('PATH', bin);
    const path = temporaryDir();
    if (isRefused) expect((await failureOf(() => openStateDir(path, silentLog))).kind).toBe('busy');
    else (await openStateDir(path, silentLog)).release();
  });

  it.runIf(lockable)('locks its file by flock(1), until it is released', async () => {
    const path = temporaryDir();
    const dir = await openStateDir(path, silentLog);
    const fd = openSync(join(path, 'lock'), 'r');
    expect(isLockedByProgram(fd)).toBe(true);
    dir.release();
    expect(isLockedByProgram(fd)).toBe(false);
    closeSync(fd);
  });

  it.runIf(lockable)('refuses a directory that is locked by flock(1) alone', async () => {
    const path = temporaryDir();
    const fd = openSync(join(path, 'lock'), 'a');
    spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    vi.stubEnv('PATH', '/nowhere');
    expect((await failureOf(() => openStateDir(path, silentLog))).kind).toBe('busy');
    closeSync(fd);
    (await openStateDir(path, silentLog)).release();
  });

  it.runIf(process.platform === 'linux')('reports that it cannot write the pid', async () => {
    const path = temporaryDir();
    symlinkSync('/dev/full', join(path, 'lock'));
    const { log, lines } = listening();
    (await openStateDir(path, log)).release();
    expect(lines.map(({ text, fields }) => [text, fields])).toEqual([
      ['lockFile.pidNotWritten', { path, reason: expect.stringMatching(/EINVAL|ENOSPC/) }],
    ]);
  });

  describe('where the socket cannot be made', () => {
    const local = {
      lockBySocket: async () => ({ unguarded: 'no sockets' }),
      fileSystemOf: () => 1,
    };

    it.runIf(lockable)('is locked by flock(1) alone', async () => {
      const path = temporaryDir();
      const dir = await openStateDir(path, silentLog, local);
      expect((await failureOf(() => openStateDir(path, silentLog, local))).kind).toBe('busy');
      dir.release();
      (await openStateDir(path, silentLog, local)).release();
    });

    it('fails without flock(1), and says why', async () => {
      const path = temporaryDir();
      vi.stubEnv('PATH', '/nowhere');
      const { kind, message } = await failureOf(() => openStateDir(path, silentLog, local));
      expect(kind).toBe('directory');
      expect(message).toBe(
        `The state directory ${path} cannot be used: it cannot be locked: no sockets, and spawnSync flock ENOENT; install flock(1), of util-linux`,
      );
    });

    it.each([
      ['ends with 3', 'exit 3', 'flock ended with 3'],
      ['is killed', 'kill -9 $$', 'flock ended with SIGKILL'],
    ])('fails when flock(1) %s, and says so', async (_, command, words) => {
      const bin = temporaryDir();
      writeFileSync(join(bin, 'flock'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
      vi.stubEnv('PATH', bin);
      const { message } = await failureOf(() => openStateDir(temporaryDir(), silentLog, local));
      expect(message).toContain(words);
    });
  });

  it.each([0x6969, 0x0bd00bd0])(
    'is refused on a file system of type %i, which other hosts share, without flock(1)',
    async (type) => {
      const path = temporaryDir();
      const shared = { lockBySocket: async () => 'busy' as const, fileSystemOf: () => type };
      vi.stubEnv('PATH', '/nowhere');
      const { kind, message } = await failureOf(() => openStateDir(path, silentLog, shared));
      expect(kind).toBe('directory');
      expect(message).toContain('it is on a file system that other hosts share');
    },
  );
});
