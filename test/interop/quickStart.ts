/**
 * Runs the quick start of README.md as it stands there, with the real Scaler of a release, in an empty folder: each block
 * behind the comment `quick start`, in order, in one shell. Only the ports are replaced by free ones, and the virtual
 * environment by one that is there already. Exit status: 0 passed, 1 not, 2 the harness failed.
 *
 *   npm run interop:readme -- [--scaler RELEASE]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { command, repository } from './emulatorClient.ts';
import { InteropFailure, parseOptions } from './options.ts';
import { processesMentioning } from './procfs.ts';
import { quickStartBlocks } from './readmeBlocks.ts';
import { freePorts } from './scenarioContext.ts';
import { ensureVenv } from './venv.ts';

const limitMs = 180_000;
const print = (line: string) => process.stderr.write(`${line}\n`);

/** The ports that the README names, as they are near each other there. */
const ports = { storage: '8517', scheduler: '8516', emulator: '4566' };

async function main(): Promise<boolean> {
  const options = parseOptions(process.argv.slice(2));
  if (!existsSync(command)) throw new InteropFailure('dist/ is missing: run "npm run build" first');
  const cache = join(repository, '.cache');
  const venv = await ensureVenv(cache, options.scaler, [], options.python, print);
  const first = await freePorts(4);
  const folder = mkdtempSync(join(tmpdir(), 'scaler-ecs-readme-'));
  const moved = (block: string): string =>
    block
      .replaceAll(ports.scheduler, String(first))
      .replaceAll(ports.storage, String(first + 1))
      .replaceAll(ports.emulator, String(first + 3));
  const steps: string[] = [];
  for (const { language, file, body } of quickStartBlocks(
    readFileSync(join(repository, 'README.md'), 'utf8'),
  )) {
    if (file !== null) writeFileSync(join(folder, file), moved(body));
    else if (language === 'sh') steps.push(moved(withVenv(body, venv.dir)));
  }
  // The command that `npm link` gives.
  mkdirSync(join(folder, 'bin'));
  const link = `#!/bin/sh\nexec ${process.execPath} ${command} "$@"\n`;
  writeFileSync(join(folder, 'bin', 'scaler-ecs'), link, { mode: 0o755 });
  const script = ['set -eu', 'PATH=$PWD/bin:$PATH', ...steps].join('\n');
  print(script);
  try {
    return await passes(script, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The README makes an environment and installs Scaler into it. */
function withVenv(block: string, dir: string): string {
  return block
    .split('\n')
    .map((line) => (/^python3 -m venv /.test(line) ? `. ${dir}/bin/activate` : line))
    .join('\n');
}

async function passes(script: string, folder: string): Promise<boolean> {
  const child = spawn('bash', ['-c', script], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const timer = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), limitMs);
  const output = await text(child.stdout);
  clearTimeout(timer);
  const status = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  const squares = Array.from({ length: 50 }, (_, n) => n ** 2);
  const checks: [what: string, holds: boolean][] = [
    ['every command succeeds', status === 0],
    ['the client prints fifty squares', output.includes(`[${squares.join(', ')}]`)],
    ['the daemon says that nothing is left', /"?left"?[:=]? ?0/.test(log(folder, 'manager.log'))],
    ['no process is left', processesMentioning([folder]).length === 0],
  ];
  for (const [what, holds] of checks) print(`${holds ? 'ok  ' : 'FAIL'} ${what}`);
  const failed = checks.filter(([, holds]) => !holds).length;
  if (failed > 0)
    for (const name of ['scheduler.log', 'emulator.log', 'manager.log'])
      print(`--- ${name}\n${log(folder, name).slice(-3000)}`);
  if (child.pid && failed > 0)
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`);
  return failed === 0;
}

function log(folder: string, name: string): string {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

process.exitCode = await main().then(
  (passed) => (passed ? 0 : 1),
  (error: Error) => {
    print(error instanceof InteropFailure ? error.message : String(error.stack));
    return 2;
  },
);
