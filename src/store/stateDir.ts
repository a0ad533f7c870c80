import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeDir } from '../shared/makeDir.ts';
import type { Log } from '../telemetry/log.ts';
import { lockBySocket, type SocketLock, type SocketLockOutcome } from './socketLock.ts';
import { StoreFailure, wordsOf } from './storeFailure.ts';

/** A state directory that this process has locked until `release`, or until it ends, however it ends. */
export interface StateDir {
  path: string;
  release(): void;
}

/** What the lock needs of the system: replaced in tests. */
export interface LockTools {
  lockBySocket(path: string): Promise<SocketLockOutcome>;
  /** Type of the file system of a directory, as statfs(2) tells it. */
  fileSystemOf(path: string): number;
}

const systemTools: LockTools = { lockBySocket, fileSystemOf: (path) => statfsSync(path).type };

type Lock = 'ours' | 'busy' | { unguarded: string };

/**
 * flock(2) through flock(1): the lock belongs to the open file description that both processes share. So it stays
 * with our descriptor when flock(1) has exited, and the kernel drops it with our last one, also after SIGKILL.
 */
function lockByProgram(fd: number): Lock {
  const { error, status, signal } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    timeout: 10_000,
  });
  if (error) return { unguarded: wordsOf(error) };
  if (status === 0) return 'ours';
  if (status === 1) return 'busy';
  return { unguarded: `flock ended with ${status ?? signal}` };
}

/** Whether any process of this host holds flock(2) on the file, as far as the kernel shows it. */
export function isLockedByProgram(fd: number): boolean {
  const { ino, dev } = fstatSync(fd, { bigint: true });
  const hex = (part: bigint) => part.toString(16).padStart(2, '0');
  const major = (dev >> 8n) & 0xfffn;
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n);
  const file = `${hex(major)}:${hex(minor)}:${ino}`;
  try {
    const locks = readFileSync('/proc/locks', 'utf8').split('\n');
    return locks.some((line) => line.includes(' FLOCK ') && line.split(/\s+/).includes(file));
  } catch {
    return false;
  }
}

/** Types of file systems that several hosts share, as statfs(2) tells them: NFS, SMB, CIFS, SMB2, AFS, Ceph, Lustre. */
const sharedFileSystems: readonly number[] = [
  ...[0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400, 0x0bd00bd0],
];

function busy(path: string): StoreFailure {
  return new StoreFailure(
    'busy',
    `The state directory ${path} is in use by another scaler-ecs; stop it, or give this one its own --state-dir`,
  );
}

function unusable(path: string, reason: string, cause?: unknown): StoreFailure {
  return new StoreFailure('directory', `The state directory ${path} cannot be used: ${reason}`, {
    cause,
  });
}

/**
 * Locks the directory by a socket and, where that program is there, by flock(1): a daemon that has only one of the two
 * is kept out, too. Throws a StoreFailure where neither is possible.
 */
async function lock(path: string, fd: number, tools: LockTools): Promise<SocketLock | null> {
  const byProgram = lockByProgram(fd);
  if (byProgram === 'busy') throw busy(path);
  if (byProgram !== 'ours') {
    if (isLockedByProgram(fd)) throw busy(path);
    if (sharedFileSystems.includes(tools.fileSystemOf(path)))
      throw unusable(
        path,
        `it is on a file system that other hosts share, and cannot be locked without flock(1) (${byProgram.unguarded}); install util-linux, or use a directory of this host`,
      );
  }
  const bySocket = await tools.lockBySocket(path);
  if (bySocket === 'busy') throw busy(path);
  if (!('unguarded' in bySocket)) return bySocket;
  if (byProgram === 'ours') return null;
  throw unusable(
    path,
    `it cannot be locked: ${bySocket.unguarded}, and ${byProgram.unguarded}; install flock(1), of util-linux`,
  );
}

/**
 * Makes the directory if it is missing, and locks it. Rejects with a StoreFailure: `busy` when another process holds
 * it, `directory` when it cannot be made, written or locked.
 */
export async function openStateDir(path: string, log: Log, tools = systemTools): Promise<StateDir> {
  let fd: number;
  try {
    makeDir(path);
    // Not emptied by opening: until we hold the lock, the pid in it is that of another process.
    fd = openSync(join(path, 'lock'), 'a', 0o600);
  } catch (error) {
    throw unusable(path, `${wordsOf(error)}; choose another --state-dir`, error);
  }
  let socketLock: SocketLock | null;
  try {
    socketLock = await lock(path, fd, tools);
  } catch (error) {
    closeSync(fd);
    throw error instanceof StoreFailure ? error : unusable(path, wordsOf(error), error);
  }
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
      socketLock?.release();
      // The file stays: to remove it would let two processes hold locks on two files of this name.
      closeSync(fd);
    },
  };
}
