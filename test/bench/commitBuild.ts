import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const run = (command: string, args: string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' }).trim();

/** The full name of a commit of this repository; null: it has no such commit. */
export function commitNamed(name: string): string | null {
  try {
    return run('git', ['rev-parse', '--verify', '--end-of-options', `${name}^{commit}`], root);
  } catch {
    return null;
  }
}

/** No tracked file differs from the commit. */
export const isCommitted = (): boolean =>
  run('git', ['status', '--porcelain', '--untracked-files=no'], root) === '';

export interface CommitBuild {
  /** The path of the built program. */
  program: string;
  remove(): void;
}

const lockOf = (folder: string): string => readFileSync(join(folder, 'package-lock.json'), 'utf8');

/** Builds a commit in a folder of its own. It gets packages of its own only where it locks others than this checkout. */
export function buildCommit(commit: string): CommitBuild {
  const folder = mkdtempSync(join(tmpdir(), 'se-commit-'));
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
    run('git', ['worktree', 'prune'], root);
  };
  try {
    run('git', ['worktree', 'add', '--detach', folder, commit], root);
    if (lockOf(folder) === lockOf(root))
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    else run('npm', ['ci'], folder);
    run('npm', ['run', '--silent', 'build'], folder);
  } catch (error) {
    remove();
    throw error;
  }
  return { program: join(folder, 'dist/cli/start.cjs'), remove };
}
