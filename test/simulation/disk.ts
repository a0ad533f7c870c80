import { now } from '../../src/shared/clock.ts';
import type { Files, OpenFile } from '../../src/store/files.ts';
import type { Agenda, Owner } from './agenda.ts';
import { never } from './agenda.ts';
import type { Random } from './random.ts';

interface Inode {
  ino: bigint;
  /** What a reader sees. */
  bytes: Uint8Array;
  /** What would survive a power cut. */
  durable: Uint8Array;
  writtenAt: number;
}

/** What becomes of a journal that nothing guards: it ends before this byte, or a bit of that byte is another. */
export type Bend = { cutAt: number } | { flipAt: number; bit: number };

export type DiskTrouble = 'full' | 'slow' | 'syncFails' | 'directorySyncFails' | 'ok';

export interface Disk {
  /** The file system as one process sees it; with the process its calls end. */
  filesOf(owner: Owner): Files;
  trouble: DiskTrouble;
  /** Called at each write and sync: the world may want to kill here. */
  onPoint: (point: 'disk.write' | 'disk.synced') => void;
  /** What a process that is killed leaves behind; after a power cut, only what was synced, and some of the rest. */
  crash(power: boolean): void;
  /** The state directory is lost. */
  wipe(): void;
  /** A run that has read its journal keeps its identity beside it, which outlasts a power cut. */
  keepIdentity(): void;
  /** Another state directory is in use from now on. The one from before stays as it is. */
  use(name: string): void;
  /** What is in the state directories that are not in use. */
  others(): { name: string; files: Pick<Files, 'readFile'> }[];
  /** The journal is lost, and nothing else. */
  forgetJournal(): void;
  bend(bend: Bend): void;
  /** Of the journal. */
  bytes(): number;
  /** Whether these words are on the disk for good. */
  holds(text: string): boolean;
}

const directory = '/state';

const failure = (code: string): Error =>
  Object.assign(new Error(`${code}: simulated disk`), { code });

