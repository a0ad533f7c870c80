import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished, vi } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { runDaemon } from '../../src/daemon/main.ts';
import { type Scheduler, startScheduler } from '../../src/demo/scheduler.ts';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../src/emulator/options.ts';
import { type Log, silentLog } from '../../src/telemetry/log.ts';

/** What the AWS SDK would find in the environment of a daemon. */
export const dummyCredentials = (): void => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
};

/** A scheduler for all tests of a file, with work for one task, that no worker will ever do; and dummy credentials. */
export function schedulerForAll(): Pick<Scheduler, 'address'> {
  let scheduler: Scheduler;
  beforeAll(async () => {
    dummyCredentials();
    scheduler = await startScheduler(1, () => {});
  });
  afterAll(() => {
    scheduler.close();
    vi.unstubAllEnvs();
  });
  return {
    get address() {
      return scheduler.address;
    },
  };
}

/** An account of its own, whose tasks run no process. */
export const account = async (options: Partial<EmulatorOptions> = {}): Promise<Emulator> => {
  const emulator = await startEmulator({ log: silentLog, hollow: true, ...options });
  onTestFinished(() => emulator.close());
  vi.stubEnv('AWS_ENDPOINT_URL', emulator.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', emulator.accessKey);
  return emulator;
};

export const alive = (emulator: Emulator) =>
  emulator.ledger().tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED');

/** A daemon in this process, that hears signals from us. */
export const start = (
  address: string,
  stateDir: string,
  flags: string[] = [],
  logs: readonly Log[] = [],
) => {
  const given = [
    ...['-wmi', 'wm', '--ecs-subnets', 'subnet-1,subnet-2', '--aws-region', 'us-east-1'],
    ...['--scale-down-cooldown-seconds', '0'],
  ];
  const [config] = loadConfig({
    argv: ['run', address, ...given, '--state-dir', stateDir, '--settle-seconds', '0', ...flags],
    env: { HOME: stateDir },
    readFile: () => '',
    warn: () => {},
  }) as [Config];
  const said: { text: string; fields: object }[] = [];
  const log: Log = {
    report(name, fields, level) {
      said.push({ fields, text: name });
      for (const each of logs) each.report(name, fields, level);
      if (name === 'group.stateChanged') keepState(fields as never);
    },
  };
  const states = new Map<string, string>();
  function keepState({ group, state }: { group: string; state: string }): void {
    if (state === 'stopped') states.delete(group);
    else states.set(group, state);
  }
  let signal: (name: string) => void = () => {};
  const status = runDaemon(config, log, (listener) => {
    signal = listener;
  });
  const last = () => said.findLast(({ text }) => text === 'daemon.ended')?.fields;
  /** Groups whose task runs. */
  const running = () => [...states.values()].filter((state) => state === 'running').length;
  return { status, last, signal: () => signal('SIGTERM'), said, running };
};

export const temporaryStateDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'signals-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
};
