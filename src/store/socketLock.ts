import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock that is held until `release`, or until the process ends, however it ends. */
export interface SocketLock {
  release(): void;
}

export type SocketLockOutcome = SocketLock | 'busy' | { unguarded: string };

const socketName = /^lock\.[0-9a-f]{16}\.sock$/;
/** What a socket says of its process. */
const holds = 'h';
const tries = 't';

/** Two that try at once both step back, and try again after a random pause. */
const attempts = 20;
const longestPauseMs = 80;
/** A process that stands still accepts connections and says nothing: it counts as the holder, ms. */
const answerMs = 1000;

type Peer = 'dead' | 'holds' | 'tries';

/**
 * Locks a directory without any program, by a Unix socket in it. The kernel closes the socket of a process that ends;
 * a dead socket refuses connections. A process first listens at a socket of its own and only then looks at all others.
 * Of two that do so at once, at least one sees the other and steps back: never do both hold the lock. Works between
 * containers of one host. Does not work between hosts.
 */
export async function lockBySocket(dir: string): Promise<SocketLockOutcome> {
  // The kernel takes at most 107 bytes for the path of a socket: ours is short however long the directory's is.
  const fd = openSync(dir, 'r');
  const shortDir = `/proc/self/fd/${fd}`;
  let isHeld = false;
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const outcome = await attemptLock(shortDir);
      if (outcome === 'busy') return 'busy';
      if (outcome !== null) {
        isHeld = true;
        return {
          release() {
            if (!isHeld) return;
            isHeld = false;
            // Closing removes the socket's file, by its path through the directory.
            outcome.close(() => closeSync(fd));
          },
        };
      }
      await sleep(Math.random() * longestPauseMs);
    }
    return 'busy';
  } catch (error) {
    return { unguarded: (error as Error).message };
  } finally {
    if (!isHeld) closeSync(fd);
  }
}

/** Whether another process holds the lock of a directory, or tries to. Changes nothing. */
export async function isLockedBySocket(dir: string): Promise<boolean> {
  const fd = openSync(dir, 'r');
  try {
    const shortDir = `/proc/self/fd/${fd}`;
    const names = readdirSync(shortDir).filter((name) => socketName.test(name));
    const peers = await Promise.all(names.map((name) => ask(join(shortDir, name))));
    return peers.some((peer) => peer !== 'dead');
  } finally {
    closeSync(fd);
  }
}

/** The server of the lock; null: another process tries at the same time. Rejects where there can be no sockets. */
async function attemptLock(dir: string): Promise<Server | 'busy' | null> {
  const name = `lock.${randomBytes(8).toString('hex')}.sock`;
  const path = join(dir, name);
  let state = tries;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(state);
  });
  await listen(server, path);
  const ours = lstatSync(path, { throwIfNoEntry: false })?.ino;
  const seen = await lookAtOthers(dir, name);
  // A process that took our socket for dead before it listened may have removed it.
  const isThere = ours !== undefined && lstatSync(path, { throwIfNoEntry: false })?.ino === ours;
  if (seen === 'none' && isThere) {
    state = holds;
    server.unref();
    return server;
  }
  await new Promise((resolve) => server.close(resolve));
  return seen === 'holds' ? 'busy' : null;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path, readableAll: false, writableAll: false }, resolve);
  });
}

/** Removes the sockets of dead processes. A holder outweighs those that try. */
async function lookAtOthers(dir: string, own: string): Promise<'none' | 'tries' | 'holds'> {
  const others = readdirSync(dir).filter((name) => socketName.test(name) && name !== own);
  const peers = await Promise.all(
    others.map(async (name) => {
      const peer = await ask(join(dir, name));
      if (peer === 'dead') rmSync(join(dir, name), { force: true });
      return peer;
    }),
  );
  if (peers.includes('holds')) return 'holds';
  return peers.includes('tries') ? 'tries' : 'none';
}

function ask(path: string): Promise<Peer> {
  return new Promise((resolve) => {
    let answer = '';
    let isConnected = false;
    const socket = connect({ path });
    const done = (peer: Peer) => {
      socket.destroy();
      resolve(peer);
    };
    socket.setTimeout(answerMs, () => done('holds'));
    socket.once('connect', () => {
      isConnected = true;
    });
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
    });
    socket.once('end', () => done(answer === holds ? 'holds' : 'tries'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (isConnected) done('tries');
      else done(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'dead' : 'holds');
    });
  });
}
