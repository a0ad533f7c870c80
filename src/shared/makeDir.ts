import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory that is missing, for this user alone, level by level: Node's recursive mkdir loops for ever where
 * the kernel refuses to make a directory, as in /proc. Takes any file that is there already.
 */
export function makeDir(path: string): void {
  const mode = { mode: 0o700 };
  try {
    mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeDir(dirname(path));
    mkdirSync(path, mode);
  }
}
