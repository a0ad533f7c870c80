import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreFailure } from '../../../src/store/failure.ts';
import { openStateDir } from '../../../src/store/stateDir.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { listening, temporaryDir } from './samples.ts';

const failureOf = (act: () => unknown): StoreFailure => {
  try {
    act();
  } catch (error) {
    if (error instanceof StoreFailure) return error;
    throw error;
  }
  throw new Error('did not fail');
};

const lockable = !spawnSync('flock', ['--help']).error;

afterEach(() => void vi.unstubAllEnvs());

describe('openStateDir', () => {
  it('makes a directory readable by its owner only, with the pid of the process in its lock file', () => {
    const path = join(temporaryDir(), 'some', 'where');
    const dir = openStateDir(path, silentLog);
    expect(dir.path).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'lock')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(path, 'lock'), 'utf8')).toBe(`${process.pid}\n`);
    dir.release();
    dir.release();
  });

  it.runIf(lockable)(
    'refuses a directory that is held, in one line that names it, until it is released',
    () => {
      const path = temporaryDir();
      const first = openStateDir(path, silentLog);
      const { kind, message } = failureOf(() => openStateDir(path, silentLog));
      expect(kind).toBe('busy');
      expect(message).toContain(path);
      expect(message).not.toContain('\n');
      first.release();
      openStateDir(path, silentLog).release();
    },
  );

  it('opens the directory unlocked, with a warning, where there is no flock(1)', () => {
    const path = temporaryDir();
    vi.stubEnv('PATH', '/nowhere');
    const { log, lines } = listening();
    openStateDir(path, log).release();
    expect(lines).toMatchObject([{ level: 'warn', fields: { path } }]);
  });

  it('fails in one line when the directory cannot be made', () => {
    const file = join(temporaryDir(), 'file');
    writeFileSync(file, '');
    const { kind, message } = failureOf(() => openStateDir(join(file, 'dir'), silentLog));
    expect(kind).toBe('directory');
    expect(message).toContain(file);
    expect(message).not.toContain('\n');
  });
});
