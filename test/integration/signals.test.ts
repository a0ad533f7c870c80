import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { runDaemon } from '../../src/daemon/run.ts';
import { type Scheduler, startScheduler } from '../../src/demo/scheduler.ts';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../src/emulator/options.ts';
import { type Log, silentLog } from '../../src/observe/log.ts';

let scheduler: Scheduler;
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  // Work for one task, that no worker will ever do.
  scheduler = await startScheduler(1, () => {});
});
afterAll(() => {
  scheduler.close();
  vi.unstubAllEnvs();
});

const account = async (options: Partial<EmulatorOptions> = {}): Promise<Emulator> => {
  const emulator = await startEmulator({ log: silentLog, hollow: true, ...options });
  onTestFinished(() => emulator.close());
  vi.stubEnv('AWS_ENDPOINT_URL', emulator.url);
  return emulator;
};

const alive = (emulator: Emulator) =>
  emulator.ledger().tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED');

/** A daemon in this process, that hears signals from us. */
const start = (stateDir: string, ...flags: string[]) => {
  const address = scheduler.address;
  const given = ['-wmi', 'wm', '--ecs-subnets', 'subnet-1', '--aws-region', 'us-east-1'];
  const [config] = loadConfig({
    argv: ['run', address, ...given, '--state-dir', stateDir, '--settle-seconds', '0', ...flags],
    env: { HOME: stateDir },
    readFile: () => '',
    warn: () => {},
  }) as [Config];
  const said: { text: string; fields: object }[] = [];
  const say = (fields: object, text: string) => void said.push({ fields, text });
  const log: Log = { debug() {}, info: say, warn: say, error: say };
  let signal = () => {};
  const status = runDaemon(config, log, (listener) => {
    signal = listener;
  });
  const last = () => said.findLast(({ text }) => text === 'daemon.ends')?.fields;
  return { status, last, signal: () => signal(), said };
};

const stateDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'signals-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
};

const launched = (emulator: Emulator) =>
  vi.waitFor(() => expect(alive(emulator)).toHaveLength(1), { timeout: 10_000 });

describe('a signal to stop', () => {
  it('stops all tasks, and the status is 0 because nothing is left', async () => {
    const emulator = await account();
    const daemon = start(stateDir());
    await launched(emulator);
    daemon.signal();
    expect(await daemon.status).toBe(0);
    expect(alive(emulator)).toEqual([]);
    expect(daemon.last()).toEqual({ left: 0, still: [] });
  }, 30_000);

  it('given again means now, and the status is 1 and the log says what still runs', async () => {
    const emulator = await account({ stopDelayMs: 60_000 });
    const daemon = start(stateDir());
    await launched(emulator);
    daemon.signal();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const at = performance.now();
    daemon.signal();
    expect(await daemon.status).toBe(1);
    expect(performance.now() - at).toBeLessThan(6000);
    const [task] = alive(emulator);
    expect(task?.desiredStatus).toBe('STOPPED');
    expect(daemon.last()).toEqual({ left: 1, still: [task?.taskArn] });
  }, 30_000);

  it('leaves the tasks to the next start where it is told to, and that is no failure', async () => {
    const emulator = await account();
    const dir = stateDir();
    const daemon = start(dir, '--sigterm-policy', 'leave');
    await launched(emulator);
    daemon.signal();
    expect(await daemon.status).toBe(0);
    const [task] = alive(emulator);
    expect(daemon.last()).toEqual({ left: 1, still: [task?.taskArn] });

    const next = start(dir);
    await vi.waitFor(() => expect(next.said.map(({ text }) => text)).toContain('scheduler.wants'), {
      timeout: 10_000,
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // It is the same task, and no other.
    expect(alive(emulator).map(({ taskArn }) => taskArn)).toEqual([task?.taskArn]);
    next.signal();
    expect(await next.status).toBe(0);
    expect(alive(emulator)).toEqual([]);
    expect(emulator.ledger().tasks).toHaveLength(1);
  }, 30_000);
});
