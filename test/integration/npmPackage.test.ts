import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Scheduler, startScheduler } from '../../src/demo/scheduler.ts';
import { runProgram } from './daemonProgram.ts';
import { account, alive, dummyCredentials } from './inProcess.ts';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'scaler-ecs-package-'));
const app = mkdtempSync(join(tmpdir(), 'scaler-ecs-app-'));
const program = join(app, 'node_modules', '.bin', 'scaler-ecs');
let tarball: string;
let scheduler: Scheduler;

const minutes = (n: number) => n * 60_000;

beforeAll(async () => {
  dummyCredentials();
  scheduler = await startScheduler(1, () => {});
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', scratch], {
    cwd: root,
  });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
  tarball = join(scratch, filename);
  writeFileSync(join(app, 'package.json'), '{"private":true}');
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, tarball], { cwd: app });
}, minutes(8));
afterAll(() => {
  scheduler.close();
  vi.unstubAllEnvs();
  for (const folder of [scratch, app]) rmSync(folder, { recursive: true, force: true });
});

const packed = (): string[] =>
  execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n');

describe('the npm package', () => {
  it('has nothing to find fault with for publint', async () => {
    const data = readFileSync(tarball);
    const buffer = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
    const important = messages.filter(({ type }) => type !== 'suggestion');
    expect(important.map((message) => formatMessage(message, pkg as never))).toEqual([]);
  });

  it('holds what runs and what is read, no sources, no maps, no tests', () => {
    const files = packed().map((path) => path.replace(/^package\//, ''));
    const tops = new Set(files.map((path) => path.split('/')[0]));
    expect([...tops].sort()).toEqual(
      ['LICENSE', 'README.md', 'deploy', 'diagrams', 'dist', 'pictures', 'package.json'].sort(),
    );
    expect(files.filter((path) => /\.(map|test\.js)$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['dist/cli/start.cjs', 'dist/cli/main.js']));
    expect(files.some((path) => path.startsWith('dist/machines/') && path.endsWith('.d.ts'))).toBe(
      true,
    );
  });

  it('installs without scripts, and without what only development needs', () => {
    expect(existsSync(program)).toBe(true);
    const unwanted = ['typescript', 'tsx', 'vitest', 'esbuild', 'playwright-core', 'publint'];
    expect(unwanted.filter((name) => existsSync(join(app, 'node_modules', name)))).toEqual([]);
  });

  it('says its version and the flags of run', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect((await run(program, ['--version'])).stdout.trim()).toBe(version);
    expect((await run(program, ['run', '--help'])).stdout).toContain('--ecs-subnets');
  });

  it('serves a scheduler over YMQ where the library of ZeroMQ is not there at all', async () => {
    rmSync(join(app, 'node_modules', 'zeromq'), { recursive: true });
    const emulator = await account();
    const daemon = runProgram(scheduler.address, emulator, {
      program: [program],
      flags: ['--metrics-port', '0'],
    });
    await expect.poll(() => alive(emulator).length, { timeout: 30_000 }).toBe(1);
    const { url = '' } = (daemon.line('metrics.opened') ?? {}) as { url?: string };
    expect(await (await fetch(url)).text()).toContain('scaler_ecs_desired_tasks{manager="wm"} 1');
    daemon.child.kill('SIGTERM');
    expect([await daemon.ended, daemon.output.stderr]).toEqual([0, '']);
    expect(alive(emulator)).toEqual([]);
  });
});
