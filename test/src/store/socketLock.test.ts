import { EventEmitter } from 'node:events';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { isLockedBySocket, lockBySocket, type SocketLock } from '../../../src/store/socketLock.ts';
import { temporaryDir } from './samples.ts';

/** Faults of the file system and of other processes. */
const faults = vi.hoisted(() => ({
  /** For each of the next looks at our own socket, whether it is gone; how many there were. */
  gone: [] as boolean[],
  looks: 0,
  /** Another process removes what we remove, just before. */
  removesFirst: false,
  /** What each connection to another socket meets instead of a process; how many there were. */
  peer: null as { connects: boolean; code: string } | null,
  asked: 0,
}));
afterEach(() => {
  Object.assign(faults, { gone: [], looks: 0, removesFirst: false, peer: null, asked: 0 });
});

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const noEntry = () => Object.assign(new Error('ENOENT: lstat'), { code: 'ENOENT' });
  const lstatSync = (path: string, options?: { throwIfNoEntry?: boolean }) => {
    faults.looks++;
    if (!faults.gone.shift()) return fs.lstatSync(path, options);
    if (options?.throwIfNoEntry === false) return undefined;
    throw noEntry();
  };
  const rmSync = (path: string, options?: object): void => {
    if (faults.removesFirst) fs.rmSync(path, { force: true });
    fs.rmSync(path, options);
  };
  return { ...fs, lstatSync, rmSync };
});

vi.mock('node:net', async (original) => {
  const net = await original<typeof import('node:net')>();
  const connect = (options: { path: string }) => {
    const { peer } = faults;
    if (!peer) return net.connect(options);
    faults.asked++;
    const socket = new EventEmitter();
    setImmediate(() => {
      if (peer.connects) socket.emit('connect');
      socket.emit('error', Object.assign(new Error(peer.code), { code: peer.code }));
    });
    const itself = () => socket;
    return Object.assign(socket, { setTimeout: itself, setEncoding: itself, destroy: itself });
  };
  return { ...net, connect };
});

const locked = async (dir: string): Promise<SocketLock> => {
  const outcome = await lockBySocket(dir);
  if (outcome === 'busy' || 'unguarded' in outcome) throw new Error(JSON.stringify(outcome));
  onTestFinished(() => outcome.release());
  return outcome;
};

