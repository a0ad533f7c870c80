import type { Files, OpenFile } from '../../../src/store/files.ts';

interface Inode {
  ino: bigint;
  bytes: Buffer;
}

/** A file system in memory, for tests that open thousands of journals. Directories exist without being made. */
export const memoryFiles = () => {
  const inodes = new Map<string, Inode>();
  let last = 0n;

  const found = (path: string): Inode => {
    const inode = inodes.get(path);
    if (inode) return inode;
    throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
  };
  const statsOf = ({ ino, bytes }: Inode) => ({ ino, dev: 1n, size: BigInt(bytes.length) });
  const put = (path: string, bytes: Uint8Array): Inode => {
    const inode = { ino: ++last, bytes: Buffer.from(bytes) };
    inodes.set(path, inode);
    return inode;
  };
  const opened = (inode: Inode): OpenFile => ({
    async writeFile(bytes) {
      inode.bytes = Buffer.concat([inode.bytes, bytes]);
    },
    async truncate(bytes) {
      inode.bytes = inode.bytes.subarray(0, bytes);
    },
    async stat() {
      return statsOf(inode);
    },
    async sync() {},
    async datasync() {},
    async close() {},
  });
  const files: Files = {
    async open(path, flags) {
      if (flags !== 'r') return opened(put(path, Buffer.alloc(0)));
      return opened(path.includes('journal') ? found(path) : { ino: 0n, bytes: Buffer.alloc(0) });
    },
    async readFile(path) {
      return found(path).bytes;
    },
    async rename(from, to) {
      inodes.set(to, found(from));
      inodes.delete(from);
    },
    async rm(path) {
      inodes.delete(path);
    },
    async stat(path) {
      return { ...statsOf(found(path)), mtimeMs: 0n, isFile: () => true };
    },
  };
  return { files, put, read: (path: string) => found(path).bytes, names: () => [...inodes.keys()] };
};
