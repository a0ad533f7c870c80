import { open, readFile, rename, rm, stat } from 'node:fs/promises';

interface Stats {
  size: bigint;
  ino: bigint;
  dev: bigint;
}

/** The part of a FileHandle that the journal uses. */
export interface OpenFile {
  /** Appends: writes where the last write ended. */
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  datasync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  stat(options: { bigint: true }): Promise<Stats>;
  close(): Promise<void>;
}

/** What the journal needs of a file system: replaced in tests by a broken disk or one in memory. */
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

/** Errors of file systems that cannot sync a directory. */
const unsyncable: readonly unknown[] = [
  'EINVAL',
  'EISDIR',
  'EPERM',
  'ENOSYS',
  'ENOTSUP',
  'EOPNOTSUPP',
];

/** Whether the error says that the file system cannot sync a directory, in contrast to having failed to. */
export function cannotSyncDirectories(error: unknown): boolean {
  return unsyncable.includes((error as NodeJS.ErrnoException | null)?.code);
}

/**
 * Makes the names in a directory outlast a power cut. Where the file system cannot sync directories, they are as
 * durable as it keeps them, and this resolves. Rejects with the error of the system when the sync failed.
 */
export async function syncDirectory(path: string, files: Files): Promise<void> {
  try {
    const handle = await files.open(path, 'r');
    await handle.sync().finally(() => handle.close().catch(() => {}));
  } catch (error) {
    if (!cannotSyncDirectories(error)) throw error;
  }
}

/** Tells a file from every other file of this host, also from a copy of it. */
export function fileName({ dev, ino }: { dev: bigint; ino: bigint }): string {
  return `${dev}:${ino}`;
}
