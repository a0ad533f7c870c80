import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from './daemonProgram.ts';
import { account, schedulerForAll } from './inProcess.ts';

const can = (program: string) => spawnSync(program, ['--version']).status === 0;
const witness = new URL('datagrams.py', import.meta.url).pathname;

const scheduler = schedulerForAll();

/** A socket like that of systemd, and the assignments that have arrived there. */
async function notifySocket(path: string): Promise<() => string[]> {
  const child = spawn('python3', [witness, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  await once(child.stdout, 'data');
  return () =>
    output
      .split('\n')
      .slice(1, -1)
      .flatMap((line) => (JSON.parse(line) as string).trim().split('\n'));
}

const wait = { timeout: 30_000, interval: 200 };

describe.runIf(can('python3') && can('systemd-notify'))('a daemon under a service manager', () => {
  it.each([
    ['a path', () => join(folder(), 'notify')],
    ['an abstract name', () => `@scaler-ecs-test-${process.pid}`],
  ])('says READY, STATUS, WATCHDOG and STOPPING to a socket with %s', async (_, pathOf) => {
    const path = pathOf();
    const arrived = await notifySocket(path);
    const emulator = await account();
    const daemon = runProgram(scheduler.address, emulator, {
      env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '3000000' },
    });
    await expect.poll(() => arrived().includes('READY=1'), wait).toBe(true);
    await expect
      .poll(() => arrived().filter((one) => one === 'WATCHDOG=1').length, wait)
      .toBeGreaterThan(3);
    await expect
      .poll(() => arrived(), wait)
      .toContain('STATUS=wm: ready; 1 running, 0 starting, 0 draining, 1 desired');
    expect(arrived()).not.toContain('STOPPING=1');
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect(arrived().filter((one) => one === 'STOPPING=1')).toHaveLength(1);
    expect(daemon.line('serviceManager.notReached')).toBeUndefined();
  });

  it('gives no sign of life while it stands still', async () => {
    const path = join(folder(), 'notify');
    const arrived = await notifySocket(path);
    const daemon = runProgram(scheduler.address, await account(), {
      env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '1500000' },
    });
    await expect.poll(() => arrived().includes('WATCHDOG=1'), wait).toBe(true);
    daemon.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const before = arrived().length;
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(arrived()).toHaveLength(before);
    daemon.child.kill('SIGCONT');
    await expect.poll(() => arrived().length, wait).toBeGreaterThan(before);
  });

  it('reports once that the socket is gone, and works on', async () => {
    const daemon = runProgram(scheduler.address, await account(), {
      env: { NOTIFY_SOCKET: join(folder(), 'nothing'), WATCHDOG_USEC: '1500000' },
    });
    await expect.poll(() => daemon.line('serviceManager.notReached'), wait).toBeTruthy();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const reports = daemon.lines().filter(({ event }) => event === 'serviceManager.notReached');
    expect(reports).toMatchObject([{ reason: expect.stringContaining('No such file') }]);
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
  });
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'scaler-ecs-notify-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
