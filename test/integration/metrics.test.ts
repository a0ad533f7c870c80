import { describe, expect, it } from 'vitest';
import { runProgram } from './daemonProgram.ts';
import { account, alive, schedulerForAll } from './inProcess.ts';

const scheduler = schedulerForAll();

const wait = { timeout: 30_000, interval: 200 };

describe('a daemon with --metrics-port', () => {
  it('serves what it does in AWS, and is ready until it is told to stop', async () => {
    const emulator = await account();
    const daemon = runProgram(scheduler.address, emulator, { flags: ['--metrics-port', '0'] });
    await expect.poll(() => daemon.line('metrics.opened'), wait).toBeTruthy();
    const url = new URL(daemon.line('metrics.opened')?.url as string);
    expect(url.hostname).toBe('127.0.0.1');
    const get = async (path: string) => {
      const response = await fetch(new URL(path, url));
      return { status: response.status, text: await response.text() };
    };
    await expect.poll(() => get('/readyz'), wait).toEqual({ status: 200, text: 'ok\n' });
    await expect
      .poll(async () => (await get('/metrics')).text, wait)
      .toContain('scaler_ecs_groups{manager="wm",state="running"} 1');
    const { text } = await get('/metrics');
    for (const line of [
      'scaler_ecs_desired_tasks{manager="wm"} 1',
      'scaler_ecs_launches_total{manager="wm",outcome="launched",cause="none"} 1',
      'scaler_ecs_tasks_launched_total{manager="wm"} 1',
      'scaler_ecs_api_calls_total{manager="wm",operation="RunTask",outcome="ok"} 1',
      'scaler_ecs_scheduler_connected{manager="wm"} 1',
      'scaler_ecs_launch_blockers{manager="wm",kind="schedulerSilent"} 0',
    ])
      expect(text).toContain(line);
    expect(text).toMatch(/scaler_ecs_api_bucket_share\{manager="wm",bucket="launch"\} 1\n/);
    expect(await get('/livez')).toEqual({ status: 200, text: 'ok\n' });
    expect(alive(emulator)).toHaveLength(1);
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
    await expect(get('/livez')).rejects.toThrow('fetch failed');
  });

  it('is refused in one line when the port is in use', async () => {
    const emulator = await account();
    const { port } = new URL(emulator.url);
    const daemon = runProgram(scheduler.address, emulator, { flags: ['--metrics-port', port] });
    expect(await daemon.ended).toBe(2);
    expect(daemon.output.stderr).toMatch(
      /^scaler-ecs: --metrics-port .*: port \d+ of 127\.0\.0\.1 is in use; choose another one\n$/,
    );
  });
});

describe('a daemon without --metrics-port', () => {
  it('loads no library of metrics and listens nowhere', async () => {
    const emulator = await account();
    // Newer releases of Node warn of the hook.
    const trace = {
      NODE_OPTIONS: `--no-deprecation --import data:text/javascript,${encodeURIComponent(
        "import { register } from 'node:module'; register('data:text/javascript,' + encodeURIComponent(`export const resolve = (name, context, next) => { if (name === 'prom-client') throw new Error('prom-client was loaded'); return next(name, context); };`));",
      )}`,
    };
    const daemon = runProgram(scheduler.address, emulator, { env: trace });
    await expect.poll(() => alive(emulator).length, wait).toBe(1);
    expect(daemon.line('metrics.opened')).toBeUndefined();
    daemon.child.kill('SIGTERM');
    expect([await daemon.ended, daemon.output.stderr]).toEqual([0, '']);
    // The same with a port: so the trap works.
    const other = runProgram(scheduler.address, emulator, {
      env: trace,
      flags: ['--metrics-port', '0'],
    });
    expect(await other.ended).not.toBe(0);
    expect(other.output.stderr).toContain('prom-client was loaded');
  });
});
