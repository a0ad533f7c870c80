import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Scheduler, startScheduler } from '../../src/demo/scheduler.ts';
import { readmeBlock } from '../../src/shared/readmeBlock.ts';
import { bytesOf, readSizes } from '../bench/sizes.ts';
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
  // It builds, and other tests use what was built here.
  const copy = join(scratch, 'copy');
  const left = ['node_modules', 'dist', '.git', '.cache'].map((name) => join(root, name));
  cpSync(root, copy, { recursive: true, filter: (path) => !left.includes(path) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', scratch], {
    cwd: copy,
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

  it('is as large as the README says, and so is what it needs', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const stated = readSizes(readmeBlock(readme, 'sizes'));
    const own = join(app, 'node_modules', 'scaler-ecs');
    for (const [bytes, mb = Number.NaN] of [
      [readFileSync(tarball).byteLength, stated?.packedMb],
      [bytesOf(own), stated?.unpackedMb],
    ] as const)
      expect(Math.abs(bytes / 1_000_000 / mb - 1)).toBeLessThan(0.1);
    const lock = JSON.parse(readFileSync(join(app, 'package-lock.json'), 'utf8'));
    // The folder itself and the package are in it, too.
    expect(Object.keys(lock.packages).length - 2).toBe(stated?.packages);
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
      command: [program],
      flags: ['--metrics-port', '0'],
    });
    await expect.poll(() => alive(emulator).length, { timeout: 30_000 }).toBe(1);
    const { url = '' } = (daemon.line('metrics.opened') ?? {}) as { url?: string };
    expect(await (await fetch(url)).text()).toContain('scaler_ecs_desired_tasks{manager="wm"} 1');
    daemon.child.kill('SIGTERM');
    expect([await daemon.ended, daemon.output.stderr]).toEqual([0, '']);
    expect(alive(emulator)).toEqual([]);
  });

  it("drives a group in a fresh TypeScript project, as the README's example does", async () => {
    const example = readmeBlock(readFileSync(join(root, 'README.md'), 'utf8'), 'example') ?? '';
    const text = example.replace(/^```ts\n|```$/g, '');
    expect(text.trim().split('\n').length).toBeLessThanOrEqual(20);
    writeFileSync(join(app, 'package.json'), '{"private":true,"type":"module"}');
    writeFileSync(join(app, 'program.ts'), text);
    const wrong = "import { workerGroup } from 'scaler-ecs/machines/group/workerGroup';\n";
    writeFileSync(join(app, 'wrong.ts'), `${wrong}export const id: number = workerGroup.id;\n`);
    const compilerOptions = {
      ...{ strict: true, module: 'nodenext', target: 'es2023', lib: ['es2023', 'dom'], types: [] },
    };
    writeFileSync(
      join(app, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['program.ts'] }),
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [tsc, '-p', app]).catch(({ stdout }) => expect(stdout).toBe(''));
    // The types are ours, not any.
    const checked = { compilerOptions: { ...compilerOptions, noEmit: true }, files: ['wrong.ts'] };
    writeFileSync(join(app, 'tsconfig.wrong.json'), JSON.stringify(checked));
    const compiled = run(process.execPath, [tsc, '-p', 'tsconfig.wrong.json'], { cwd: app });
    await expect(compiled).rejects.toMatchObject({ stdout: expect.stringContaining('TS2322') });
    const { stdout } = await run(process.execPath, ['program.js'], { cwd: app });
    const lines = stdout.trim().split('\n');
    expect(lines).toContain('StopTask task-1');
    expect(lines.at(-1)).toBe('drained');
  });

  it('writes a test file of walks that runs beside it', async () => {
    const { stdout } = await run(program, ['paths', 'workerGroup', '--format', 'vitest']);
    writeFileSync(join(app, 'walks.test.ts'), stdout);
    symlinkSync(join(root, 'node_modules/vitest'), join(app, 'node_modules/vitest'));
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const { FORCE_COLOR: _, ...env } = process.env;
    const ended = await run(process.execPath, [vitest, 'run', '--root', app], {
      ...{ cwd: app, env: { ...env, NO_COLOR: '1' } },
    });
    expect(ended.stdout).toMatch(/Tests {2}\d+ passed/);
  });
});
