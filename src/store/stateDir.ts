import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../telemetry/log.ts';
import { StoreFailure, wordsOf } from './failure.ts';

/** A state directory that this process has locked until `release`, or until it ends, however it ends. */
export interface StateDir {
  path: string;
  release(): void;
}

type Lock = 'ours' | 'busy' | { unguarded: string };

/**
 * flock(2) through flock(1): the lock belongs to the open file description that both processes share. So it stays
 * with our descriptor when flock(1) has exited, and the kernel drops it with our last one, also after SIGKILL.
 */
function lock(fd: number): Lock {
  const { error, status, signal } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    timeout: 10_000,
  });
  if (error) return { unguarded: wordsOf(error) };
  if (status === 0) return 'ours';
  if (status === 1) return 'busy';
  return { unguarded: `flock ended with ${status ?? signal}` };
}

/** Level by level: Node's recursive mkdir loops for ever where the kernel refuses to make a directory. */
function makeDir(path: string): void {
  const mode = { mode: 0o700 };
  try {
    mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeDir(dirname(path));
    mkdirSync(path, mode);
  }
}

/**
 * Makes the directory if it is missing, and locks it. Throws a StoreFailure: `busy` when another process holds it,
 * `directory` when it cannot be made or written. Without flock(1) it warns and is not locked.
 */
export function openStateDir(path: string, log: Log): StateDir {
  let fd: number;
  try {
    makeDir(path);
    // Not emptied by opening: until we hold the lock, the pid in it is that of another process.
    fd = openSync(join(path, 'lock'), 'a', 0o600);
  } catch (error) {
    const message = `The state directory ${path} cannot be used: ${wordsOf(error)}`;
    throw new StoreFailure('directory', message, { cause: error });
  }
  const outcome = lock(fd);
  if (outcome === 'busy') {
    closeSync(fd);
    const message = `The state directory ${path} is in use by another scaler-ecs; stop it, or give this one its own --state-dir`;
    throw new StoreFailure('busy', message);
  }
  if (outcome !== 'ours') log.report('stateDir.notLocked', { path, reason: outcome.unguarded });
  try {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`);
  } catch (error) {
    // The pid is for people; a full disk must not keep the daemon from running.
    log.report('lockFile.pidNotWritten', { path, reason: wordsOf(error) });
  }
  let held = true;
  return {
    path,
    release() {
      if (!held) return;
      held = false;
      // The file stays: to remove it would let two processes hold locks on two files of this name.
      closeSync(fd);
    },
  };
}
