import { open, readFile, rename, rm, stat } from 'node:fs/promises';

interface Stats {
  size: bigint;
  ino: bigint;
  dev: bigint;
}

/** The part of a FileHandle that the journal uses. */
export interface OpenFile {
  /** Writes where the last write ended. */
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  datasync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  stat(options: { bigint: true }): Promise<Stats>;
  close(): Promise<void>;
}

/** What the journal asks of a file system: a seam for a bad disk, or for one in memory. */
export interface Files {
  open(path: string, flags: string, mode?: number): Promise<OpenFile>;
  readFile(path: string): Promise<Uint8Array>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: true }): Promise<void>;
  stat(
    path: string,
    options: { bigint: true },
  ): Promise<Stats & { mtimeMs: bigint; isFile(): boolean }>;
}

export const diskFiles: Files = { open, readFile, rename, rm, stat };
