import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const shellQuote = (word: string): string => `'${word.replaceAll("'", `'"'"'`)}'`;

/** Writes a program `scaler_worker_manager`, which runs the demo's worker, into a folder for the PATH of the Fargate tasks. */
export function installWorkerProgram(folder: string): void {
  const { url } = import.meta;
  const worker = fileURLToPath(new URL(url.endsWith('.ts') ? 'worker.ts' : 'worker.js', url));
  const command = [process.execPath, ...process.execArgv, worker].map(shellQuote).join(' ');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'scaler_worker_manager'), `#!/bin/sh\nexec ${command} "$@"\n`, {
    mode: 0o755,
  });
}