export const createDisk = (agenda: Agenda, random: Random): Disk => {
  let names = new Map<string, Inode>();
  let durableNames = new Map<string, Inode>();
  let writing: { inode: Inode; bytes: Uint8Array } | null = null;
  let inodes = 0n;
  let hasIdentity = false;
  let inUse = 'first';
  const kept = new Map<string, { names: typeof names; hasIdentity: boolean }>();

  const stats = (inode: Inode) => ({
    size: BigInt(inode.bytes.length),
    ino: inode.ino,
    dev: 1n,
    mtimeMs: BigInt(Math.round(inode.writtenAt)),
    isFile: () => true,
  });

  const empty = (ino: bigint): Inode => ({
    ino,
    bytes: new Uint8Array(),
    durable: new Uint8Array(),
    writtenAt: now(),
  });

  const put = (inode: Inode, bytes: Uint8Array): void => {
    inode.bytes = Buffer.concat([inode.bytes, bytes]);
    inode.writtenAt = now();
  };

  /** Of what was written and not synced, a power cut keeps the beginning, or blocks that were never filled. */
  const afterPowerCut = (inode: Inode): void => {
    const kept = random.int(0, Math.max(0, inode.bytes.length - inode.durable.length));
    const appended = Buffer.from(inode.bytes.subarray(0, inode.durable.length + kept));
    const grown = appended.length > inode.durable.length;
    if (grown && random.chance(0.3)) appended.fill(0, inode.durable.length);
    inode.bytes = grown ? appended : inode.durable;
    inode.durable = inode.bytes;
  };

  const disk: Disk = {
    trouble: 'ok',
    onPoint: () => {},

    filesOf(owner) {
      const alive = <T>(value: () => T): Promise<T> =>
        owner.dead ? never<T>() : new Promise((resolve) => resolve(value()));

      const later = (act: () => void): Promise<void> => {
        if (owner.dead) return never();
        const ms = disk.trouble === 'slow' ? random.between(200, 4000) : random.between(0.2, 4);
        return new Promise((resolve, reject) => {
          agenda.after(
            ms,
            () => {
              try {
                act();
                resolve();
              } catch (error) {
                reject(error);
              }
            },
            owner,
          );
        });
      };

      const sync = (act: () => void): Promise<void> =>
        later(() => {
          if (disk.trouble === 'syncFails') throw failure('EIO');
          act();
          disk.onPoint('disk.synced');
        });

      const opened = (inode: Inode): OpenFile => ({
        writeFile(bytes) {
          if (owner.dead) return never();
          if (disk.trouble === 'full') {
            put(inode, bytes.subarray(0, bytes.length / 2));
            return Promise.reject(failure('ENOSPC'));
          }
          writing = { inode, bytes };
          disk.onPoint('disk.write');
          if (owner.dead) return never();
          put(inode, bytes);
          writing = null;
          return Promise.resolve();
        },
        sync: () =>
          sync(() => {
            inode.durable = inode.bytes;
          }),
        datasync: () =>
          sync(() => {
            inode.durable = inode.bytes;
          }),
        truncate: (bytes) =>
          alive(() => {
            inode.bytes = inode.bytes.subarray(0, bytes);
          }),
        stat: () => alive(() => stats(inode)),
        close: () => alive(() => {}),
      });

      const directoryHandle: OpenFile = {
        ...opened(empty(0n)),
        sync: () =>
          sync(() => {
            if (disk.trouble === 'directorySyncFails') throw failure('EIO');
            durableNames = new Map(names);
          }),
      };

      const found = (path: string): Inode => {
        const inode = names.get(path);
        if (!inode) throw failure('ENOENT');
        return inode;
      };

      return {
        open: (path, flags) =>
          alive(() => {
            if (path === directory) return directoryHandle;
            if (flags === 'r') return opened(found(path));
            const inode = empty(++inodes);
            names.set(path, inode);
            return opened(inode);
          }),
        readFile: (path) => alive(() => Buffer.from(found(path).bytes)),
        rename: (from, to) =>
          alive(() => {
            names.set(to, found(from));
            names.delete(from);
          }),
        rm: (path) => alive(() => void names.delete(path)),
        stat: (path) =>
          alive(() =>
            stats(hasIdentity && path === `${directory}/identity` ? empty(1n) : found(path)),
          ),
      };
    },

    crash(power) {
      if (writing) {
        const { inode, bytes } = writing;
        put(inode, bytes.subarray(0, random.int(0, bytes.length)));
        writing = null;
      }
      if (!power) return;
      // A rename that was not synced may or may not have reached the disk.
      if (random.chance(0.5)) names = new Map(durableNames);
      durableNames = new Map(names);
      for (const inode of new Set(names.values())) afterPowerCut(inode);
    },

    wipe() {
      names = new Map();
      durableNames = new Map();
      hasIdentity = false;
    },

    keepIdentity() {
      hasIdentity = true;
    },

    use(name) {
      kept.set(inUse, { names, hasIdentity });
      const found = kept.get(name);
      kept.delete(name);
      names = found?.names ?? new Map();
      durableNames = new Map(names);
      hasIdentity = found?.hasIdentity ?? false;
      inUse = name;
    },

    others: () =>
      [...kept].map(([name, { names: files }]) => ({
        name,
        files: {
          readFile: async (path) => {
            const inode = files.get(path);
            if (!inode) throw failure('ENOENT');
            return Buffer.from(inode.bytes);
          },
        },
      })),

    forgetJournal() {
      for (const each of [names, durableNames]) each.delete(`${directory}/journal`);
    },

    bend(bend) {
      const inode = names.get(`${directory}/journal`);
      if (!inode) return;
      const bytes = Buffer.from(
        'cutAt' in bend ? inode.bytes.subarray(0, bend.cutAt) : inode.bytes,
      );
      if ('flipAt' in bend) bytes[bend.flipAt] = (bytes[bend.flipAt] ?? 0) ^ (1 << bend.bit);
      inode.bytes = bytes;
      inode.durable = bytes;
      inode.writtenAt = now();
    },

    bytes: () => names.get(`${directory}/journal`)?.bytes.length ?? 0,

    holds: (text) => {
      // A power cut may take the name that was not synced, or keep it.
      const found = [names, durableNames].map((each) => each.get(`${directory}/journal`));
      return found.every((inode) => inode && Buffer.from(inode.durable).includes(text));
    },
  };
  return disk;
};

export const stateDirectory = directory;
