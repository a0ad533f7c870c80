import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Child {
  process: ChildProcessByStdio<Writable, Readable, null>;
  /** What it has written so far. */
  output: () => string;
  /** Resolves when it has written something. */
  spoke: Promise<unknown>;
  /** Resolves when it has ended and all it wrote is here. */
  ended: Promise<unknown>;
}

/** Runs one of the programs beside this file as a process of its own, behind `before` (a shell prefix). */
export const startChild = (program: string, args: string[], before = ''): Child => {
  const file = fileURLToPath(new URL(`${program}.ts`, import.meta.url));
  const node = [process.execPath, '--import', 'tsx', file, ...args];
  const child = spawn('sh', ['-c', `${before} exec "$@"`, 'sh', ...node], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return {
    process: child,
    output: () => output,
    spoke: once(child.stdout, 'data'),
    ended: once(child, 'close'),
  };
};
