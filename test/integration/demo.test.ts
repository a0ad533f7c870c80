import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext, vi } from 'vitest';
import { program } from './program.ts';

const root = new URL('../..', import.meta.url).pathname;

/** A demo with its own temporary directory, by which its processes and files can be recognized. */
function start({ onTestFinished }: TestContext, ...words: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'scaler-ecs-demo-test-'));
  const child: ChildProcess = spawn(process.execPath, [program, 'demo', ...words], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const seen = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text) => {
      seen[name] += text;
    });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (status) => resolve(status));
  });
  const shown = (text: string) =>
    new Promise<void>((resolve) => {
      child.stdout?.on('data', () => {
        if (seen.stdout.includes(text)) resolve();
      });
    });
  return { child, folder, seen, ended, shown };
}

const filesIn = (folder: string) => readdirSync(folder);

/** Processes with the text in their command line or environment. */
function processesWith(text: string): string[] {
  const about = (pid: string): string => {
    try {
      return ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`)).join('');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && about(pid).includes(text));
}

describe.concurrent('scaler-ecs demo', { timeout: 60_000 }, () => {
  it('completes all tasks and leaves no process and no file behind', async (test) => {
    const { expect } = test;
    const { folder, seen, ended } = start(test, '--tasks', '4', '--json');
    expect(await ended).toBe(0);
    expect(JSON.parse(seen.stdout)).toEqual({
      tasksSubmitted: 4,
      tasksCompleted: 4,
      groupsStarted: 1,
      ecsTasksLeft: 0,
    });
    expect(seen.stderr).toBe('');
    expect(filesIn(folder)).toEqual([]);
    expect(processesWith(folder)).toEqual([]);
  });

  it('prints plain lines, and stops all tasks and processes when it gets SIGINT', async (test) => {
    const { expect } = test;
    const { child, folder, seen, ended, shown } = start(test);
    await shown('its 2 workers joined');
    expect(processesWith(folder).length).toBeGreaterThan(2);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(seen.stdout).toMatch(/^You see scaler-ecs/);
    expect(seen.stdout).not.toContain('\x1b');
    expect(seen.stdout).toMatch(/\nStopped after .* no Fargate task is left\.\n$/);
    expect(seen.stderr).toBe('');
    expect(filesIn(folder)).toEqual([]);
    expect(processesWith(folder)).toEqual([]);
  });

  it('leaves no process when it is killed', async (test) => {
    const { child, folder, ended, shown } = start(test);
    await shown('offers up to 4 groups');
    child.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => test.expect(processesWith(folder)).toEqual([]), { timeout: 5000 });
  });

  it.for(['0', '1.5', 'x', '100000'])(
    'refuses --tasks %s with status 2 and one line',
    async (tasks, test) => {
      const { expect } = test;
      const { seen, ended } = start(test, '--tasks', tasks);
      expect(await ended).toBe(2);
      expect(seen.stdout).toBe('');
      expect(seen.stderr).toMatch(/^scaler-ecs: --tasks [^\n]*\n$/);
    },
  );
});
