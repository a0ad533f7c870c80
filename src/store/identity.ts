import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../telemetry/log.ts';
import { cannotSyncDirectories } from './files.ts';
import { StoreFailure, wordsOf } from './storeFailure.ts';

/** Bytes of the longest routing id that ZeroMQ takes. */
const longest = 255;

/** A scheduler takes identities that begin so for clients. */
const clients = 'Client|';

/** The identity in the bytes of a file, or null when they hold none: text without control characters, not empty, not too long. */
function identityIn(bytes: Uint8Array): string | null {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
  const identity = text.replace(/\n$/, '');
  return identity !== '' &&
    !identity.startsWith(clients) &&
    Buffer.byteLength(identity) <= longest &&
    !/\p{C}/u.test(identity)
    ? identity
    : null;
}

/** The identity in the file: undefined when there is no file, null when it is damaged. */
function read(path: string): string | null | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return undefined;
  // To open a pipe would block, and a huge file would be read whole.
  if (!stats.isFile() || stats.size > longest + 1) return null;
  return identityIn(readFileSync(path));
}

/** `syncDirectory` without a promise. */
function syncDir(path: string): void {
  try {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!cannotSyncDirectories(error)) throw error;
  }
}

function write(dir: string, path: string, identity: string): void {
  const next = `${path}.tmp`;
  rmSync(next, { force: true });
  writeFileSync(next, `${identity}\n`, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(next, path);
  syncDir(dir);
}

/**
 * The transport identity of this state directory: made once, on disk before it is returned, and the same at every
 * start. A scheduler takes a manager back at once only under the identity that it knew. Throws a StoreFailure
 * `directory` when the file cannot be read or written.
 */
export function loadIdentity(dir: string, make: () => string, log: Log): string {
  const path = join(dir, 'identity');
  try {
    const known = read(path);
    if (known) return known;
    if (known === null) log.report('identity.replaced', { path });
    const identity = make();
    if (identityIn(Buffer.from(identity)) !== identity)
      throw new RangeError('not fit to be an identity');
    write(dir, path, identity);
    return identity;
  } catch (error) {
    const message = `The identity in ${path} cannot be read or written: ${wordsOf(error)}`;
    throw new StoreFailure('directory', message, { cause: error });
  }
}