describe('lockBySocket', () => {
  it('is held by one until it is released', async () => {
    const dir = temporaryDir();
    const first = await locked(dir);
    expect(await lockBySocket(dir)).toBe('busy');
    first.release();
    expect(readdirSync(dir)).toEqual([]);
    await locked(dir);
  });

  it('is given to exactly one of many that ask at once', async () => {
    const dir = temporaryDir();
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => lockBySocket(dir)));
    const owners = outcomes.filter((one) => one !== 'busy') as SocketLock[];
    expect(owners).toHaveLength(1);
    owners[0]?.release();
  });

  it('removes what dead processes have left', async () => {
    const dir = temporaryDir();
    // Nothing listens at a plain file, either.
    writeFileSync(join(dir, 'lock.0123456789abcdef.sock'), '');
    await locked(dir);
    expect(readdirSync(dir)).toHaveLength(1);
    expect(readdirSync(dir)).not.toContain('lock.0123456789abcdef.sock');
  });

  it('takes a socket that accepts connections and says nothing for the holder', async () => {
    const dir = temporaryDir();
    const mute = createServer(() => {});
    await new Promise<void>((resolve) =>
      mute.listen(join(dir, 'lock.0123456789abcdef.sock'), resolve),
    );
    onTestFinished(() => void mute.close());
    expect(await lockBySocket(dir)).toBe('busy');
  });

  it('leaves other files and sockets alone', async () => {
    const dir = temporaryDir();
    const socket = 'lock.0123456789abcdef.sock';
    const names = ['journal', 'lock', `${socket}.old`, 'lock.sock', 'x.sock', `x${socket}`];
    for (const name of names) writeFileSync(join(dir, name), '');
    (await locked(dir)).release();
    expect(readdirSync(dir).sort()).toEqual(names);
  });

  it('works in a directory whose path is longer than that of a socket may be', async () => {
    const dir = join(temporaryDir(), 'x'.repeat(150));
    mkdirSync(dir);
    await locked(dir);
    expect(await lockBySocket(dir)).toBe('busy');
  });

  it.each([
    ['the first time when a socket says that its process holds it', 'h', 1],
    ['after twenty attempts while another process tries', 't', 20],
  ])('is busy %s', async (_, says, attempts) => {
    const dir = temporaryDir();
    let asked = 0;
    const other = createServer((socket) => {
      asked++;
      socket.end(says);
    });
    await new Promise<void>((resolve) =>
      other.listen(join(dir, 'lock.0123456789abcdef.sock'), resolve),
    );
    onTestFinished(() => void other.close());
    expect(await lockBySocket(dir)).toBe('busy');
    expect(asked).toBe(attempts);
  });

  it.each([
    ['when it was gone before the others were looked at', [true], 1 + 2],
    ['when it is gone after that', [false, true], 2 + 2],
    ['as long as it is gone', [true, true], 1 + 1 + 2],
  ])(
    'makes its socket anew %s, for another process may have removed it',
    async (_, gone, looks) => {
      faults.gone = gone;
      await locked(temporaryDir());
      expect(faults.looks).toBe(looks);
    },
  );

  it.each([
    ['a process that ends while it is asked for one that tries', true, 'ECONNRESET', 'busy', 20],
    ['a socket that it may not connect to for the holder', false, 'EACCES', 'busy', 1],
    ['a socket that is gone by then for a dead one', false, 'ENOENT', 'lock', 1],
    ['a socket that refuses for a dead one', false, 'ECONNREFUSED', 'lock', 1],
  ])('takes %s', async (_, connects, code, expected, asked) => {
    const dir = temporaryDir();
    writeFileSync(join(dir, 'lock.0123456789abcdef.sock'), '');
    faults.peer = { connects, code };
    const outcome = await lockBySocket(dir);
    if (typeof outcome === 'object' && 'release' in outcome) outcome.release();
    expect(outcome === 'busy' ? 'busy' : 'lock').toBe(expected);
    expect(outcome).not.toHaveProperty('unguarded');
    expect(faults.asked).toBe(asked);
  });

  it('is given although another process has removed a dead socket first', async () => {
    const dir = temporaryDir();
    writeFileSync(join(dir, 'lock.0123456789abcdef.sock'), '');
    faults.removesFirst = true;
    await locked(dir);
  });

  it('has a socket that others cannot write to', async () => {
    const dir = temporaryDir();
    await locked(dir);
    const [name = ''] = readdirSync(dir);
    expect(statSync(join(dir, name)).mode & 0o022).toBe(0);
  });

  it.runIf(process.platform === 'linux')('says why there can be no socket', async () => {
    expect(await lockBySocket('/proc')).toEqual({ unguarded: expect.stringContaining('listen') });
  });

  it('leaves no directory open', async () => {
    const dir = temporaryDir();
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const before = openFiles();
    for (let times = 0; times < 30; times++) {
      const lock = await locked(dir);
      expect(await lockBySocket(dir)).toBe('busy');
      expect(await isLockedBySocket(dir)).toBe(true);
      lock.release();
      await sleep(5);
    }
    expect(openFiles()).toBeLessThan(before + 10);
  });
});

describe('isLockedBySocket', () => {
  it('is true while a process holds the lock, whatever dead processes have left', async () => {
    const dir = temporaryDir();
    expect(await isLockedBySocket(dir)).toBe(false);
    const first = await locked(dir);
    expect(await isLockedBySocket(dir)).toBe(true);
    const dead = 'lock.0123456789abcdef.sock';
    writeFileSync(join(dir, dead), '');
    writeFileSync(join(dir, 'journal'), '');
    expect(await isLockedBySocket(dir)).toBe(true);
    first.release();
    await expect.poll(() => isLockedBySocket(dir)).toBe(false);
    expect(readdirSync(dir)).toEqual(['journal', dead]);
  });

  it('asks no socket of another name', async () => {
    const dir = temporaryDir();
    const other = createServer((socket) => socket.end('h'));
    await new Promise<void>((resolve) => other.listen(join(dir, 'control.sock'), resolve));
    onTestFinished(() => void other.close());
    expect(await isLockedBySocket(dir)).toBe(false);
  });
});
