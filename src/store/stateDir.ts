import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../telemetry/log.ts';
import { StoreFailure, wordsOf } from './failure.ts';

/** A state directory that is ours alone until `release`, or until this process ends, however it ends. */
export interface StateDir {
  path: string;
  release(): void;
}

type Lock = 'ours' | 'busy' | { unguarded: string };

/**
 * flock(2) by way of flock(1): the lock belongs to the open file description that both share, so it stays
 * with our descriptor when flock(1) has exited, and the kernel drops it with our last one, also after SIGKILL.
 */
const lock = (fd: number): Lock => {
  const { error, status, signal } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    timeout: 10_000,
  });
  if (error) return { unguarded: wordsOf(error) };
  if (status === 0) return 'ours';
  if (status === 1) return 'busy';
  return { unguarded: `flock ended with ${status ?? signal}` };
};

/** Level by level: Node's own way goes round in a circle where the kernel lets nobody make one. */
const makeDir = (path: string): void => {
  const make = () => mkdirSync(path, { mode: 0o700 });
  try {
    make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeDir(dirname(path));
    make();
  }
};

export const openStateDir = (path: string, log: Log): StateDir => {
  let fd: number;
  try {
    makeDir(path);
    // Not emptied by opening: until the lock is ours, the pid in it is somebody else's.
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
    // The pid is for people; a full disk must not keep us from running.
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
};
