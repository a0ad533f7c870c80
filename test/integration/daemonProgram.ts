import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { program } from './program.ts';

const root = new URL('../..', import.meta.url).pathname;

export interface LogLine {
  event: string;
  [field: string]: unknown;
}

interface Program {
  flags?: string[];
  env?: Record<string, string>;
  /** Words that start scaler-ecs. */
  command?: readonly string[];
}

const built = [process.execPath, program];

/** `scaler-ecs run` as a process of its own, for a scheduler and an account on this machine. */
export function runProgram(
  scheduler: string,
  emulator: Emulator,
  { flags = [], env = {}, command = built }: Program = {},
) {
  const home = mkdtempSync(join(tmpdir(), 'scaler-ecs-program-'));
  const quick = ['--settle-seconds', '0', '--scale-down-cooldown-seconds', '0'];
  const given = ['-wmi', 'wm', '--ecs-subnets', 'subnet-1', ...quick, ...flags];
  const [file = '', ...words] = command;
  const child = spawn(file, [...words, 'run', scheduler, ...given], {
    cwd: root,
    env: {
      ...{ PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: 'true' },
      ...{ AWS_ENDPOINT_URL: emulator.url, AWS_ACCESS_KEY_ID: emulator.accessKey },
      ...{ AWS_SECRET_ACCESS_KEY: 'secret', ...env },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text) => {
      output[stream] += text;
    });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = (): LogLine[] =>
    output.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);
  const line = (event: string) => lines().find((one) => one.event === event);
  return { child, output, ended, lines, line };
}
