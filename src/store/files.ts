import { open, readFile, rename, rm, stat } from 'node:fs/promises';

/** What the journal asks of a file system: a seam for tests with a bad disk. */
export interface Files {
  open: typeof open;
  readFile: (path: string) => Promise<Uint8Array>;
  rename: typeof rename;
  rm: typeof rm;
  stat: (
    path: string,
    options: { bigint: true },
  ) => Promise<{ size: bigint; ino: bigint; dev: bigint; isFile(): boolean }>;
}

export const diskFiles: Files = { open, readFile, rename, rm, stat };
