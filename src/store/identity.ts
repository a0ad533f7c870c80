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
import { StoreFailure, wordsOf } from './failure.ts';
import { cannotSyncDirectories } from './files.ts';

/** ZeroMQ takes no routing id that is longer. */
const longest = 255;

/** Identities that begin so are a client's to a scheduler. */
const clients = 'Client|';

/** The identity in a file's bytes, or null when it is not one: text without control characters, not empty, not too long. */
const identityIn = (bytes: Uint8Array): string | null => {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
  const identity = text.replace(/\n$/, '');
  return identity !== '' &&
    !identity.startsWith(clients) &&
    bytes.length <= longest + 1 &&
    !/\p{C}/u.test(identity)
    ? identity
    : null;
};

/** What the file says: undefined when there is none, null when it is damaged. */
const read = (path: string): string | null | undefined => {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return undefined;
  // A pipe would keep us waiting, a huge file would be read whole.
  if (!stats.isFile() || stats.size > longest + 1) return null;
  return identityIn(readFileSync(path));
};

/** The same as `syncDirectory`, at once. */
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

const write = (dir: string, path: string, identity: string): void => {
  const next = `${path}.tmp`;
  rmSync(next, { force: true });
  writeFileSync(next, `${identity}\n`, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(next, path);
  syncDir(dir);
};

/**
 * The transport identity of this state directory: made once, on disk before it is returned, and the same ever after.
 * A scheduler only takes a manager back at once under the identity it knew.
 */
export const loadIdentity = (dir: string, make: () => string, log: Log): string => {
  const path = join(dir, 'identity');
  try {
    const known = read(path);
    if (known) return known;
    if (known === null) log.warn({ path }, 'the identity file is damaged: made a new identity');
    const identity = make();
    if (identityIn(Buffer.from(identity)) !== identity)
      throw new RangeError('not fit to be an identity');
    write(dir, path, identity);
    return identity;
  } catch (error) {
    const message = `The identity in ${path} cannot be read or written: ${wordsOf(error)}`;
    throw new StoreFailure('directory', message, { cause: error });
  }
};
